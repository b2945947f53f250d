"""Monthly credit (按月划入): contributions on receipt, late ones for their own month (补划), and retirees' quotas.

Regions whose terms say `accrual = monthly`. The period of a run is a month, "2025-03".
"""

from collections.abc import Iterator
from datetime import date, timedelta
from functools import lru_cache
from itertools import chain
from typing import Any, NamedTuple

from django.db import connection

from accounts.enums import InsuranceType, JobKind, PotKind, VoucherKind
from accounts.jobs import people, rollover, runs
from accounts.jobs.runs import CannotRun, Outcome
from accounts.ledger import periods
from accounts.ledger.bulk import Batch, Line, post_batches
from accounts.ledger.pots import system_pot
from accounts.models import Chunk, Run
from accounts.policies import book, formulas
from accounts.policies.formulas import EMPLOYEE, FLEX, RETIREE, CannotCredit, MonthFacts
from accounts.policies.standing import standing_in
from accounts.policies.terms.credit import SHARE_NONE
from yibao.lib.months import Month, month_range

PAID_AND_RETIRED = "这个月既有缴费又按退休人员划入，请核对参保状态"


class Due(NamedTuple):
    """One month of one person, not credited yet: the month's first day, what the formula needs, and where to."""

    person: int
    month: date
    capacity: str
    base_fen: int | None
    birth_on: date
    pension_fen: int | None
    current: int | None
    current_year: int | None
    carried: int
    receivable: int | None
    owed_fen: int

    @property
    def pots(self) -> people.Pots:
        return people.Pots(*self[6:])


class Rule(NamedTuple):
    """What holds for a credited month, looked up once per chunk."""

    version: int
    year: int
    asks_age: bool
    fund: int


@lru_cache(maxsize=200_000)
def _credit(facts: MonthFacts, version: int) -> tuple[int, str]:
    """Amount and stored facts. Many people share a base, so most of a million answers come from the cache."""
    return formulas.monthly_credit(facts, book.version(version).terms).amount_fen, formulas.pack(facts)


def credit_month(run: Run, chunk: Chunk) -> Outcome:
    """Credit the month to everybody of the chunk who has it due, and late months with it."""
    month = Month.parse(run.period)
    on = min(run.on, month.next_first - timedelta(days=1))
    year = periods.lock_open(run.region, periods.year_of(run.region, on))
    rollover.roll_stragglers(run, chunk, before=year)
    outcome = Outcome()
    credited: set[int] = set()
    indebted: dict[int, people.Pots] = {}
    batches = []
    for first, dues in _by_month(run, chunk, month, outcome):
        rule = _rule(run.region, first)
        lines: list[Line] = []
        for due in dues:
            age = formulas.age_on(due.birth_on, first) if rule.asks_age or due.base_fen is None else 0
            try:
                amount, facts = _credit(MonthFacts(due.capacity, due.base_fen, age, due.pension_fen), rule.version)
            except CannotCredit as refusal:
                outcome.skips.append((due.person, str(Month.of(first)), refusal.reason_code, str(refusal)))
                continue
            pots = due.pots
            if pots.owed_fen:  # several months at once pay a debt back only once
                pots = indebted.get(due.person, pots)
                indebted[due.person] = pots._replace(owed_fen=max(0, pots.owed_fen - amount))
            # A month of a benefit year before the one being booked is last year's money: it goes to 历年.
            lines += people.credit_lines(rule.fund, pots, rule.year, amount, facts)
            credited.add(due.person)
        batches.append(Batch(VoucherKind.ACCRUAL, on, str(Month.of(first)), rule.version, lines))
    outcome.total_fen = post_batches(run=run, key=f"run:{run.pk}:{run.sweep}:{chunk.pk}", batches=batches, year=year)
    outcome.credited = len(credited)
    return outcome


def _by_month(run: Run, chunk: Chunk, month: Month, outcome: Outcome) -> list[tuple[date, list[Due]]]:
    """Return what is due, month by month, each person once in a month."""
    found: dict[date, dict[int, Due]] = {}
    for due in chain(_paid(run, chunk, month), _retired(run, chunk, month)):
        outcome.eligible += 1
        of_month = found.setdefault(due.month, {})
        if of_month.setdefault(due.person, due) is not due:
            outcome.skips.append((due.person, str(Month.of(due.month)), "paid_and_retired", PAID_AND_RETIRED))
    return [(first, list(dues.values())) for first, dues in sorted(found.items())]


def _rule(region: str, first: date) -> Rule:
    version = book.version_on(region, "credit", first)
    # Age is a fact only where the formula asks for it.
    asks_age = version.terms.employer_share_of != SHARE_NONE
    return Rule(version.id, periods.year_of(region, first), asks_age, system_pot(region, PotKind.FUND))


