"""The second factor of the staff: a code of an authenticator works once, a passkey only where the application stored it."""

import json
from hashlib import sha256

from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value, yield_hotp_counters_from_time
from allauth.mfa.utils import decrypt, encrypt
from django.db import transaction

from accounts.errors import AccountsError

MARK = "mark"  # in a passkey's data, sealed
LAST = "last_counter"  # in the authenticator's data: the latest period of which a code was used


def use_once(authenticator: Authenticator, code: str) -> bool:
    """Use up a code that is right; return whether it, and every later one, was unused until now.

    The row is locked: of two sign-ins with one code at once, one gets in.
    """
    with transaction.atomic():
        row = Authenticator.objects.select_for_update().get(pk=authenticator.pk)
        secret = decrypt(row.data["secret"])
        counters = [n for n in yield_hotp_counters_from_time() if format_hotp_value(hotp_value(secret, n)) == code]
        if not counters or max(counters) <= row.data.get(LAST, -1):
            return False
        row.data[LAST] = max(counters)
        row.save(update_fields=["data"])
    return True


def vouch_for(passkey: Authenticator) -> None:
    """Mark a passkey that was just stored as ours, with a key that the database has not. In the caller's transaction."""
    passkey.data[MARK] = encrypt(_fingerprint(passkey))
    passkey.save(update_fields=["data"])


def is_ours(passkey: Authenticator) -> bool:
    """Say whether the application stored this passkey, for this account: not whoever writes to the database."""
    try:
        return decrypt(passkey.data.get(MARK, "")) == _fingerprint(passkey)
    except (AccountsError, ValueError, AttributeError):
        return False


def _fingerprint(passkey: Authenticator) -> str:
    credential = json.dumps(passkey.data["credential"], sort_keys=True)
    return sha256(f"{passkey.user_id}:{credential}".encode()).hexdigest()
