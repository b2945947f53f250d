"""The two jobs of a pre-credited year: while it runs and after, and its settlement when it is over."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, timedelta

from accounts.codes import PotKind, VoucherKind
from accounts.jobs import people, recovery, rollover, runs
from accounts.jobs.recovery import Overcredit
from accounts.jobs.runs import CannotRunError, Outcome
from accounts.jobs.yearly.cases import Case, Year, cases_of, year_of
from accounts.jobs.yearly.unpaid import why_not_to_settle
from accounts.ledger import book_years
from accounts.ledger.bulk import Batch, Line, post_batches
from accounts.ledger.pots import system_pot
from accounts.models import Chunk, Run
from accounts.policies import registry
from accounts.policies.terms import CreditTerms
from yibao.lib.periods import Period


def settle(run: Run, chunk: Chunk) -> Outcome:
    """Post the year's pre-credit, or what has changed since: joining, a new base, retirement, leaving, payments.

    What was credited too much is taken back from 当年, then 历年, then as a debt that later credits pay (domain 3.4, 4).
    A closed year is not posted into: its corrections stand on the day of the run, in the open year.
    """
    number = Period.parse(run.period).year
    closed = book_years.is_closed(run.region, number)
    open_year = book_years.lock_open(run.region, book_years.year_of(run.region, run.on) if closed else number)
    closed = closed or open_year > number
    rollover.roll_over_remaining(run, chunk, before=number)
    outcome, year = Outcome(), year_of(run, closed=closed)
    cases = list(cases_of(run, chunk, year, outcome))
    outcome.eligible = len(cases)
    changing = [case for case in cases if case.difference_fen]
    pots = people.pots(chunk, run.region, only=[case.person for case in changing])
    on = run.on if closed else min(max(run.on, year.start), year.end - timedelta(days=1))
    batches = _credits(run, year, [case for case in changing if case.difference_fen > 0], pots, on, closed)
    batches += _recoveries(run, year, [case for case in changing if case.difference_fen < 0], pots, on)
    outcome.total_fen = post_batches(
        run=run, key=f"run:{run.pk}:{run.execution}:{chunk.pk}", batches=batches, year=number
    )
    outcome.credited = len(changing)
    return outcome


def _credits(
    run: Run, year: Year, cases: Sequence[Case], pots: dict[int, people.Pots], on: date, closed: bool
) -> list[Batch]:
    fund = system_pot(run.region, PotKind.FUND)
    period = Period.parse(run.period)
    groups: dict[tuple[VoucherKind, date, Period], list[Line]] = defaultdict(list)
    for case in cases:
        if case.posted.any:
            group = (VoucherKind.ADJUSTMENT, on, case.correction_of(period))
        else:
            group = (VoucherKind.PRECREDIT, on if closed else case.first_on, period)
        groups[group] += people.credit_lines(fund, pots[case.person], period.year, case.difference_fen, case.facts)
    version = registry.version_on(run.region, CreditTerms, year.start).id
    return [Batch(kind, day, of, version, lines) for (kind, day, of), lines in sorted(groups.items())]


def _recoveries(run: Run, year: Year, cases: Sequence[Case], pots: dict[int, people.Pots], on: date) -> list[Batch]:
    """Take back from leavers, and at the settlement, as 多划追回; what a lower base makes less is an adjustment."""
    period, version = Period.parse(run.period), registry.version_on(run.region, CreditTerms, year.start).id
    groups: dict[VoucherKind, list[Overcredit]] = {VoucherKind.TRUEUP: [], VoucherKind.ADJUSTMENT: []}
    for case in cases:
        kind = VoucherKind.TRUEUP if case.left or run.on >= year.end else VoucherKind.ADJUSTMENT
        overcredit = -case.difference_fen
        groups[kind].append(
            Overcredit(case.person, period.year, overcredit, case.correction_of(period), version, case.facts)
        )
    return [
        batch
        for kind, overcredits in groups.items()
        for batch in recovery.take_back(run.region, kind, on, overcredits, pots)
    ]


def check(region: str, period: Period, on: date) -> None:
    """Refuse a benefit year that has not begun, or that follows one that is not closed. Raises CannotRunError."""
    start, _ = rollover.year_range(region, period.year)
    if on < start:
        raise CannotRunError(f"{period} 年度从 {start} 开始，还不能预划")
    runs.require_closed_before(region, period.year)


def check_trueup(region: str, period: Period, on: date) -> None:
    """Refuse a benefit year that has not begun, and to settle one that looks unpaid. Raises CannotRunError."""
    start, end = rollover.year_range(region, period.year)
    if on < start:
        raise CannotRunError(f"{period} 年度从 {start} 开始，没有可追回的")
    settled_before = book_years.is_closed(region, period.year)
    if on >= end and not settled_before and (reason := why_not_to_settle(region, period)):
        raise CannotRunError(reason)
