"""Writing down an event: for both sides to see, for undoing, and for the audit."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from accounts.identity import audit
from accounts.identity.actors import Act
from accounts.models import Person, Voucher
from accounts.policies import registry
from family.codes import EventKind
from family.models import Bond, Draw, Event, Invitation


def write(
    *,
    act: Act,
    kind: EventKind,
    by: Person | None,
    payer_id: int,
    region: str,
    invitation: Invitation | None = None,
    bond: Bond | None = None,
    voucher: Voucher | None = None,
    detail: Mapping[str, Any] | None = None,
    can_undo: bool = False,
    undoes: Event | None = None,
    part_of: Event | None = None,
) -> Event:
    """Write one event and its audit event in the caller's transaction.

    `can_undo` gives it the minutes that the region's terms allow; `detail` holds what it was before, and gets the last
    draw on the bond, after which nothing may have been used.
    """
    detail = dict(detail or {})
    if bond is not None:
        detail["last_draw"] = last_draw(bond)
    event = Event.objects.create(
        kind=kind,
        at=act.at,
        on=act.on,
        actor=str(act.actor),
        by=by,
        payer_id=payer_id,
        region=region,
        invitation=invitation,
        bond=bond,
        voucher=voucher,
        detail=detail,
        undo_until=act.at + undo_time(region, act.on) if can_undo else None,
        undoes=undoes,
        part_of=part_of,
    )
    about = {"event": event.pk, "bond": bond.pk if bond else None, "invitation": invitation.pk if invitation else None}
    audit.record(act=act, verb=f"family.{kind}", subject=by.pk if by else payer_id, detail=about)
    return event


def undo_time(region: str, on: date) -> timedelta:
    """Return how long an act may be taken back in the region."""
    terms = registry.sharing_or_none(region, on)
    return timedelta(minutes=terms.undo_minutes if terms else 0)


def last_draw(bond: Bond) -> int:
    """Return the id of the last draw on a bond, 0 before the first."""
    return Draw.objects.filter(bond=bond).order_by("-pk").values_list("pk", flat=True).first() or 0
