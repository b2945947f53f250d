"""The locks all operations of sharing take, in the one order of docs/locking.md."""

import json
from collections.abc import Iterable

from django.db import connection
from django.utils.crypto import salted_hmac

from accounts.identity import certificates
from accounts.models import Person, User
from family.codes import ACTIVE_STATES
from family.models import Bond, Invitation
from family.rules import ChangedError
from yibao.lib.pipeline import Row, Statement


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


def lock_bonds(ids: Iterable[int]) -> list[Bond]:
    """Lock bonds in id order and return them as they stand, with both people."""
    rows = Bond.objects.select_for_update(of=("self",), no_key=True).filter(pk__in=set(ids))
    return list(rows.select_related("payer", "user").order_by("pk"))


_BOND = [field.attname for field in Bond._meta.concrete_fields]
_TO_DRAW = f"""
    SELECT b.xmin, u.id, u.is_active, u.sms_choices, {", ".join(f"b.{name}" for name in _BOND)}
    FROM family_bond b LEFT JOIN accounts_user u ON u.person_id = b.payer_id
    WHERE {{}} ORDER BY b.id
"""
_LOCK = "FOR NO KEY UPDATE OF b"
_OF_USER = "b.user_id = %s AND b.state IN ({})".format(", ".join(f"'{s}'" for s in ACTIVE_STATES))
_ONE = f"{_TO_DRAW.format('b.id = %s')} {_LOCK}"
_READ = _TO_DRAW.format(_OF_USER)
_VERSIONS = f"SELECT b.id, b.xmin FROM family_bond b WHERE {_OF_USER} ORDER BY b.id {_LOCK}"


def to_draw_for(user_id: int, *, lock: bool = True) -> Statement:
    """Return what locks the bonds by which somebody may use others' money, after the pots, for `read_to_draw`."""
    return Statement(f"{_READ} {_LOCK}" if lock else _READ, [user_id])


def to_draw_by(bond_id: int) -> Statement:
    """Return what locks one bond, after the pots, for `read_to_draw`."""
    return Statement(_ONE, [bond_id])


def versions(user_id: int) -> Statement:
    """Return what locks those bonds once they have been read without a lock, and their ids and versions."""
    return Statement(_VERSIONS, [user_id])


def read_to_draw(rows: Iterable[Row]) -> list[Bond]:
    """Return bonds as they stand, with the payer's sign-in, which may be told, and no names.

    Whatever else is asked of a person is read then.
    """
    found = []
    for xmin, user_id, is_active, sms_choices, *of_bond in rows:
        bond = Bond.from_db("default", _BOND, of_bond)
        bond.xmin = xmin  # the database's own number of what the row said
        bond.payer = Person.from_db("default", ["id"], [bond.payer_id])
        told = None
        if user_id is not None:
            told = User.from_db(
                "default", ["id", "is_active", "sms_choices"], [user_id, is_active, json.loads(sms_choices)]
            )
        Person.user.related.set_cached_value(bond.payer, told)
        found.append(bond)
    return found


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
