"""An invitation that is still being filled in: kept between the pages, thrown away after two days."""

from datetime import date
from typing import Any, Final

from django.db import transaction

from accounts.identity.actors import Act
from accounts.models import Person
from family.codes import InvitationState
from family.models import Invitation
from family.operations import locks


class Keep:
    """The default of `draft`: what is not given stays as it is."""


KEEP: Final = Keep()


def draft(
    *,
    act: Act,
    payer: Person,
    region: str,
    relation: str | Keep = KEEP,
    name: str | Keep = KEEP,
    certno: str | Keep = KEEP,
    phone: str | Keep = KEEP,
    scopes: tuple[str, ...] | Keep = KEEP,
    limit_fen: int | None | Keep = KEEP,
    until_on: date | None | Keep = KEEP,
) -> Invitation:
    """Keep what the inviter has filled in so far; the one draft of this payer in this region.

    certno and phone come normalised (certificates.read, phones.read_phone); limit in fen a year.
    """
    given: dict[str, Any] = {
        "relation": relation,
        "invitee_name": name,
        "invitee_certno": certno,
        "invitee_phone": phone,
        "scopes": scopes,
        "limit_fen": limit_fen,
        "until_on": until_on,
    }
    changes = {field: value for field, value in given.items() if not isinstance(value, Keep)}
    with transaction.atomic():
        locks.lock_people([payer.pk])
        found = Invitation.objects.filter(payer=payer, region=region, state=InvitationState.DRAFTED).first()
        invitation = found or Invitation(payer=payer, region=region)
        for field, value in changes.items():
            setattr(invitation, field, list(value) if field == "scopes" else value)
        invitation.drafted_at = act.at
        invitation.save()
    return invitation


def discard(*, act: Act, payer: Person, region: str) -> None:
    """Throw away the draft, if there is one."""
    Invitation.objects.filter(payer=payer, region=region, state=InvitationState.DRAFTED).delete()
