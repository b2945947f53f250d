"""The two jobs of a pre-credited year: while it runs and after, and its settlement when it is over."""

from datetime import date

from accounts.jobs import differences, people, rollover
from accounts.jobs.going_live import before_live_words, live_on
from accounts.jobs.interest import correct_interest
from accounts.jobs.job import CannotRunError, Outcome
from accounts.jobs.yearly.cases import differences_of, year_of
from accounts.jobs.yearly.unpaid import why_not_to_settle
from accounts.ledger import book_years
from accounts.ledger.bulk import post_batches
from accounts.models import Chunk, Run
from yibao.lib.months import Month
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
    found = list(differences_of(run, chunk, year, outcome))
    pots = people.pots(chunk, run.region, only=[difference.person for difference in found])
    batches = differences.batches(run.region, found, pots)
    outcome.total_fen = post_batches(
        run=run, key=f"run:{run.pk}:{run.execution}:{chunk.pk}", batches=batches, year=number
    )
    if closed:
        outcome.total_fen += correct_interest(run, chunk, {difference.person: number for difference in found})
    outcome.credited = len(found)
    return outcome


def check(region: str, period: Period, on: date) -> None:
    """Refuse a benefit year that has not begun, that was the old system's, or that follows one that is not closed.

    Nothing is credited before the day of going live. Raises CannotRunError.
    """
    start, end = rollover.year_range(region, period.year)
    if on < start:
        raise CannotRunError(f"{period} 年度从 {start} 开始，还不能预划")
    if day := live_on(region):
        if day >= end:
            raise CannotRunError(before_live_words(region, Month.of(day)))
        if on < day:
            raise CannotRunError(f"统筹区 {region} 的上线日是 {day}，那天起才能预划")
    rollover.require_closed_before(region, period.year)


def check_trueup(region: str, period: Period, on: date) -> None:
    """Refuse a benefit year that has not begun, and to settle one that looks unpaid. Raises CannotRunError."""
    start, end = rollover.year_range(region, period.year)
    if on < start:
        raise CannotRunError(f"{period} 年度从 {start} 开始，没有可追回的")
    settled_before = book_years.is_closed(region, period.year)
    if on >= end and not settled_before and (reason := why_not_to_settle(region, period)):
        raise CannotRunError(reason)
