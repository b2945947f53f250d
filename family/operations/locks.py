"""The locks all operations of sharing take, in the one order of docs/locking.md."""

from collections.abc import Collection, Iterable

from django.db import connection
from django.utils.crypto import salted_hmac

from accounts.identity import certificates
from accounts.models import Person
from family.codes import ACTIVE_STATES
from family.models import Bond, Invitation
from family.rules import ChangedError


def lock_people(ids: Iterable[int]) -> dict[int, Person]:
    """Lock people in id order: whoever counts or changes somebody's bonds locks that somebody (docs/locking.md)."""
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


def lock_bonds(ids: Collection[int]) -> list[Bond]:
    """Lock bonds in id order and return them as they stand, with both people and the payer's sign-in, who may be told."""
    if not ids:
        return []
    rows = Bond.objects.select_for_update(of=("self",), no_key=True).filter(pk__in=set(ids))
    return list(rows.select_related("payer__user", "user").order_by("pk"))


def lock_active(*, bond_id: int, **side: Person) -> Bond:
    """Lock both people and an active bond of theirs; `side` is payer= or user=, whoever acts.

    Raises Bond.DoesNotExist for anybody else's bond, ChangedError when it has ended.
    """
    found = Bond.objects.values_list("payer_id", "user_id").get(pk=bond_id, **side)
    lock_people(found)
    bond = lock_bonds([bond_id])[0]
    if bond.state not in ACTIVE_STATES:
        raise ChangedError
    return bond
