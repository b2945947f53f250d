"""What the calendar says is due and not done, computed from the database. A missed or doubled beat changes nothing."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta

from django.db.models import Min

from accounts.codes import JobKind, PotKind, RunState
from accounts.jobs import registry as jobs
from accounts.jobs import rollover
from accounts.jobs.going_live import live_on
from accounts.jobs.new_facts import new_facts_at, new_rules_at
from accounts.ledger import book_years
from accounts.models import Contribution, Pot, Run
from accounts.policies import registry
from accounts.policies.terms import CreditTerms
from accounts.policies.terms.credit import CREDIT_DAY
from yibao.lib.months import Month, month_range
from yibao.lib.periods import Period

YEARS_LOOKED_BACK = 2  # late facts of a year closed longer ago are a clerk's case, not the calendar's


@dataclass(frozen=True, slots=True)
class Due:
    """A job that is due: `again` when it is another execution, for what became known or failed since.

    What failed today is due again tomorrow, and `since` says so.
    """

    kind: JobKind
    region: str
    period: Period
    since: date
    again: bool = False
    working: bool = False


@dataclass(frozen=True, slots=True)
class Year:
    """What is due of one benefit year, in order, and whether the year is closed already."""

    closed: bool
    jobs: list[Due]


def due_jobs(today: date) -> list[Due]:
    """Return everything that is due, region by region, in the order in which it must be done."""
    return [due for region in regions() for year in _years(region, today) for due in year.jobs]


def next_jobs(today: date) -> list[Due]:
    """Return what may begin now: the first due job of each region where none is being worked on."""
    first = [_first(list(_years(region, today)), today) for region in regions()]
    return [due for due in first if due is not None]


def _first(years: list[Year], today: date) -> Due | None:
    """Return the first job that may begin.

    What builds on a failure waits with it: the year end and what follows on any run of their year. Months do not
    build on one another, and nothing builds on what a closed year is still owed.
    """
    if any(due.working for year in years for due in year.jobs):
        return None
    for year in years:
        failed = False
        for due in year.jobs:
            if failed and not due.period.is_month:
                break
            if due.since <= today:
                return due
            failed = True
        if failed and not year.closed:
            return None
    return None


def regions() -> list[str]:
    """Return the regions that have accounts."""
    return list(Pot.objects.filter(kind=PotKind.FUND).order_by("region").values_list("region", flat=True))


def _years(region: str, today: date) -> Iterator[Year]:
    runs = {(run.kind, Period.parse(run.period)): run for run in Run.objects.filter(region=region)}
    live = live_on(region)
    start = _first_day(region, runs, live)
    if start is None:
        return
    this_year = book_years.year_of(region, today)
    for year in range(book_years.year_of(region, start), this_year + 1):
        jobs = list(_due_in_year(region, year, start, live, today))
        closing = runs.get((JobKind.ROLLOVER, Period(year)))
        if closing is None or closing.state in (RunState.WORKING, RunState.FAILED):
            left = (_left(due, runs.get((due.kind, due.period)), today) for due in jobs)
            yield Year(closed=False, jobs=[due for due in left if due is not None])
        else:
            recent = year >= this_year - YEARS_LOOKED_BACK
            yield Year(closed=True, jobs=list(_left_in_closed(jobs, runs, recent=recent)))


def _left(due: Due, run: Run | None, today: date) -> Due | None:
    """Return what is left to do of a job in a year that is not closed."""
    if run is None:
        return due
    if unfinished := _unfinished(due, run):
        return unfinished
    if due.kind == JobKind.ACCRUAL and due.period.is_year:
        # What was known ahead comes about in the course of a month; what is new is settled the next day.
        if run.on < today.replace(day=1):
            return replace(due, since=today.replace(day=1), again=True)
        if _has_new_facts(due, run):
            return replace(due, since=max(due.since, run.on), again=True)
    if due.kind == JobKind.TRUEUP and run.on < due.since:
        # One that was run by hand during the year has not seen its end.
        return replace(due, again=True)
    return None


def _left_in_closed(jobs: list[Due], runs: dict[tuple[str, Period], Run], *, recent: bool) -> Iterator[Due]:
    """Yield what failed, and what is to be settled because somebody's year turned out to have been another one."""
    for due in jobs:
        run = runs.get((due.kind, due.period))
        if run is None:  # a year that was never pre-credited here belongs to those who kept the books before
            continue
        if unfinished := _unfinished(due, run):
            yield unfinished
        elif due.kind == JobKind.ACCRUAL and due.period.is_year and _is_to_be_settled(due, run, recent=recent):
            _, ends = rollover.year_range(due.region, due.period.year)
            yield replace(due, since=ends, again=True)


def _is_to_be_settled(due: Due, run: Run, *, recent: bool) -> bool:
    """A rule for the past, which two people signed knowing its effect, reaches back as far as it says."""
    if recent:
        return _has_new_facts(due, run)
    return new_rules_at(due.region, due.period.year, run.opened_at) is not None


def _has_new_facts(due: Due, run: Run) -> bool:
    return new_facts_at(due.region, due.period.year, run.opened_at) is not None


def _unfinished(due: Due, run: Run) -> Due | None:
    if run.state == RunState.WORKING:
        return replace(due, working=True)
    if run.state == RunState.FAILED:
        # Not a minute later: what is wrong is mended by people.
        return replace(due, since=run.on + timedelta(days=1), again=True)
    return None


def _first_day(region: str, runs: dict[tuple[str, Period], Run], live: date | None) -> date | None:
    """The first month of going live, else the first that was ever credited here.

    Before any, the first one somebody paid for under rules we know.
    """
    if live:
        return Month.of(live).first
    accruals = [period for kind, period in runs if kind == JobKind.ACCRUAL]
    if accruals:
        first = min(accruals)
        return first.month.first if first.is_month else rollover.year_range(region, first.year)[0]
    paid = Contribution.objects.filter(region=region).aggregate(Min("month"))["month__min"]
    return paid and max(paid, registry.versions(region, CreditTerms)[-1].effective_from)


def _due_in_year(region: str, year: int, start: date, live: date | None, today: date) -> Iterator[Due]:
    begins, ends = rollover.year_range(region, year)
    if jobs.is_yearly(region, jobs.rules_day(year)):
        since = max(begins, live or begins)
        if since <= today:
            yield Due(JobKind.ACCRUAL, region, Period(year), since)
    else:
        yield from _months(region, Month.of(max(begins, start.replace(day=1))), Month.of(ends), today)
    if today >= ends:
        for kind in jobs.year_end(region, year):
            yield Due(kind, region, Period(year), ends)


def _months(region: str, first: Month, until: Month, today: date) -> Iterator[Due]:
    for month in month_range(first, until):
        day = registry.credit(region, month.first).credit_day or CREDIT_DAY
        since = month.first.replace(day=day)
        if since > today:
            return
        yield Due(JobKind.ACCRUAL, region, Period.of(month), since)
