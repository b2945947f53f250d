"""Annual pre-credit (预划) and its true-up: what somebody is entitled to for a benefit year, and the difference.

Regions whose terms say `accrual = yearly` (舟山, 上海). One rule serves all of domain 3.4: the entitlement is
computed from the months somebody is insured in the year, as far as is known today; what was posted for the year
so far is subtracted; the difference is posted. A joiner has 13−m months, a change of base in month m changes the
remaining months, a retiree's quota counts pro rata, a leaver has only the months before leaving.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache

from django.db import connection

from accounts.codes import CORRECTION_KINDS, EnrolmentStatus, JobKind, PotKind, VoucherKind
from accounts.jobs import people, recovery, rollover, runs
from accounts.jobs.recovery import Overcredit
from accounts.jobs.runs import CannotRunError, Outcome
from accounts.ledger import book_years
from accounts.ledger.bulk import Batch, Line, post_batches
from accounts.ledger.pots import system_pot
from accounts.models import Chunk, Run
from accounts.policies import formulas, registry
from accounts.policies.formulas import CannotCreditError, MonthFacts, Span, YearFacts
from accounts.policies.status import Status, status_in, status_on
from accounts.policies.terms import CreditTerms
from yibao.lib.months import Month, month_range
from yibao.lib.periods import Period


@dataclass(frozen=True, slots=True)
class Posted:
    """What was posted to a person for the year so far: net fen, and how many corrections there were."""

    net_fen: int = 0
    corrections: int = 0
    any: bool = False


@dataclass(frozen=True, slots=True)
class Case:
    """One person's year: entitlement, what was posted, and since when they are insured in it."""

    person: int
    amount_fen: int
    spans: tuple[Span, ...]
    posted: Posted
    first_on: date
    left: bool

    @property
    def difference_fen(self) -> int:
        return self.amount_fen - self.posted.net_fen

    @property
    def facts(self) -> str:
        """The facts of the whole year, and for a correction what had been credited before it."""
        return formulas.pack(YearFacts(self.spans, self.posted.net_fen if self.posted.any else None))

    def correction_of(self, year: Period) -> Period:
        """Return the period of the next correction of the year."""
        return year.corrected(self.posted.corrections + 1)


def precredit(run: Run, chunk: Chunk) -> Outcome:
    """Post the year's pre-credit, or what joining, a new base or retirement has changed since.

    Leavers are left to the true-up, which recovers what they were credited too much.
    """
    return _post_differences(run, chunk, lambda case: case.difference_fen > 0 or (case.posted.any and not case.left))


def true_up(run: Run, chunk: Chunk) -> Outcome:
    """Recover an over-credit: from 当年, then 历年, then as a debt that later credits pay (domain 3.4, 4)."""
    return _post_differences(run, chunk, lambda case: case.difference_fen < 0)


def _post_differences(run: Run, chunk: Chunk, wanted: Callable[[Case], bool]) -> Outcome:
    period = Period.parse(run.period)
    year = period.year
    start, end = rollover.year_range(run.region, year)
    if not book_years.is_closed(run.region, year):
        year = book_years.lock_open(run.region, year)
    rollover.roll_over_remaining(run, chunk, before=period.year)
    outcome = Outcome()
    cases = list(_cases(run, chunk, start, end, outcome))
    outcome.eligible = len(cases)
    changing = [case for case in cases if case.difference_fen and wanted(case)]
    pots = people.pots(chunk, run.region, only=[case.person for case in changing])
    batches = _credits(run, start, end, [c for c in changing if c.difference_fen > 0], pots)
    batches += _recoveries(run, start, end, [c for c in changing if c.difference_fen < 0], pots)
    outcome.total_fen = post_batches(
        run=run, key=f"run:{run.pk}:{run.execution}:{chunk.pk}", batches=batches, year=period.year
    )
    outcome.credited = len(changing)
    return outcome


