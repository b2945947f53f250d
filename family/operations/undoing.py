"""Taking back what was just done: for ten minutes (a term of the region), once, and only while nothing built on it."""

from collections.abc import Callable
from datetime import date, datetime

from django.db import IntegrityError, transaction
from django.db.models import QuerySet

from accounts.codes import USE_KINDS
from accounts.identity.actors import Act
from accounts.ledger import reversing
from accounts.ledger.errors import AlreadyReversedError, InsufficientFundsError
from accounts.ledger.locking import lock_years_and_pots
from accounts.ledger.retry import retrying
from accounts.models import Person, Transfer
from family.codes import ACTIVE_STATES, OPEN, BondState, EndReason, EventKind, InvitationState
from family.models import Bond, Draw, Event, Invitation
from family.operations import history, locks, notifications
from family.operations.restoring import stand_again
from family.queries import notice_words
from family.rules import CannotUndoError

TOO_LATE = "已经过了可以撤回的时间。"
DONE = "这件事已经撤回过了。"
USED = "这期间已经用过钱，不能撤回。"
MOVED_ON = "之后又有了新的变化，不能撤回这一步。"


@retrying
def undo(*, act: Act, person: Person, event_id: int) -> Event:
    """Take back an event of one's own and tell the other side.

    Raises Event.DoesNotExist for anybody else's event; CannotUndoError when it is too late, was undone, was used meanwhile,
    or something later builds on it.
    """
    event = _own(person, event_id)
    if event.undo_until is None or act.at >= event.undo_until:
        raise CannotUndoError(TOO_LATE)
    return take_back(act=act, event_id=event_id, by=person)


def take_back(*, act: Act, event_id: int, by: Person | None) -> Event:
    """Take back an event whose time to do so the caller has judged; by: on whose behalf. Raises CannotUndoError."""
    with transaction.atomic():
        _lock(act, _with_matter().get(pk=event_id))
        event = _with_matter().get(pk=event_id)  # as it is now, when nobody else can change it any more
        if Event.objects.filter(undoes=event).exists():
            raise CannotUndoError(DONE)
        if _since(event, EventKind.CLOSED):  # whoever closed the family took it for closed
            raise CannotUndoError(MOVED_ON)
        _BACK[EventKind(event.kind)](act, event)
        try:
            with transaction.atomic():
                return history.write(
                    act=act,
                    kind=EventKind.UNDONE,
                    by=by,
                    payer_id=event.payer_id,
                    region=event.region,
                    invitation=event.invitation,
                    bond=event.bond,
                    undoes=event,
                )
        except IntegrityError:
            raise CannotUndoError(DONE) from None


def _own(person: Person, event_id: int) -> Event:
    return _with_matter().get(pk=event_id, by=person)


def _with_matter() -> QuerySet[Event]:
    return Event.objects.select_related("bond", "invitation", "voucher")


def _since(event: Event, *kinds: EventKind) -> bool:
    """Whether the family has taken an event of these kinds after this one, and not taken it back."""
    later = Event.objects.filter(payer_id=event.payer_id, region=event.region, pk__gt=event.pk, undone_by=None)
    return later.filter(kind__in=kinds).exists()


def _lock(act: Act, event: Event) -> None:
    """Lock what the event is about, in the order of docs/locking.md: pots first where money has to go back."""
    if event.voucher_id is not None:
        rows = Transfer.objects.filter(voucher=event.voucher_id).values_list("source_id", "target_id")
        lock_years_and_pots(act=act, pots={pot for row in rows for pot in row})
    bonds = {event.bond_id} if event.bond_id else set()
    invitations = {event.invitation_id} if event.invitation_id else set()
    for part in event.parts.all():
        bonds |= {part.bond_id} if part.bond_id else set()
        invitations |= {part.invitation_id} if part.invitation_id else set()
    users = Bond.objects.filter(pk__in=bonds).values_list("user_id", flat=True)
    locks.lock_people({event.payer_id, *users})
    list(Invitation.objects.select_for_update(of=("self",), no_key=True).filter(pk__in=invitations).order_by("pk"))
    locks.lock_bonds(bonds)


def _bond(event: Event) -> Bond:
    """Return the locked bond of an event if nothing was drawn or changed since. Raises CannotUndoError."""
    assert event.bond_id is not None
    bond = Bond.objects.select_related("payer", "user").get(pk=event.bond_id)
    if Draw.objects.filter(bond=bond, pk__gt=event.detail.get("last_draw", 0)).exists():
        raise CannotUndoError(USED)
    later = Event.objects.filter(bond=bond, pk__gt=event.pk, undone_by=None)
    later = later.exclude(kind__in=(EventKind.ORDER, EventKind.UNDONE)).exclude(part_of=event)
    if later.exclude(part_of__undone_by__isnull=False).exists():  # a closing is undone as a whole
        raise CannotUndoError(MOVED_ON)
    return bond


def _stand_again(act: Act, bond: Bond, event: Event) -> None:
    """Let an ended bond stand again as it did, if nothing speaks against it now, and tell both."""
    if not stand_again(act, bond, event, at_counter=act.actor.kind == "staff"):
        raise CannotUndoError(MOVED_ON)
    notifications.notify_both(act=act, bond=bond, template=notice_words.undone)


