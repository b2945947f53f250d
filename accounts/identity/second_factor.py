"""The second factor of the staff: a code of an authenticator works once."""

from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value, yield_hotp_counters_from_time
from allauth.mfa.utils import decrypt
from django.db import transaction

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