_PAID = f"""
    SELECT c.person_id, c.month, CASE WHEN e.flex THEN %(flex)s ELSE %(employee)s END, c.base_fen, p.birth_on, NULL,
           {people.POT_COLUMNS}
    FROM accounts_contribution c
    JOIN accounts_person p ON p.id = c.person_id
    JOIN ({people.POTS}) pots ON pots.person_id = c.person_id
    LEFT JOIN (SELECT DISTINCT ON (person_id) person_id, flex FROM accounts_enrolment
               WHERE region = %(region)s AND insurance = %(insurance)s AND from_on < %(next)s
                 AND person_id >= %(low)s AND person_id < %(high)s
               ORDER BY person_id, from_on DESC) e ON e.person_id = c.person_id
    WHERE c.region = %(region)s AND c.person_id >= %(low)s AND c.person_id < %(high)s
"""
_NOT_CREDITED = """
      AND NOT EXISTS (SELECT 1 FROM accounts_transfer t
                      JOIN accounts_pot pot ON pot.id = t.target_id
                      WHERE pot.person_id = c.person_id AND pot.region = c.region
                        AND t.kind = %(kind)s AND t.period = to_char(c.month, 'YYYY-MM'))
"""


def _paid(run: Run, chunk: Chunk, month: Month) -> Iterator[Due]:
    """Yield the months that are paid for: this one, and earlier ones that were paid late."""
    # On the first sweep nothing of this month can have been credited: the run is the only one there is.
    fresh = "AND c.month = %(month)s" + (_NOT_CREDITED if run.sweep > 1 else "")
    late = "AND c.month < %(month)s AND c.late" + _NOT_CREDITED
    parameters: dict[str, Any] = {
        "region": run.region,
        "insurance": InsuranceType.EMPLOYEE,
        "employee": EMPLOYEE,
        "flex": FLEX,
        "kind": VoucherKind.ACCRUAL,
        "low": chunk.from_person,
        "high": chunk.until_person,
        "month": month.first,
        "next": month.next_first,
    }
    with connection.cursor() as cursor:
        for slice_ in (fresh, late):
            cursor.execute(_PAID + slice_, parameters)
            yield from map(Due._make, cursor.fetchall())


def _retired(run: Run, chunk: Chunk, month: Month) -> Iterator[Due]:
    """Yield the retirees' month, and earlier ones for those whose retirement was recorded after the fact."""
    histories = people.histories(chunk, run.region, until=month.next_first, only=_ever_retired(run, chunk, month))
    births = people.births(list(histories))
    pots = people.pots(chunk, run.region, only=list(histories))
    earliest = _first_month(run)
    done = _credited_months(run, chunk, list(histories)) if run.sweep > 1 else {}
    behind = _recorded_late(run, chunk, month)
    if behind and run.sweep == 1:
        done = _credited_months(run, chunk, list(behind))
    for person, history in histories.items():
        months = month_range(earliest, month + 1) if person in behind else [month]
        for m in months:
            standing = standing_in(history, m)
            if standing and standing.capacity == RETIREE and str(m) not in done.get(person, ()):
                yield Due(person, m.first, RETIREE, None, births[person], standing.pension_fen, *pots[person])


def _ever_retired(run: Run, chunk: Chunk, month: Month) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT DISTINCT person_id FROM accounts_enrolment
               WHERE region = %s AND insurance = %s AND person_id >= %s AND person_id < %s AND from_on < %s
                 AND person_type LIKE '12%%'""",
            [run.region, InsuranceType.EMPLOYEE, chunk.from_person, chunk.until_person, month.next_first],
        )
        return [row[0] for row in cursor.fetchall()]


def _first_month(run: Run) -> Month:
    """The month the region went live here: before it, quotas were credited elsewhere."""
    months = Run.objects.filter(kind=JobKind.ACCRUAL, region=run.region, period__contains="-")
    first = months.order_by("period").first()
    return Month.parse((first or run).period)


def _recorded_late(run: Run, chunk: Chunk, month: Month) -> set[int]:
    """People whose status before this month was recorded after the run before this one had opened."""
    before = Run.objects.filter(kind=JobKind.ACCRUAL, region=run.region, period__lt=run.period).order_by("-period")
    previous = before.first()
    if previous is None:
        return set()
    with connection.cursor() as cursor:
        cursor.execute(
            # A day of grace covers an import that was under way when the run opened; what was credited is known.
            """SELECT DISTINCT e.person_id FROM accounts_enrolment e JOIN accounts_import i ON i.id = e.source_id
               WHERE e.region = %s AND e.insurance = %s AND e.person_id >= %s AND e.person_id < %s
                 AND e.from_on < %s AND e.person_type LIKE '12%%' AND i.at >= %s - interval '1 day'""",
            [
                run.region,
                InsuranceType.EMPLOYEE,
                chunk.from_person,
                chunk.until_person,
                month.first,
                previous.opened_at,
            ],
        )
        return {row[0] for row in cursor.fetchall()}


def _credited_months(run: Run, chunk: Chunk, only: list[int]) -> dict[int, set[str]]:
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT p.person_id, array_agg(t.period)
               FROM accounts_pot p JOIN accounts_transfer t ON t.target_id = p.id
               WHERE p.region = %s AND p.person_id = ANY(%s) AND t.kind = %s AND t.target_balance_fen IS NOT NULL
               GROUP BY p.person_id""",
            [run.region, only, VoucherKind.ACCRUAL],
        )
        return {person: set(months) for person, months in cursor.fetchall()}


def check(region: str, period: str, on: date) -> None:
    """Refuse a month that has not begun, or that follows a benefit year which is not closed."""
    month = Month.parse(period)
    if on < month.first:
        raise CannotRun(f"{period} 还没有到，不能划入")
    runs.require_closed_before(region, periods.year_of(region, month.first))
