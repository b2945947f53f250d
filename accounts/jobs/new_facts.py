"""Whether anything has become known about a benefit year since it was last looked at: files, corrections, rules."""

from datetime import datetime
from functools import lru_cache

from django.db.models import Max, Q

from accounts.codes import InsuranceType
from accounts.jobs import rollover
from accounts.models import Contribution, Enrolment, FactChange, Import, PolicyVersion
from accounts.policies.terms import CreditTerms


def new_facts_at(region: str, year: int, after: datetime) -> datetime | None:
    """When something about the year was last recorded, later than `after`; None when nothing was."""
    newest = Import.objects.filter(at__gt=after).aggregate(Max("id"))["id__max"]
    found = (
        newest and _last_import_about(newest, region, year, after),
        FactChange.objects.filter(at__gt=after).aggregate(at=Max("at"))["at"],
        new_rules_at(region, year, after),
    )
    return max(filter(None, found), default=None)


def new_rules_at(region: str, year: int, after: datetime) -> datetime | None:
    """When a rule that is in force in the year was last published, later than `after`; None when none was."""
    _, ends = rollover.year_range(region, year)
    rules = PolicyVersion.objects.filter(
        region=region, kind=CreditTerms.kind, published_at__gt=after, effective_from__lt=ends
    )
    return rules.aggregate(at=Max("published_at"))["at"]


@lru_cache(maxsize=256)
def _last_import_about(newest: int, region: str, year: int, after: datetime) -> datetime | None:
    """What has come in never changes: the long look is taken once for every new file, not at every tick.

    Also what was so in the years before counts: who left then has nothing in this one, and who pays is credited ahead.
    What another region recorded of somebody who is in this one counts too: a month is credited in one of them.
    """
    begins, ends = rollover.year_range(region, year)
    before = begins.replace(year=begins.year - 1)
    here = Q(region=region) | Q(person__in=Enrolment.objects.filter(region=region).values("person"))
    enrolled = Enrolment.objects.filter(
        here, source__at__gt=after, insurance=InsuranceType.EMPLOYEE, from_on__lt=ends
    ).aggregate(at=Max("source__at"))
    paid = Contribution.objects.filter(here, source__at__gt=after, month__gte=before, month__lt=ends).aggregate(
        at=Max("source__at")
    )
    return max((found["at"] for found in (enrolled, paid) if found["at"]), default=None)
