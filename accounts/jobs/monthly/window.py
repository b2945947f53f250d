"""How far back the monthly credit reaches: to which months, and since when a region has been credited here."""

from dataclasses import dataclass
from datetime import date

from django.db.models import QuerySet

from accounts.codes import JobKind
from accounts.jobs.going_live import first_month_run, live_month
from accounts.models import Run
from accounts.policies import registry
from accounts.policies.terms import CreditTerms
from accounts.policies.terms.credit import MONTHLY
from yibao.lib.months import Month, month_range
from yibao.lib.periods import MONTHS, Period


@dataclass(frozen=True, slots=True)
class Window:
    """What the run of a month may look at.

    `months`: those credited month by month, up to the latest that was; a pre-credited year has had its months already.
    `live`: the first month credited here. `fresh`: nothing of this month can have been credited before.
    """

    month: Month
    months: tuple[Month, ...]
    live: Month
    fresh: bool

    @property
    def latest(self) -> Month:
        """The last month that is looked at: the run's own, or one credited after it, where it is gone through again."""
        return max([self.month, *self.months[-1:]])

    @property
    def credited_until(self) -> date:
        """The first day on which nothing can have been credited yet: what is so from then on corrects nothing."""
        return self.latest.first if self.fresh else self.latest.next_first

    @property
    def own_months(self) -> list[Month]:
        """The months since the region went live here: before it, credits were somebody else's.

        Also those after the run's own, where an earlier month is gone through again: they were corrected since, perhaps.
        """
        return [month for month in self.months if month >= self.live]


def of(run: Run) -> Window:
    month = Period.parse(run.period).month
    latest = max(month, latest_month(run.region) or month)
    return Window(
        month=month,
        months=tuple(m for m in _months_with_rules(run.region, latest) if accrual_in(run.region, m) == MONTHLY),
        live=live_since(run.region) or month,
        # A later month's run takes late payments of this one with it.
        fresh=run.execution == 1 and latest == month,
    )


def monthly_runs(region: str) -> QuerySet[Run]:
    """Return the runs that credited a month of this region."""
    return Run.objects.filter(kind=JobKind.ACCRUAL, region=region, period__regex=MONTHS)


def live_since(region: str) -> Month | None:
    """Return the first month credited here: that of going live, else of the first run; None before any."""
    return live_month(region) or first_month_run(region)


def latest_month(region: str) -> Month | None:
    """Return the latest month that a run has been opened for; None before any."""
    last = monthly_runs(region).order_by("-period").values_list("period", flat=True).first()
    return Period.parse(last).month if last else None


def accrual_in(region: str, month: Month) -> str | None:
    """Return how a month is credited, `monthly` or with its year; None where no rules are known for it."""
    terms = registry.credit_or_none(region, month.first)
    return terms.accrual if terms else None


def _months_with_rules(region: str, until: Month) -> list[Month]:
    earliest = registry.versions(region, CreditTerms)[-1].effective_from
    return list(month_range(Month.of(earliest), until + 1))
