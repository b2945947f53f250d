"""Unlocking a screen: by the same member of staff, with their password or a code of their authenticator."""

from allauth.mfa.models import Authenticator
from django.db import transaction

from accounts.errors import AccountsError
from accounts.identity import audit, limits
from accounts.identity.actors import Act
from accounts.identity.second_factor import use_once
from accounts.models import User

TRIES = limits.limits("5/15m 20/1d")


class WrongUnlockError(AccountsError):
    """Neither the password nor a code that was not used yet."""

    message = "密码或动态码不对。一个动态码只能用一次，请等下一个"


def check(*, act: Act, user: User, typed: str) -> None:
    """Let through only whoever knows the password, or a code of the authenticator that was not used before.

    Counts the try first, so it must not be called inside a transaction; one that is right starts the count anew.
    Raises limits.TooOftenError, WrongUnlockError.
    """
    with transaction.atomic(durable=True):
        limits.use("unlock", str(user.pk), TRIES, act.at)
    if not (user.check_password(typed) or _is_code(user, typed.strip())):
        audit.record(act=act, verb="lock_screen.refused", detail={"user": user.pk})
        raise WrongUnlockError
    limits.reset("unlock", str(user.pk))


def _is_code(user: User, typed: str) -> bool:
    authenticator = Authenticator.objects.filter(user=user, type=Authenticator.Type.TOTP).first()
    return authenticator is not None and use_once(authenticator, typed)
