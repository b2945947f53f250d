"""窗口业务: the cases of a counter, always of the region that the office belongs to."""

from datetime import date

from django.db.models import Q, QuerySet

from accounts.codes import CaseState
from accounts.models import Case, Office, Person, User

LISTED = 50  # of those that wait, the latest


def case_at(office: Office, number: str) -> Case | None:
    """Return a case by its number; None for one of another region, as for none."""
    rows = Case.objects.select_related("subject", "other", "holder", "approval", "submitted_by", "closed_by")
    return rows.filter(number=number, region=office.region).first()


def in_hand(user: User) -> QuerySet[Case]:
    """Return what the clerk works on and has not submitted, the latest first."""
    return Case.objects.select_related("subject").filter(holder=user, state=CaseState.OPEN)


def waiting_at(office: Office) -> QuerySet[Case]:
    """Return what lies aside or was sent back at an office, the latest first, at most LISTED."""
    aside = Q(state=CaseState.PARKED) | Q(state=CaseState.RETURNED)
    return Case.objects.select_related("subject").filter(aside, office=office.code, region=office.region)[:LISTED]


def to_check(office: Office) -> QuerySet[Case]:
    """Return the cases of the region that wait for a reviewer, the oldest first."""
    rows = Case.objects.select_related("subject", "other", "approval__maker")
    return rows.filter(state=CaseState.WAITING, region=office.region).order_by("submitted_at", "id")


def of_day(user: User, day: date) -> QuerySet[Case]:
    """Return what somebody opened or submitted on a day, the latest first."""
    mine = Q(opened_by=user, opened_at__date=day) | Q(submitted_by=user, submitted_at__date=day)
    return Case.objects.select_related("subject").filter(mine)


def about(person: Person, region: str) -> list[Case]:
    """Return the last cases of a region that somebody came for, or that concern them besides."""
    rows = Case.objects.select_related("subject", "other").filter(Q(subject=person) | Q(other=person), region=region)
    return list(rows[:LISTED])
