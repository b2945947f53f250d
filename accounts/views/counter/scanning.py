"""Whoever is read in at a counter is looked up: for a purpose, counted, and with a trace that the person can read."""

from accounts.identity.actors import Act
from accounts.models import Lookup
from accounts.operations.lookups import LookupRefusedError, look_up


def scanned(act: Act, typed: str, purpose: str) -> Lookup:
    """Return the look-up of the one person whose card was read, or whose number was typed.

    Raises what look_up raises; LookupRefusedError too where a phone number is that of several people.
    """
    found = look_up(act=act, typed=typed, purpose=purpose)
    if found.lookup is None:
        raise LookupRefusedError("这个手机号登记了几个人，请刷身份证，或输入证件号码")
    return found.lookup
