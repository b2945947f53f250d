"""Matching somebody with the roster or with a code from a counter, without telling strangers anything.

Every refusal costs the same queries and leads to the same page, whichever part was wrong: whoever tries names and
numbers learns nothing about anybody.
"""

import unicodedata
from datetime import datetime

from django.utils.crypto import constant_time_compare, salted_hmac

from accounts.codes import TieKind
from accounts.identity.limits import limits
from accounts.models import Enrolment, IdentityCode, Person, User
from accounts.queries.people import find_by_certno
from yibao.lib.speakable import speakable
from yibao.lib.values.names import normalised_name

CODE_LENGTH = 8
TRIES_OF_USER = limits("5/1h 10/1d")
TRIES_OF_ADDRESS = limits("60/1h")
NOBODY = 0  # no row has this id


def by_record(*, user: User, name: str, certno: str, region: str) -> Person | None:
    """Return the insured person whom name, normalised certificate number and region agree on, if still free.

    Somebody tied to another sign-in is returned only to whoever signs in with the roster's own phone.
    """
    person = find_by_certno(certno)
    person_id = person.pk if person else NOBODY
    is_enrolled = Enrolment.objects.filter(person_id=person_id, region=region).exists()
    other = User.objects.filter(person_id=person_id).exclude(pk=user.pk).first()
    is_free = other is None or has_better_claim(user, other, person)
    has_name = constant_time_compare(normalised_name(name), normalised_name(person.name if person else ""))
    return person if person and all((is_enrolled, is_free, has_name)) else None


def has_better_claim(user: User, other: User, person: Person | None) -> bool:
    """Say whether the user signs in with the roster's phone and the other, tied to this person, has shown nothing more.

    A counter that gave the other sign-in its number has seen a document, whatever the roster says.
    """
    if person is None or not person.phone or person.phone != user.phone or person.phone == other.phone:
        return False
    return other.tied_by != TieKind.COUNTER and other.phone_changed_at is None


def by_code(*, typed: str, now: datetime) -> IdentityCode | None:
    """Lock and return the unused code that a counter gave out for these characters.

    Its person may be tied: a clerk has looked at who it is.
    """
    rows = IdentityCode.objects.select_for_update(of=("self",)).select_related("person")
    return rows.filter(digest=digest(typed), used_at=None, expires_at__gt=now).first()


def new_code() -> str:
    """Return random characters that can be read over a counter."""
    return speakable(CODE_LENGTH)


def normalise(typed: str) -> str:
    """Return a code typed in small letters, full width, or with spaces and hyphens as it is kept."""
    text = unicodedata.normalize("NFKC", typed).upper()
    return "".join(character for character in text if not character.isspace() and character != "-")


def digest(typed: str) -> str:
    return salted_hmac("accounts.identity_code", normalise(typed), algorithm="sha256").hexdigest()
