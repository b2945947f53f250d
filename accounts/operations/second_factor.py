"""The second factor of the staff: who may set one up, and taking a lost one away.

A password alone sets up none, or whoever has learnt it before its owner's first sign-in would be staff: it takes a
code that somebody else has handed over.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from allauth.mfa.models import Authenticator
from django.db import transaction

from accounts.errors import AccountsError
from accounts.identity import audit, limits, staff
from accounts.identity.actors import Act
from accounts.models import SetupCode, User
from accounts.operations import proving
from accounts.operations.taking_back import end_sessions

SETUP_VALID = timedelta(days=1)
TRIES = limits.limits("5/15m 20/1d")


class WrongSetupCodeError(AccountsError):
    """Not a code for this account that may still be used."""

    message = "设置码不对、过期了或用过了。请向管理员再要一个"


class SetupCodeRefusedError(AccountsError):
    """Nobody gives a code to themselves, or for an account that needs none."""


def issue_setup_code(*, act: Act, user: User) -> str:
    """Return a code with which a member of staff sets up their second factor. Shown once; earlier ones stop working.

    By another person, or by whoever runs the server (a system actor). Raises SetupCodeRefusedError.
    """
    if not user.is_official or not user.is_active:
        raise SetupCodeRefusedError(f"“{user.username}”不是在用的工作人员账号")
    if Authenticator.objects.filter(user=user).exists():
        raise SetupCodeRefusedError(f"{user.username} 已经设置过动态码。手机丢了的，先重设（reset）")
    _by_another(act, user)
    code = proving.new_code()
    with transaction.atomic():
        SetupCode.objects.filter(user=user, used_at=None, expires_at__gt=act.at).update(expires_at=act.at)
        SetupCode.objects.create(
            user=user,
            digest=_digest(user, code),
            issued_by=str(act.actor),
            issued_at=act.at,
            expires_at=act.at + SETUP_VALID,
        )
        audit.record(act=act, verb="second_factor.code_issued", detail={"user": user.pk})
    return code


@contextmanager
def setting_up(*, act: Act, user: User, typed: str) -> Iterator[None]:
    """Use up the code of a member of staff for what is done inside; both happen, or neither.

    Counts the try first, so it must not be called inside a transaction. Raises limits.TooOftenError,
    WrongSetupCodeError.
    """
    with transaction.atomic(durable=True):
        limits.use("setup code", str(user.pk), TRIES, act.at)
    with transaction.atomic():
        rows = SetupCode.objects.filter(user=user, digest=_digest(user, typed), used_at=None, expires_at__gt=act.at)
        if not rows.update(used_at=act.at):
            raise WrongSetupCodeError
        yield
        audit.record(act=act, verb="second_factor.set_up", detail={"user": user.pk})


def reset_second_factor(*, act: Act, user: User) -> None:
    """Let a member of staff set up a new second factor, with a new code, because the old device is lost.

    By another person, or by whoever runs the server. Raises SetupCodeRefusedError.
    """
    _by_another(act, user)
    with transaction.atomic():
        Authenticator.objects.filter(user=user).delete()
        end_sessions(user)
        audit.record(act=act, verb="second_factor.reset", detail={"user": user.pk})


def _by_another(act: Act, user: User) -> None:
    if act.actor.user_id is None:
        return
    issuer = User.objects.get(pk=act.actor.user_id)
    if not issuer.is_official:
        raise ValueError("only staff may do this")
    if staff.is_same_person(issuer, user):
        raise SetupCodeRefusedError("不能给自己的账号办，请换一位同事")


def _digest(user: User, typed: str) -> str:
    return proving.digest(f"{user.pk}:{proving.normalise(typed)}")
