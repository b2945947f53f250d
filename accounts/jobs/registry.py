"""The table of jobs: for each kind what may run, what happens to a chunk, and what the year end consists of."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime

from django.conf import settings

from accounts.codes import JobKind
from accounts.identity.actors import Act
from accounts.jobs import interest, rollover, runs
from accounts.jobs.monthly import run as monthly
from accounts.jobs.runs import CannotRunError, Outcome
from accounts.jobs.yearly import run as yearly
from accounts.ledger import book_years
from accounts.models import Chunk, Run
from accounts.policies import registry
from accounts.policies.terms.credit import YEARLY
from yibao.lib.periods import Period

# True-up, interest, rollover, then the next year's pre-credit: in this order (architecture, Jobs).
YEAR_END = (JobKind.TRUEUP, JobKind.INTEREST, JobKind.ROLLOVER)


@dataclass(frozen=True, slots=True)
class Job:
    check: Callable[[str, Period, date], None]
    process: Callable[[Run, Chunk], Outcome]
    closes_year: bool = False


def is_yearly(region: str, day: date) -> bool:
    """Say whether the region pre-credits the year on that day, rather than crediting month by month."""
    return registry.credit(region, day).accrual == YEARLY


def rules_day(year: int) -> date:
    """Return the day whose rules say how a benefit year is credited: one that lies in it wherever it begins."""
    return date(year, 12, 31)


def _check_trueup(region: str, period: Period, on: date) -> None:
    if not is_yearly(region, rules_day(period.year)):
        raise CannotRunError(f"统筹区 {region} 的 {period} 年度按月划入，没有预划，不做年度多划追回（trueup）")
    yearly.check_trueup(region, period, on)


_JOBS: dict[JobKind, Job] = {
    JobKind.TRUEUP: Job(_check_trueup, yearly.settle),
    JobKind.INTEREST: Job(rollover.check, interest.credit_interest, closes_year=True),
    JobKind.ROLLOVER: Job(rollover.check, rollover.roll_over, closes_year=True),
}


def register(kind: JobKind, job: Job) -> None:
    """Run the jobs of another app, too, which accounts knows nothing of. Called once, from its AppConfig.ready.

    `job.check` refuses a period that is of the wrong form. Raises ValueError for a kind that has its job already.
    """
    if kind == JobKind.ACCRUAL or kind in _JOBS:
        raise ValueError(f"{kind} has its job already")
    _JOBS[kind] = job


def job_of(kind: JobKind, region: str, period: Period) -> Job:
    """Return what to do for a kind of job. Raises CannotRunError when the period has the wrong form for the region."""
    if period.correction or (period.is_month and kind in YEAR_END):
        raise CannotRunError(f"所属期 {period} 不对：{kind.label}应写年度，例如 {period.year}")
    if kind != JobKind.ACCRUAL:
        return _JOBS[kind]
    if is_yearly(region, rules_day(period.year) if period.is_year else period.month.first):
        if period.is_month:
            raise CannotRunError(f"统筹区 {region} 按年预划，所属期应写年度，例如 {period.year}")
        return Job(yearly.check, yearly.settle)
    if period.is_year:
        raise CannotRunError(f"统筹区 {region} 按月划入，所属期应写月份，例如 {Period(period.year, 1)}")
    return Job(monthly.check, monthly.credit_month)


def open_checked(*, act: Act, kind: JobKind, region: str, period: Period, on: date) -> Run:
    """Open a run for a business day, after checking that it makes sense on that day. Raises CannotRunError."""
    if on > act.on and not settings.REHEARSAL:
        raise CannotRunError(f"业务日期 {on} 在今天（{act.on}）之后。演练要用专门的数据库，并设 YIBAO_REHEARSAL=1")
    job = job_of(kind, region, period)
    job.check(region, period, on)
    if job.closes_year:
        book_years.close(region=region, year=period.year, at=act.at)
    return runs.open_run(act=act, kind=kind, region=region, period=period, on=on)


def work_chunk(*, chunk_id: int, now: datetime) -> bool:
    """Work one chunk off, whatever its run does. Returns False when there was nothing to do."""
    run = Run.objects.filter(chunks=chunk_id).first()
    if run is None:
        return False
    job = job_of(JobKind(run.kind), run.region, Period.parse(run.period))
    return runs.work(chunk_id=chunk_id, process=job.process, now=now)


def year_end(region: str, year: int) -> tuple[JobKind, ...]:
    """Return the jobs that close a benefit year, in order; only pre-credited years have something to true up."""
    return YEAR_END if is_yearly(region, rules_day(year)) else YEAR_END[1:]
