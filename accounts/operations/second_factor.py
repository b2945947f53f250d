"""What a member of staff sets up with a code that somebody else has handed over: a password, and the second factor.

A password alone sets up no second factor, or whoever has learnt it before its owner's first sign-in would be staff.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from allauth.mfa.models import Authenticator
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import QuerySet

from accounts.errors import AccountsError
from accounts.identity import audit, limits
from accounts.identity.access import actor_of
from accounts.identity.actors import Act, Actor
from accounts.identity.second_factor import use_once
from accounts.models import SetupCode, User
from accounts.operations import proving
from accounts.operations.taking_back import end_sessions
from accounts.queries.people import is_same_person

SETUP_VALID = timedelta(days=1)
TRIES = limits.limits("5/15m 20/1d")


class WrongSetupCodeError(AccountsError):
    """Not a code for this account that may still be used."""

    message = "设置码不对、过期了或用过了。请向管理员再要一个"


class WrongCodeError(AccountsError):
    """Not a code of this member of staff's authenticator that was unused until now."""

    message = "动态码不对，或已经用过。请等验证器上的下一个"


class WeakPasswordError(AccountsError):
    """Too short, too common, or too like the user name; the message says which."""


class SetupCodeRefusedError(AccountsError):
    """Nobody gives a code to themselves, or for an account that needs none."""


def issue_setup_code(*, act: Act, user: User) -> str:
    """Return a code with which a member of staff sets up what they lack. Shown once; earlier ones stop working.

    By another person, or by whoever runs the server (a system actor). Raises SetupCodeRefusedError.
    """
    if not user.is_official or not user.is_active:
        raise SetupCodeRefusedError(f"“{user.username}”不是在用的工作人员账号")
    if user.has_usable_password() and _has_second_factor(user):
        raise SetupCodeRefusedError(
            f"{user.username} 已经设置过动态码和密码。手机丢了、密码忘了的，先由两个人取消（staff new_factor、new_password）"
        )
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
    _count(str(user.pk), act)
    with transaction.atomic():
        if not _codes(act, user, typed).update(used_at=act.at):
            raise WrongSetupCodeError
        yield
        audit.record(act=act, verb="second_factor.set_up", detail={"user": user.pk})


@contextmanager
def adding_passkey(*, act: Act, user: User, code: str) -> Iterator[None]:
    """Use up a code of the authenticator for the passkey that is stored inside; both happen, or neither.

    Counts the try first, so it must not be called inside a transaction. Raises limits.TooOftenError,
    WrongCodeError for a code that is wrong or was used.
    """
    _count(str(user.pk), act)
    authenticator = Authenticator.objects.filter(user=user, type=Authenticator.Type.TOTP).first()
    if authenticator is None or not use_once(authenticator, code.strip()):
        raise WrongCodeError
    with transaction.atomic():
        yield
        audit.record(act=act, verb="second_factor.passkey_added", detail={"user": user.pk})


def set_password(*, at: datetime, username: str, typed: str, password: str) -> None:
    """Give an account that has no password the one its owner chose; the code stays good for their second factor.

    Where there is a second factor, the code is used up. Counts the try first, as `setting_up` does. Raises
    limits.TooOftenError, WrongSetupCodeError for whatever does not fit, WeakPasswordError.
    """
    user = User.objects.filter(username=username, is_active=True).first()
    known = user if user is not None and user.is_official and not user.has_usable_password() else None
    act = Act(actor_of(known) if known else Actor.system("set_password"), at)
    _count(str(known.pk) if known else f"account {username}", act)
    with transaction.atomic():
        if known is None or not _codes(act, known, typed).select_for_update().exists():
            raise WrongSetupCodeError
        try:
            validate_password(password, known)
        except ValidationError as error:
            raise WeakPasswordError("；".join(error.messages)) from None
        if _has_second_factor(known):
            _codes(act, known, typed).update(used_at=act.at)
        known.set_password(password)
        known.save(update_fields=["password"])
        audit.record(act=act, verb="staff.password_set", detail={"user": known.pk})


def reset_of_administrator(*, act: Act, user: User) -> None:
    """Take a lost second factor from an administrator, by whoever runs the server: there may be no other one to ask.

    Of everybody else it takes two (accounts.operations.staff_accounts). Raises SetupCodeRefusedError.
    """
    if act.actor.kind != "system":
        raise ValueError("only whoever runs the server may do this")
    if not user.is_superuser:
        raise SetupCodeRefusedError(
            "工作人员丢了的动态码由两个人取消：staff new_factor … --by 管理员账号 --by 复核或审批岗账号"
        )
    with transaction.atomic():
        Authenticator.objects.filter(user=user).delete()
        end_sessions(user)
        audit.record(act=act, verb="second_factor.reset", detail={"user": user.pk})


def _has_second_factor(user: User) -> bool:
    return Authenticator.objects.filter(user=user).exists()


def _count(whose: str, act: Act) -> None:
    with transaction.atomic(durable=True):
        limits.use("setup code", whose, TRIES, act.at)


def _codes(act: Act, user: User, typed: str) -> QuerySet[SetupCode]:
    """Return the code that was typed, where it is one for this account that may still be used."""
    return SetupCode.objects.filter(user=user, digest=_digest(user, typed), used_at=None, expires_at__gt=act.at)


def _by_another(act: Act, user: User) -> None:
    if act.actor.user_id is None:
        return
    issuer = User.objects.get(pk=act.actor.user_id)
    if not issuer.is_official:
        raise ValueError("only staff may do this")
    if is_same_person(issuer, user):
        raise SetupCodeRefusedError("不能给自己的账号办，请换一位同事")


def _digest(user: User, typed: str) -> str:
    return proving.digest(f"{user.pk}:{proving.normalise(typed)}")
