"""What a look-up opens: one person, to one clerk, at one office, for a while."""

from datetime import date, datetime, timedelta
from uuid import UUID

from django.db.models import QuerySet

from accounts.codes import COUNTER_ROLES, CaseKind, LookupPurpose
from accounts.models import Enrolment, Lookup, LookupCount, Person, Pot, User

VALID = timedelta(minutes=30)  # as long as somebody stands at the counter
RECENT = 8  # of the clerk's own, on their pages


def purposes() -> dict[str, str]:
    """Return code → words of every purpose for which somebody may be looked up."""
    return {str(purpose): purpose.label for purpose in (*CaseKind, *LookupPurpose)}


def lookups_open_to(clerk: User, now: datetime) -> QuerySet[Lookup]:
    """Return the look-ups that this clerk may still use: their own, made where they work now, and not too old."""
    return Lookup.objects.filter(clerk=clerk, office=clerk.office, at__gt=now - VALID, at__lte=now)


def open_lookup(clerk: User, token: UUID, now: datetime) -> Lookup | None:
    """Return the look-up with this token where this clerk may still use it, with its person; else None."""
    return lookups_open_to(clerk, now).filter(token=token).select_related("person").first()


def recent_lookups(clerk: User, now: datetime) -> list[Lookup]:
    """Return the last people that this clerk may still look at, each once, the latest first."""
    rows = lookups_open_to(clerk, now).select_related("person").order_by("-at")[: 2 * RECENT]
    return list({row.person_id: row for row in reversed(rows)}.values())[::-1][:RECENT]


def counts_at(office: str, day: date) -> list[tuple[User, LookupCount | None]]:
    """Return everybody at the counters of an office, with how often they have looked people up on a day."""
    staff = User.objects.filter(office=office, role__in=COUNTER_ROLES, is_active=True).order_by("pk")
    counts = {count.clerk_id: count for count in LookupCount.objects.filter(clerk__in=staff, day=day)}
    return [(user, counts.get(user.pk)) for user in staff]


def with_ties_to(regions: str, people: list[Person]) -> list[Person]:
    """Return those of the people who are or were insured in a region or have an account there (at most two queries).

    `regions` is the code of one, or what the codes of several begin with: 33 for a province.
    """
    enrolled = Enrolment.objects.filter(person__in=people, region__startswith=regions)
    tied = set(enrolled.values_list("person_id", flat=True))
    if others := [person for person in people if person.pk not in tied]:
        pots = Pot.objects.filter(person__in=others, region__startswith=regions)
        tied |= set(pots.values_list("person_id", flat=True))
    return [person for person in people if person.pk in tied]