def _credits(run: Run, start: date, end: date, cases: list[Case], pots: dict[int, people.Pots]) -> list[Batch]:
    fund = system_pot(run.region, PotKind.FUND)
    period = Period.parse(run.period)
    groups: dict[tuple[VoucherKind, date, Period], list[Line]] = defaultdict(list)
    for case in cases:
        if case.posted.any:
            day = min(max(run.on, start), end - timedelta(days=1))
            group = (VoucherKind.ADJUSTMENT, day, case.correction_of(period))
        else:
            group = (VoucherKind.PRECREDIT, case.first_on, period)
        groups[group] += people.credit_lines(fund, pots[case.person], period.year, case.difference_fen, case.facts)
    version = registry.version_on(run.region, CreditTerms, start).id
    return [Batch(kind, on, of, version, lines) for (kind, on, of), lines in sorted(groups.items())]


def _recoveries(run: Run, start: date, end: date, cases: list[Case], pots: dict[int, people.Pots]) -> list[Batch]:
    kind = VoucherKind.TRUEUP if run.kind == JobKind.TRUEUP else VoucherKind.ADJUSTMENT
    day = min(max(run.on, start), end - timedelta(days=1))
    period, version = Period.parse(run.period), registry.version_on(run.region, CreditTerms, start).id
    overcredits = [
        Overcredit(case.person, period.year, -case.difference_fen, case.correction_of(period), version, case.facts)
        for case in cases
    ]
    return recovery.take_back(run.region, kind, day, overcredits, pots)


def _cases(run: Run, chunk: Chunk, start: date, end: date, outcome: Outcome) -> Iterator[Case]:
    histories = people.histories(chunk, run.region, until=end)
    bases = _bases(run, chunk, start, end)
    births = people.births(list(histories))
    posted = _posted(run, chunk)
    months = list(month_range(Month.of(start), Month.of(end)))
    versions = [str(registry.version_on(run.region, CreditTerms, max(m.first, start)).id) for m in months]
    for person, history in histories.items():
        status = status_on(history, run.on)
        left = status is None or status.status != EnrolmentStatus.NORMAL
        if left and run.kind == JobKind.ACCRUAL:
            # Money credited can be spent at once: who joins or returns later is credited by a later execution.
            history = [row for row in history if row.from_on <= run.on]
        spans, first_on = _spans(
            history, bases.get(person, []), months, versions, formulas.age_on(births[person], start)
        )
        before = posted.get(person, Posted())
        if not before.any and (not spans or run.kind == JobKind.TRUEUP):
            continue
        try:
            amount = _entitlement(spans)
        except CannotCreditError as refusal:
            outcome.skips.append((person, run.period, refusal.reason_code, str(refusal)))
            continue
        yield Case(person, amount, spans, before, max(first_on or start, start), left)


@lru_cache(maxsize=200_000)
def _entitlement(spans: tuple[Span, ...]) -> int:
    return formulas.year_credit(spans, registry.credit_of).amount_fen


def _spans(
    history: list[Status], bases: list[tuple[Month, int]], months: list[Month], versions: list[str], age: int
) -> tuple[tuple[Span, ...], date | None]:
    """Return the year as runs of equal months, and the first day somebody is insured in it.

    Looks only at months in which something can differ from the month before: for most people there is one.
    """
    spans: list[Span] = []
    first_on = None
    edges = _edges(history, bases, months, versions)
    for edge, following in zip(edges, [*edges[1:], len(months)], strict=True):
        month, version = months[edge], versions[edge]
        status = status_in(history, month)
        if status is None:
            continue
        first_on = first_on or max(month.first, status.from_on)
        base = None if status.is_retiree else _base_in(bases, month)
        facts = MonthFacts(status.capacity, base, age, status.pension_fen)
        if spans and spans[-1].facts == facts and spans[-1].version == version:
            spans[-1] = Span(facts, spans[-1].months + following - edge, version)
        else:
            spans.append(Span(facts, following - edge, version))
    return tuple(spans), first_on


