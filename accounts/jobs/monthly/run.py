"""Monthly credit (按月划入): contributions on receipt, late ones for their own month (补划), and retirees' quotas.

Regions whose terms say `accrual = monthly`. The period of a run is a month, "2025-03".
"""

from collections.abc import Iterable
from datetime import date, timedelta
from functools import lru_cache
from typing import NamedTuple

from accounts.codes import Capacity, PotKind, VoucherKind
from accounts.jobs import differences, people, rollover
from accounts.jobs.differences import Difference
from accounts.jobs.going_live import before_live_words, live_month
from accounts.jobs.interest import correct_interest
from accounts.jobs.job import CannotRunError, Outcome
from accounts.jobs.late_corrections import known_late
from accounts.jobs.monthly import contributions, corrections, retirees, window
from accounts.jobs.monthly.contributions import PAID_AND_RETIRED, Due
from accounts.jobs.monthly.recheck import people_to_recheck
from accounts.jobs.monthly.window import Window
from accounts.jobs.places import places
from accounts.ledger import book_years
from accounts.ledger.bulk import Batch, Line, post_batches
from accounts.ledger.pots import system_pot
from accounts.models import Chunk, Run
from accounts.policies import formulas, registry
from accounts.policies.formulas import CannotCreditError, MonthFacts
from accounts.policies.terms import CreditTerms
from accounts.policies.terms.credit import SHARE_NONE
from yibao.lib.months import Month
from yibao.lib.periods import Period

CONFLICTING = "这个月既有缴费又按退休人员划入，请核对参保状态"


class Rule(NamedTuple):
    """What holds for a credited month, looked up once per chunk."""

    version: int
    year: int
    asks_age: bool
    fund: int


@lru_cache(maxsize=200_000)
def _credit(facts: MonthFacts, version: int) -> tuple[int, str]:
    """Amount and stored facts. Many people share a base, so most of a million answers come from the cache."""
    return formulas.monthly_credit(facts, registry.credit_of(version)).amount_fen, formulas.pack(facts)


def credit_month(run: Run, chunk: Chunk, recheck: set[int] | None = None) -> Outcome:
    """Credit the month to everybody of the chunk who has it due, and late months with it.

    Earlier months are looked at again of whom something was recorded since, or of the people in `recheck`.
    """
    span = window.of(run)
    month = span.month
    on = min(run.on, month.next_first - timedelta(days=1))
    year = book_years.lock_open(run.region, book_years.year_of(run.region, on))
    if year != book_years.year_of(run.region, on):
        on = run.on  # what was closed and printed stays as it was
    rollover.roll_over_remaining(run, chunk, before=year)
    outcome = Outcome()
    credited: set[int] = set()
    batches = []
    elsewhere = places(chunk, run.region)
    if recheck is None:
        recheck = people_to_recheck(run, chunk, span, elsewhere)
    again = corrections.look_again(run, chunk, span, recheck, elsewhere, on)
    not_due = again.not_due
    paid = contributions.paid(run, chunk, span, elsewhere, not_due)
    found = [*paid, *retirees.retired(run, chunk, span, elsewhere, but=recheck), *again.dues]
    corrected = {difference.person for difference in again.differences}
    # At first almost everybody has something due, later hardly anybody.
    some = None if span.fresh else sorted({due.person for due in found} | corrected)
    pots = people.pots(chunk, run.region, only=some)
    for first, dues in _by_month((due for due in found if due.person in pots), outcome):
        rule = _rule(run.region, first)
        lines: list[Line] = []
        for due in dues:
            age = formulas.age_on(due.birth_on, first) if rule.asks_age or due.base_fen is None else 0
            try:
                amount, facts = _credit(MonthFacts(due.capacity, due.base_fen, age, due.pension_fen), rule.version)
            except CannotCreditError as refusal:
                outcome.skips.append((due.person, str(Month.of(first)), refusal.reason_code, str(refusal)))
                continue
            # A month of a benefit year before the one being booked is last year's money: it goes to 历年.
            lines += people.credit_lines(rule.fund, pots, due.person, rule.year, amount, facts)
            credited.add(due.person)
        batches.append(Batch(VoucherKind.ACCRUAL, on, Period.of(Month.of(first)), rule.version, lines))
    batches += differences.batches(run.region, again.differences, pots, before=batches)
    outcome.skips += [(person, str(month), str(why), why.label) for person, month, why in dict.fromkeys(not_due)]
    _note_conflicting(run, chunk, span, outcome)
    outcome.total_fen = post_batches(
        run=run, key=f"run:{run.pk}:{run.execution}:{chunk.pk}", batches=batches, year=year
    )
    closed = _of_closed(run.region, found, again.differences, year, on)
    outcome.total_fen += correct_interest(run, chunk, closed)
    outcome.credited = len(credited | corrected)
    return outcome


def _of_closed(
    region: str, found: Iterable[Due], corrected: Iterable[Difference], year: int, on: date
) -> dict[int, int]:
    """Return person id → the first benefit year, of those before `year`, of which something was due at the time and posted."""
    earlier = {due.person: due.month for due in found if book_years.year_of(region, due.month) < year}
    owed = known_late(region, earlier, on) if earlier else set()
    months = [(due.person, book_years.year_of(region, due.month)) for due in found if due.person in owed]
    of_closed: dict[int, int] = {}
    for person, number in [*months, *((difference.person, difference.year.year) for difference in corrected)]:
        if number < year:
            of_closed[person] = min(number, of_closed.get(person, year))
    return of_closed


def _by_month(dues: Iterable[Due], outcome: Outcome) -> list[tuple[date, list[Due]]]:
    """Return what is due, month by month, each person once in a month."""
    found: dict[date, dict[int, Due]] = {}
    for due in dues:
        of_month = found.setdefault(due.month, {})
        outcome.eligible += due.person not in of_month
        first = of_month.setdefault(due.person, due)
        if (first.capacity == Capacity.RETIREE) != (due.capacity == Capacity.RETIREE):
            outcome.skips.append((due.person, str(Month.of(due.month)), PAID_AND_RETIRED, CONFLICTING))
    return [(first, list(of_month.values())) for first, of_month in sorted(found.items())]


def _note_conflicting(run: Run, chunk: Chunk, span: Window, outcome: Outcome) -> None:
    """Show staff the months that were paid for after a retiree's quota had been credited for them."""
    for person, period in contributions.conflicting(run, chunk, span):
        outcome.eligible += 1
        outcome.skips.append((person, period, PAID_AND_RETIRED, CONFLICTING))


def _rule(region: str, first: date) -> Rule:
    version = registry.version_on(region, CreditTerms, first)
    # Age is a fact only where the formula asks for it.
    asks_age = version.terms.employer_share_of != SHARE_NONE
    return Rule(version.id, book_years.year_of(region, first), asks_age, system_pot(region, PotKind.FUND))


def check(region: str, period: Period, on: date) -> None:
    """Refuse a month that has not begun, that was the old system's, or that follows a benefit year not closed."""
    first = period.month.first
    if on < first:
        raise CannotRunError(f"{period} 还没有到，不能划入")
    live = live_month(region)
    if live is not None and period.month < live:
        raise CannotRunError(before_live_words(region, live))
    rollover.require_closed_before(region, book_years.year_of(region, first))
