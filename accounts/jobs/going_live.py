"""Going live (上线): which months are credited here, and which were the old system's."""

from datetime import date

from accounts.codes import JobKind
from accounts.models import Region, Run
from yibao.lib.months import Month
from yibao.lib.periods import MONTHS, Period


def live_on(region: str) -> date | None:
    """Return the day a region went live; None where nothing was kept before."""
    return Region.objects.values_list("live_on", flat=True).filter(code=region).first()


def live_month(region: str) -> Month | None:
    """Return the first month that is credited here, the one the day of going live lies in; None where none is set."""
    day = live_on(region)
    return Month.of(day) if day else None


def first_month_run(region: str) -> Month | None:
    """Return the first month that a run of its own was opened for; None before any."""
    runs = Run.objects.filter(kind=JobKind.ACCRUAL, region=region, period__regex=MONTHS)
    first = runs.order_by("period").values_list("period", flat=True).first()
    return Period.parse(first).month if first else None


def before_live_words(region: str, live: Month) -> str:
    """Say whose the months before going live were."""
    return f"统筹区 {region} 从 {live} 起在这里划入，更早的月份由原系统划入"
