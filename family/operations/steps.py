"""Writing down a step: for both sides to see, for undoing, and for the audit. And the locks all operations share."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from typing import Any

from django.db import connection
from django.utils.crypto import salted_hmac

from accounts.identity import audit, certificates
from accounts.identity.actors import Actor
from accounts.models import Person, Voucher
from family.enums import STANDING, StepKind
from family.models import Bond, Draw, Invitation, Step
from family.queries.facts import sharing_of
from family.rules import Changed


def write(
    *,
    actor: Actor,
    kind: StepKind,
    by: Person | None,
    payer_id: int,
    region: str,
    on: date,
    at: datetime,
    invitation: Invitation | None = None,
    bond: Bond | None = None,
    voucher: Voucher | None = None,
    detail: Mapping[str, Any] | None = None,
    can_undo: bool = False,
    undoes: Step | None = None,
    part_of: Step | None = None,
) -> Step:
    """Write one step and its audit event in the caller's transaction.

    `can_undo` gives it the minutes that the region's terms allow; `detail` holds what it was before, and gets the last
    draw on the bond, after which nothing may have been used.
    """
    detail = dict(detail or {})
    if bond is not None:
        detail["last_draw"] = last_draw(bond)
    step = Step.objects.create(
        kind=kind,
        at=at,
        on=on,
        actor=str(actor),
        by=by,
        payer_id=payer_id,
        region=region,
        invitation=invitation,
        bond=bond,
        voucher=voucher,
        detail=detail,
        undo_until=at + undo_time(region, on) if can_undo else None,
        undoes=undoes,
        part_of=part_of,
    )
    about = {"step": step.pk, "bond": bond.pk if bond else None, "invitation": invitation.pk if invitation else None}
    audit.record(actor=actor, verb=f"family.{kind}", subject=by.pk if by else payer_id, detail=about, at=at)
    return step


def undo_time(region: str, on: date) -> timedelta:
    """Return how long an act may be taken back in the region."""
    terms = sharing_of(region, on)
    return timedelta(minutes=terms.undo_minutes if terms else 0)


def last_draw(bond: Bond) -> int:
    """Return the id of the last draw on a bond, 0 before the first."""
    return Draw.objects.filter(bond=bond).order_by("-pk").values_list("pk", flat=True).first() or 0


def lock_people(ids: Iterable[int]) -> dict[int, Person]:
    """Lock people in id order: whoever counts or changes somebody's bonds holds that somebody (docs/locking.md)."""
    rows = Person.objects.select_for_update(of=("self",), no_key=True).filter(pk__in=set(ids)).order_by("pk")
    return {person.pk: person for person in rows}


def lock_invitation(invitation_id: int) -> Invitation:
    """Lock one invitation and return it as it stands."""
    return Invitation.objects.select_for_update(of=("self",), no_key=True).get(pk=invitation_id)


def lock_invitee(certno: str) -> None:
    """Lock a certificate number, whoever has it or nobody: inviters who count what is open for it go one by one."""
    key = salted_hmac("family.invitee", certificates.normalise(certno), algorithm="sha256").digest()[:8]
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [int.from_bytes(key, signed=True)])


def lock_bonds(ids: Iterable[int]) -> list[Bond]:
    """Lock bonds in id order and return them as they stand."""
    rows = Bond.objects.select_for_update(of=("self",), no_key=True).filter(pk__in=set(ids))
    return list(rows.select_related("payer", "user").order_by("pk"))


def lock_standing(*, bond_id: int, **side: Person) -> Bond:
    """Lock both people and a standing bond of theirs; `side` is payer= or user=, whoever acts.

    Raises Bond.DoesNotExist for anybody else's bond, Changed when it has ended.
    """
    found = Bond.objects.values_list("payer_id", "user_id").get(pk=bond_id, **side)
    lock_people(found)
    bond = lock_bonds([bond_id])[0]
    if bond.state not in STANDING:
        raise Changed
    return bond