def _ended(act: Act, event: Event) -> None:
    _stand_again(act, _bond(event), event)


def _accepted(act: Act, event: Event) -> None:
    bond = _bond(event)
    if bond.state not in ACTIVE_STATES:
        raise CannotUndoError(MOVED_ON)
    bond.state, bond.state_at, bond.end_reason = BondState.ENDED, act.at, EndReason.UNDONE
    bond.save(update_fields=["state", "state_at", "end_reason"])
    if invitation := event.invitation:
        invitation.state, invitation.closed_at = event.detail["was"], None
        invitation.user, invitation.consent = None, ""
        _reopen(invitation)
    notifications.notify_ended(act=act, bond=bond, to=(bond.payer, bond.user))


def _declined(act: Act, event: Event) -> None:
    invitation = event.invitation
    assert invitation is not None
    silent = event.detail["disowned"]
    if not silent and invitation.state != InvitationState.DECLINED or silent and invitation.state not in OPEN:
        raise CannotUndoError(MOVED_ON)
    invitation.sender_unknown, invitation.answer = False, ""
    invitation.state, invitation.closed_at = event.detail["was"], None
    _reopen(invitation)
    if not silent:
        payer = invitation.payer
        notifications.notify(act=act, person=payer, template=notice_words.open_again, matter=invitation)


def _reopen(invitation: Invitation) -> None:
    """Save an invitation that is open again. Raises CannotUndoError when the payer has sent another one meanwhile."""
    try:
        with transaction.atomic():
            invitation.save()
    except IntegrityError:
        raise CannotUndoError(MOVED_ON) from None


def _limit(act: Act, event: Event) -> None:
    bond = _bond(event)
    bond.limit_fen = event.detail["was"]
    _restored(act, bond, ["limit_fen"])


def _end_day(act: Act, event: Event) -> None:
    bond = _bond(event)
    was = event.detail["was"]
    bond.until_on = was and date.fromisoformat(was)
    _restored(act, bond, ["until_on"])


def _shown(act: Act, event: Event) -> None:
    bond = _bond(event)
    bond.declared = True
    _restored(act, bond, ["declared"])


def _switched(act: Act, event: Event) -> None:
    bond = _bond(event)
    bond.state, bond.state_at = event.detail["was"], datetime.fromisoformat(event.detail["state_at"])
    _restored(act, bond, ["state", "state_at"])


def _restored(act: Act, bond: Bond, fields: list[str]) -> None:
    if bond.state == BondState.ENDED:
        raise CannotUndoError(MOVED_ON)
    bond.save(update_fields=fields)
    notifications.notify(act=act, person=bond.user, template=notice_words.change_undone, matter=bond)


def _money(act: Act, event: Event) -> None:
    """Move pool money back the way it came. A use of the pool since then stands in the way.

    What would go back into the pool must not have been used by its owner meanwhile, nor have been moved in again: else
    the account would be left with less than the region wants kept in it.
    """
    voucher = event.voucher
    if event.kind != EventKind.MOVED_IN and _since(event, EventKind.MOVED_IN):
        raise CannotUndoError(MOVED_ON)
    assert voucher is not None
    moved = list(voucher.transfers.order_by("pk"))
    came_to = {transfer.target_id for transfer in moved}
    pools = came_to if event.kind == EventKind.MOVED_IN else came_to | {transfer.source_id for transfer in moved}
    uses = Transfer.objects.filter(source__in=pools, pk__gt=moved[-1].pk, kind__in=USE_KINDS)
    if uses.exists():
        raise CannotUndoError(USED)
    try:
        reversing.reverse(act=act, voucher_id=voucher.pk, key=f"undo:{event.pk}", reason="撤回刚才的转账")
    except AlreadyReversedError:
        raise CannotUndoError(DONE) from None
    except InsufficientFundsError:
        raise CannotUndoError(USED) from None


def _closed(act: Act, event: Event) -> None:
    if event.voucher_id is not None:
        _money(act, event)
    for part in event.parts.select_related("invitation").order_by("pk"):
        if part.bond_id is not None:
            _stand_again(act, _bond(part), part)
        elif (invitation := part.invitation) and invitation.state == InvitationState.WITHDRAWN:
            invitation.state, invitation.closed_at = part.detail["was"], None
            _reopen(invitation)


_BACK: dict[EventKind, Callable[[Act, Event], None]] = {
    EventKind.ACCEPTED: _accepted,
    EventKind.BOUND: _accepted,
    EventKind.DECLINED: _declined,
    EventKind.LIMIT: _limit,
    EventKind.END_DAY: _end_day,
    EventKind.SHOWN: _shown,
    EventKind.SUSPENDED: _switched,
    EventKind.RESUMED: _switched,
    EventKind.REMOVED: _ended,
    EventKind.LEFT: _ended,
    EventKind.ENDED: _ended,
    EventKind.MOVED_IN: _money,
    EventKind.MOVED_BACK: _money,
    EventKind.CLOSED: _closed,
}
