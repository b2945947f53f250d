"""Invitations as each side sees them. The inviter never sees whether an invited person exists before an answer."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.db.models import QuerySet

from accounts.models import Person
from accounts.queries.people import numbers_of
from family.codes import OPEN, EventKind, InvitationState
from family.models import Event, Invitation
from family.queries.eligibility import indexes_of
from yibao.lib.clock import SHANGHAI

EXPIRES_SOON_DAYS = 2  # before the last day: then both are told, and the payer's account page says so


def soon_until(on: date) -> datetime:
    """Return the instant before which an invitation ends that expires soon, as seen on this day."""
    return datetime.combine(on + timedelta(days=EXPIRES_SOON_DAYS + 1), time(), SHANGHAI)


def own_indexes(person: Person) -> list[bytes]:
    """Return the blind indexes under which this person may have been invited, by a former number too."""
    return [index for number in numbers_of(person) for index in indexes_of(number)]


def draft_of(payer: Person, region: str) -> Invitation | None:
    """Return what the payer has filled in and not sent."""
    return Invitation.objects.filter(payer=payer, region=region, state=InvitationState.DRAFTED).first()


def invitations_sent(payer: Person, region: str | None = None) -> QuerySet[Invitation]:
    """Return a payer's invitations, the latest first. Show `state_for_payer`, never `state`."""
    rows = Invitation.objects.filter(payer=payer).exclude(state=InvitationState.DRAFTED)
    return (rows if region is None else rows.filter(region=region)).select_related("user").order_by("-sent_at", "-id")


def invitation_sent(payer: Person, number: str) -> Invitation:
    """Return one of a payer's own invitations. Raises Invitation.DoesNotExist."""
    return invitations_sent(payer).select_related("payer").get(number=number)


def invitations_received(person: Person, at: datetime) -> QuerySet[Invitation]:
    """Return what waits for this person's answer, the one that expires first on top."""
    rows = Invitation.objects.filter(invitee_index__in=own_indexes(person), state__in=OPEN, expires_at__gt=at)
    rows = rows.filter(sender_unknown=False)
    return rows.select_related("payer").order_by("expires_at", "id")


def invitation_received(person: Person, number: str) -> Invitation:
    """Return an invitation of this person in whatever state, drafts aside. Raises Invitation.DoesNotExist.

    One whose sender they do not know is still found, so that this can be undone.
    """
    rows = Invitation.objects.select_related("payer").exclude(state=InvitationState.DRAFTED)
    return rows.get(number=number, invitee_index__in=own_indexes(person))


@dataclass(frozen=True, slots=True)
class Mark:
    """One point of a timeline: what happened and when; `event` where it is an event."""

    kind: EventKind
    words: str
    at: datetime
    event: Event | None = None


_HIDDEN_UNTIL_ANSWERED = (EventKind.SEEN,)


def timeline(invitation: Invitation, *, for_payer: bool) -> list[Mark]:
    """Return the events of an invitation in order.

    For the inviter a look of the invited person shows only after the answer, and one whose sender is unknown goes on waiting.
    """
    found = []
    answered = invitation.state in (InvitationState.ACCEPTED, InvitationState.DECLINED)
    for event in Event.objects.filter(invitation=invitation).select_related("undoes").order_by("pk"):
        is_private = event.kind in _HIDDEN_UNTIL_ANSWERED and not answered
        if for_payer and (is_private or is_silent(event)):
            continue
        kind = EventKind(event.kind)
        found.append(Mark(kind, str(kind.label), event.at, event))
    return found


def is_silent(event: Event) -> bool:
    """Return whether this is 这不是我的家人, or taking that back: the inviter is never told."""
    return bool((event.undoes or event).detail.get("disowned", False))