def _edges(
    history: list[Status], bases: list[tuple[Month, int]], months: list[Month], versions: list[str]
) -> list[int]:
    """Return the numbers of the months that may differ from the one before, the first (0) always among them."""
    start = months[0]
    edges = {0}
    for row in history:
        if row.from_on > start.first:  # a change on a day in the middle shows in that month or in the next
            number = Month.of(row.from_on) - start
            edges |= {number, number + 1}
    edges.update(since - start for since, _ in bases)
    edges.update(number for number in range(1, len(months)) if versions[number] != versions[number - 1])
    return sorted(number for number in edges if 0 <= number < len(months))


def _base_in(bases: list[tuple[Month, int]], month: Month) -> int | None:
    """Return the base in force in a month: the last one known by then, else the first one known at all."""
    known = None
    for since, base in bases:
        if since > month and known is not None:
            break
        known = base
        if since > month:
            break
    return known


def _bases(run: Run, chunk: Chunk, start: date, end: date) -> dict[int, list[tuple[Month, int]]]:
    """Return person id → (month, base) in order: the last base before the year, and each month of it with another."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            (SELECT DISTINCT ON (person_id) person_id, month, base_fen FROM accounts_contribution
             WHERE region = %(region)s AND person_id >= %(low)s AND person_id < %(high)s AND month < %(start)s AND counts
             ORDER BY person_id, month DESC)
            UNION ALL
            SELECT person_id, month, base_fen FROM (
                SELECT person_id, month, base_fen, lag(base_fen) OVER (PARTITION BY person_id ORDER BY month) AS before
                FROM accounts_contribution
                WHERE region = %(region)s AND person_id >= %(low)s AND person_id < %(high)s
                  AND month >= %(start)s AND month < %(end)s AND counts
            ) paid WHERE base_fen IS DISTINCT FROM before
            ORDER BY person_id, month
            """,
            {"region": run.region, "low": chunk.from_person, "high": chunk.until_person, "start": start, "end": end},
        )
        found: dict[int, list[tuple[Month, int]]] = defaultdict(list)
        for person, first, base in cursor.fetchall():
            found[person].append((Month.of(first), base))
        return found


def _posted(run: Run, chunk: Chunk) -> dict[int, Posted]:
    """Return person id → what was posted for the year, before this chunk."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT p.person_id,
                   sum(CASE WHEN t.target_id = p.id THEN t.amount_fen ELSE -t.amount_fen END),
                   count(DISTINCT t.period) FILTER (WHERE t.period <> %(period)s)
            FROM accounts_transfer t
            JOIN accounts_voucher v ON v.id = t.voucher_id
            JOIN accounts_pot p ON p.id IN (t.source_id, t.target_id) AND p.person_id IS NOT NULL
            WHERE v.region = %(region)s AND v.kind = ANY(%(kinds)s)
              AND (v.period = %(period)s OR v.period LIKE %(corrections)s)
              AND p.person_id >= %(low)s AND p.person_id < %(high)s
            GROUP BY p.person_id
            """,
            {
                "region": run.region,
                "kinds": [VoucherKind.PRECREDIT, *CORRECTION_KINDS],
                "period": run.period,
                "corrections": Period.parse(run.period).corrections_like,
                "low": chunk.from_person,
                "high": chunk.until_person,
            },
        )
        return {person: Posted(int(net), corrections, True) for person, net, corrections in cursor.fetchall()}


def check(region: str, period: Period, on: date) -> None:
    """Refuse a benefit year that has not begun, or that follows one that is not closed. Raises CannotRunError."""
    start, _ = rollover.year_range(region, period.year)
    if on < start:
        raise CannotRunError(f"{period} 年度从 {start} 开始，还不能预划")
    runs.require_closed_before(region, period.year)


def check_trueup(region: str, period: Period, on: date) -> None:
    """Refuse a benefit year that has not begun. Raises CannotRunError."""
    start, _ = rollover.year_range(region, period.year)
    if on < start:
        raise CannotRunError(f"{period} 年度从 {start} 开始，没有可追回的")
