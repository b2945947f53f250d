"""What somebody did a few minutes ago and can still take back: offered only where it would succeed (operations.undoing)."""

from datetime import datetime

from django.db.models import BigIntegerField, Exists, OuterRef, Q, QuerySet
from django.db.models.fields.json import KT
from django.db.models.functions import Cast, Coalesce

from accounts.codes import USE_KINDS
from accounts.models import Person, Transfer
from family.codes import EventKind
from family.models import Draw, Event


def undoable(person: Person, at: datetime) -> QuerySet[Event]:
    """Return what this person can still take back at this instant, the latest first (one query).

    Of steps that build on each other only the last: the others would be refused.
    """
    events = Event.objects.filter(by=person, undo_until__gt=at, undone_by=None, part_of=None)
    events = events.annotate(drawn=Coalesce(Cast(KT("detail__last_draw"), BigIntegerField()), 0))
    overtaken = (
        Exists(_later_of_family(EventKind.CLOSED))
        | Exists(_later_of_bond())
        | Exists(Draw.objects.filter(bond_id=OuterRef("bond_id"), pk__gt=OuterRef("drawn")))
        | Exists(_paid_since("target_id"))
        # What would go back into the pool: not what its owner has used meanwhile, nor beside what was moved in again.
        | (~Q(kind=EventKind.MOVED_IN) & Exists(_paid_since("source_id")))
        | (~Q(kind=EventKind.MOVED_IN) & Q(voucher__isnull=False) & Exists(_later_of_family(EventKind.MOVED_IN)))
    )
    return events.exclude(overtaken).select_related("bond", "invitation").order_by("-pk")


def _later_of_family(kind: EventKind) -> QuerySet[Event]:
    family = Event.objects.filter(payer_id=OuterRef("payer_id"), region=OuterRef("region"), undone_by=None)
    return family.filter(pk__gt=OuterRef("pk"), kind=kind)


def _later_of_bond() -> QuerySet[Event]:
    later = Event.objects.filter(bond_id=OuterRef("bond_id"), pk__gt=OuterRef("pk"), undone_by=None)
    return later.exclude(kind__in=(EventKind.ORDER, EventKind.UNDONE)).exclude(part_of__undone_by__isnull=False)


def _paid_since(side: str) -> QuerySet[Transfer]:
    """Uses of the pots that the money went to, or came from."""
    moved = Transfer.objects.filter(voucher_id=OuterRef(OuterRef("voucher_id")))
    uses = Transfer.objects.filter(voucher_id__gt=OuterRef("voucher_id"), kind__in=USE_KINDS)
    return uses.filter(source_id__in=moved.values(side))
