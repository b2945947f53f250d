"""What the calendar says is due and not done, computed from the database. A missed or doubled beat changes nothing."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from django.db.models import Min

from accounts.enums import JobKind, PotKind, RunState
from accounts.jobs import kinds, rollover
from accounts.ledger import periods
from accounts.models import Contribution, Pot, Run
from accounts.policies import book
from yibao.lib.months import Month, month_range

CREDIT_DAY = 20  # where a region's terms name no day: "每月20号左右" (seed S4)


@dataclass(frozen=True, slots=True)
class Due:
    """A job that is due: `again` when it is another sweep of a finished run, for joiners and changed bases."""

    kind: JobKind
    region: str
    period: str
    since: date
    again: bool = False
    working: bool = False


def due_jobs(today: date) -> list[Due]:
    """Return everything that is due, region by region, in the order in which it must be done."""
    return [due for region in regions() for due in _due_in(region, today)]


def next_jobs(today: date) -> list[Due]:
    """Return what may begin now: the first due job of each region where none is being worked on."""
    first: dict[str, Due] = {}
    for due in due_jobs(today):
        first.setdefault(due.region, due)
    return [due for due in first.values() if not due.working]


def regions() -> list[str]:
    """Return the regions that have accounts."""
    return list(Pot.objects.filter(kind=PotKind.FUND).order_by("region").values_list("region", flat=True))


def _due_in(region: str, today: date) -> Iterator[Due]:
    runs = {(run.kind, run.period): run for run in Run.objects.filter(region=region)}
    start = _first_day(region, runs)
    if start is None:
        return
    for year in range(periods.year_of(region, start), periods.year_of(region, today) + 1):
        closing = runs.get((JobKind.ROLLOVER, str(year)))
        if closing is not None and closing.state != RunState.WORKING:
            continue
        for due in _due_in_year(region, year, start, today):
            run = runs.get((due.kind, due.period))
            if run is None:
                yield due
            elif run.state == RunState.WORKING:
                yield Due(due.kind, region, due.period, due.since, working=True)
            elif due.kind == JobKind.ACCRUAL and len(due.period) == 4 and run.on < today.replace(day=1):
                # Joiners and changed bases of a pre-credited year are looked for once a month.
                yield Due(due.kind, region, due.period, today.replace(day=1), again=True)


def _first_day(region: str, runs: dict[tuple[str, str], Run]) -> date | None:
    """The first month that was ever credited here; before any, the first one somebody paid for under rules we know."""
    accruals = [period for kind, period in runs if kind == JobKind.ACCRUAL]
    if accruals:
        first = min(accruals)
        return Month.parse(first).first if len(first) == 7 else rollover.year_range(region, int(first))[0]
    paid = Contribution.objects.filter(region=region).aggregate(Min("month"))["month__min"]
    return paid and max(paid, book.versions(region, "credit")[-1].effective_from)


def _due_in_year(region: str, year: int, start: date, today: date) -> Iterator[Due]:
    begins, ends = rollover.year_range(region, year)
    if kinds.is_yearly(region, kinds.rules_day(year)):
        yield Due(JobKind.ACCRUAL, region, str(year), begins)
    else:
        yield from _months(region, Month.of(max(begins, start.replace(day=1))), Month.of(ends), today)
    if today >= ends:
        for kind in kinds.year_end(region, year):
            yield Due(kind, region, str(year), ends)


def _months(region: str, first: Month, until: Month, today: date) -> Iterator[Due]:
    for month in month_range(first, until):
        day = book.terms_on(region, "credit", month.first).credit_day or CREDIT_DAY
        since = month.first.replace(day=day)
        if since > today:
            return
        yield Due(JobKind.ACCRUAL, region, str(month), since)
