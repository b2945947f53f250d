"""Matching somebody with the roster or with a code from a counter, without telling strangers anything.

Every refusal costs the same queries and leads to the same page, whichever part was wrong: whoever tries names and
numbers learns nothing about anybody.
"""

import unicodedata
from datetime import datetime

from django.conf import settings
from django.utils.crypto import constant_time_compare, salted_hmac

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

    Somebody tied to another sign-in is not returned: a counter sorts that out.
    """
    person = find_by_certno(certno)
    person_id = person.pk if person else NOBODY
    is_enrolled = Enrolment.objects.filter(person_id=person_id, region=region).exists()
    is_free = not User.objects.filter(person_id=person_id).exclude(pk=user.pk).exists()
    has_name = constant_time_compare(normalised_name(name), normalised_name(person.name if person else ""))
    has_phone = not settings.IDENTITY_PHONE_MUST_MATCH or bool(person and person.phone in ("", user.phone))
    return person if person and all((is_enrolled, is_free, has_name, has_phone)) else None


def by_code(*, user: User, typed: str, now: datetime) -> IdentityCode | None:
    """Return the unused code that a counter gave out for these characters, if its person is still free."""
    code = IdentityCode.objects.filter(digest=digest(typed), used_at=None, expires_at__gt=now).first()
    person_id = code.person_id if code else NOBODY
    is_free = not User.objects.filter(person_id=person_id).exclude(pk=user.pk).exists()
    return code if code and is_free else None


def new_code() -> str:
    """Return random characters that can be read over a counter."""
    return speakable(CODE_LENGTH)


def normalise(typed: str) -> str:
    """Return a code typed in small letters, full width, or with spaces and hyphens as it is kept."""
    text = unicodedata.normalize("NFKC", typed).upper()
    return "".join(character for character in text if not character.isspace() and character != "-")


def digest(typed: str) -> str:
    return salted_hmac("accounts.identity_code", normalise(typed), algorithm="sha256").hexdigest()
