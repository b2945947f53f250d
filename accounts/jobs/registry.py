"""The table of jobs: for each kind what may run, what happens to a chunk, and what the year end consists of."""

from datetime import date

from accounts.codes import JobKind
from accounts.jobs import interest, rollover
from accounts.jobs.job import CannotRunError, Job
from accounts.jobs.monthly import run as monthly
from accounts.jobs.yearly import run as yearly
from accounts.policies import registry
from accounts.policies.terms.credit import YEARLY
from yibao.lib.periods import Period

# True-up, interest, rollover, then the next year's pre-credit: in this order (architecture, Jobs).
YEAR_END = (JobKind.TRUEUP, JobKind.INTEREST, JobKind.ROLLOVER)


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


def year_end(region: str, year: int) -> tuple[JobKind, ...]:
    """Return the jobs that close a benefit year, in order; only pre-credited years have something to true up."""
    return YEAR_END if is_yearly(region, rules_day(year)) else YEAR_END[1:]
