"""Closing a family: everybody's use ends, invitations are withdrawn, and pool money goes back to its owner."""

from django.db import transaction

from accounts.codes import PotKind
from accounts.identity.actors import Act
from accounts.ledger.locking import lock_years_and_pots
from accounts.ledger.retry import retrying
from accounts.models import Person, Pot
from family.codes import ACTIVE_STATES, OPEN, EndReason, EventKind, InvitationState
from family.errors import FamilyError
from family.models import Bond, Event, Invitation
from family.operations import ending, history, locks, pool
from family.operations.invitations import close
from family.queries.open_matters import OpenMatter, open_matters
from family.rules import ChangedError


class StillOpenError(FamilyError):
    """Something has to be done first; `matters` says what."""

    message = "还有没办完的事"

    def __init__(self, matters: list[OpenMatter]) -> None:
        super().__init__()
        self.matters = matters


@retrying
def close_family(*, act: Act, payer: Person, region: str) -> Event:
    """Close the family of a payer in a region. Can be undone as a whole for some minutes.

    A region's cool-down and monthly cap hold up single endings, never the closing: whoever moves their insurance to
    another region has to close first (S1), and must not be kept from it.
    Raises StillOpenError with what blocks it, ChangedError when there is nothing to close.
    """
    if matters := open_matters(payer, region):
        raise StillOpenError(matters)
    event = _close(act=act, payer=payer, region=region, reason=EndReason.CLOSED, by=payer)
    if event is None:
        raise ChangedError
    return event


@retrying
def close_by_itself(*, act: Act, payer: Person, region: str, reason: EndReason) -> Event | None:
    """Close a family because its owner died, left or moved away; None when there is nothing to close (any more)."""
    return _close(act=act, payer=payer, region=region, reason=reason, by=None)


def _close(*, act: Act, payer: Person, region: str, reason: EndReason, by: Person | None) -> Event | None:
    with transaction.atomic():
        pots = Pot.objects.filter(person=payer, region=region).exclude(kind=PotKind.RECEIVABLE)
        lock_years_and_pots(act=act, pots=pots.values_list("pk", flat=True))
        users = _active(payer, region).values_list("user_id", flat=True)
        locks.lock_people({payer.pk, *users})
        invitations = Invitation.objects.select_for_update(of=("self",), no_key=True)
        waiting = list(invitations.filter(payer=payer, region=region, state__in=OPEN).order_by("pk"))
        bonds = locks.lock_bonds(_active(payer, region).values_list("pk", flat=True))
        key = f"pool-close:{payer.pk}:{Event.objects.filter(payer=payer, region=region).count()}"
        voucher = pool.empty(act=act, payer=payer, region=region, key=key)
        if not waiting and not bonds and voucher is None:
            return None
        event = history.write(
            act=act,
            kind=EventKind.CLOSED,
            by=by,
            payer_id=payer.pk,
            region=region,
            voucher=voucher,
            detail={"reason": str(reason)},
            can_undo=by is not None,
        )
        for invitation in waiting:
            detail = {"was": str(invitation.state)}
            close(invitation, InvitationState.WITHDRAWN, act.at)
            history.write(
                act=act,
                kind=EventKind.WITHDRAWN,
                by=by,
                payer_id=payer.pk,
                region=region,
                invitation=invitation,
                detail=detail,
                part_of=event,
            )
        for bond in bonds:
            ending.end(
                act=act,
                bond=bond,
                reason=reason,
                kind=EventKind.REMOVED if by else EventKind.ENDED,
                by=by,
                part_of=event,
            )
    return event


def _active(payer: Person, region: str):
    return Bond.objects.filter(payer=payer, region=region, state__in=ACTIVE_STATES)
