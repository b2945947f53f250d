"""Accounts of the staff: made, changed, stopped and helped by an administrator and a second person.

Names and certificate numbers never enter an approval: a new account is there at once, inactive and without a role, and
what is approved is what it may do.
"""

import re
from collections.abc import Mapping
from datetime import date
from typing import Any

from allauth.mfa.models import Authenticator
from django.db import transaction
from django.db.models import Q, QuerySet

from accounts.codes import Role
from accounts.errors import AccountsError
from accounts.identity import audit, certificates
from accounts.identity.access import HEADQUARTERS
from accounts.identity.actors import Act
from accounts.models import Approval, Office, User
from accounts.operations import approvals
from accounts.operations.approval_kinds import ADMINISTRATOR, Content, Kind, register
from accounts.operations.approvals import ApprovalError
from accounts.operations.taking_back import end_sessions
from accounts.queries.people import numbers_of, person_of_staff
from accounts.sealing.fields import context_of, indexes
from yibao.lib.values import BadValueError
from yibao.lib.values.names import read_name

ACCOUNT, SECOND_FACTOR, PASSWORD = "staff.account", "staff.second_factor", "staff.password"
CHECKERS = (Role.REVIEWER, Role.APPROVER)
_USERNAME = re.compile(r"[a-z][a-z0-9_.-]{2,31}", re.ASCII)
_PREFIX = "staff:"


class StaffAccountError(AccountsError):
    """The account cannot be made like this; the message says why."""


def staff_accounts() -> QuerySet[User]:
    """Return every account of the staff, also those that wait for a second person or were stopped, by user name."""
    is_staff = ~Q(role="") | Q(is_superuser=True) | Q(certno_index__isnull=False)
    return User.objects.filter(is_staff, person=None, phone_index=None).order_by("username")


def subject_of(user: User) -> str:
    """Return what an approval calls the account."""
    return f"{_PREFIX}{user.pk}"


def asked_of(user: User, **changes: Any) -> dict[str, Any]:
    """Return what to ask of ACCOUNT: role, office and active as they are, but for the changes."""
    return {"role": user.role, "office": user.office, "active": user.is_active} | changes


@transaction.atomic
def propose_account(
    *, act: Act, username: str, name: str, certno: str, role: str, office: str, reason: str, document: str = ""
) -> Approval:
    """Make an account nobody can use yet, and submit what it shall be: it works once a second person approves.

    Raises StaffAccountError, certificates.BadCertificateError, ApprovalError; then there is no account either.
    """
    user = _new_account(username, name, certno)
    asked = asked_of(user, role=role, office=office, active=True)
    return approvals.submit(
        act=act, kind=ACCOUNT, subject=subject_of(user), asked=asked, reason=reason, document=document
    )


@transaction.atomic
def make_first_checker(*, act: Act, username: str, name: str, certno: str, office: str) -> User:
    """Make the first approver, by whoever runs the server: before there is one, nobody could approve anybody.

    Raises StaffAccountError once anybody may approve accounts, and as `propose_account` does.
    """
    if act.actor.kind != "system":
        raise ValueError("only whoever runs the server may do this")
    if User.objects.filter(role__in=CHECKERS, is_active=True).exists():
        raise StaffAccountError("已有能复核的同事，新账号要两个人办：staff add … --by 管理员账号 --by 复核或审批岗账号")
    _refuse_unknown_office(Role.APPROVER, office)
    user = _new_account(username, name, certno)
    user.role, user.office, user.is_active = Role.APPROVER, office, True
    user.save(update_fields=["role", "office", "is_active"])
    audit.record(act=act, verb="staff.first_checker", detail={"user": user.pk})
    return user


def _new_account(username: str, name: str, certno: str) -> User:
    if not _USERNAME.fullmatch(username):
        raise StaffAccountError("账号用小写字母开头，3至32个小写字母、数字、点、横线，不要用证件号码和手机号")
    if User.objects.filter(username=username).exists():
        raise StaffAccountError(f"账号 {username} 已经有了，请换一个")
    try:
        read = read_name(name)
    except BadValueError as error:
        raise StaffAccountError(f"姓名：{error}") from None
    longest = User._meta.get_field("name").max_length or 0
    if not read or len(read) > longest:
        raise StaffAccountError(f"请填姓名，最长{longest}个字")
    number = certificates.read(certno).number
    return User.objects.create_user(username, name=read, certno=number, is_active=False)


def _account(subject: str) -> User:
    """Return the account, locked: what was approved is what is there when it happens."""
    pk = int(subject.removeprefix(_PREFIX))
    user = User.objects.select_for_update(of=("self",)).filter(pk__in=staff_accounts().values("pk"), pk=pk).first()
    if user is None:
        raise ApprovalError("没有这个工作人员账号，请核对")
    return user


def _refuse_unknown_office(role: str, office: str) -> None:
    is_office = Office.objects.filter(code=office).exists()
    if not is_office and (office != HEADQUARTERS or role == Role.CLERK):
        raise ApprovalError(
            f"没有网点 {office or '（没有填）'}，请核对网点代码。不在窗口的写 {HEADQUARTERS}，经办岗不能写"
        )


def _change(subject: str, asked: Mapping[str, Any], on: date) -> Content:
    user = _account(subject)
    role, office, active = asked["role"], asked["office"], asked["active"]
    was = asked_of(user)
    if was == {"role": role, "office": office, "active": active}:
        raise ApprovalError(f"账号 {user.username} 已经是这样，没有变化")
    if user.is_superuser and (role, office) != (user.role, user.office):
        raise ApprovalError("管理员不办业务，没有岗位和网点")
    if not user.is_superuser:
        if role not in Role.values:
            raise ApprovalError("请选岗位")
        if active:
            _refuse_unknown_office(role, office)
    if active and not user.certno:
        raise ApprovalError(
            f"账号 {user.username} 没有登记本人的证件号码，请先运行 manage.py staff_certno {user.username}"
        )
    return {
        "user": user.pk,
        "username": user.username,
        "was": was,
        "role": role,
        "office": office,
        "active": active,
        "others": _others_of_the_same_person(user),
    }


def _others_of_the_same_person(user: User) -> list[str]:
    if not user.certno:
        return []
    person = person_of_staff(user)
    numbers = numbers_of(person) if person else [str(user.certno)]
    found = [index for number in numbers for index in indexes(number, context_of(User, "certno"))]
    same = User.objects.filter(certno_index__in=found)
    return list(same.exclude(pk=user.pk).order_by("username").values_list("username", flat=True))


def _describe_change(content: Mapping[str, Any]) -> list[tuple[str, str]]:
    others = "、".join(content["others"])
    return [
        ("账号", _named(content)),
        ("原来", _in_words(content["was"])),
        ("以后", _in_words(content)),
        ("同一个人的其他账号", others or "没有"),
        ("已登录的", "通过后马上在各处退出"),
    ]


def _named(content: Mapping[str, Any]) -> str:
    return f"{content['username']}（工作人员 {content['user']}，姓名见“用户”）"


def _in_words(state: Mapping[str, Any]) -> str:
    role = Role(state["role"]).label if state["role"] else "没有岗位"
    office = Office.objects.filter(code=state["office"]).values_list("name", flat=True).first() or state["office"]
    return f"{role}，{office or '没有网点'}，{'可以登录' if state['active'] else '不能登录'}"


def _carry_out_change(act: Act, approval: Approval) -> str:
    content, user = approval.content, _account(approval.subject)
    user.role, user.office, user.is_active = content["role"], content["office"], content["active"]
    user.save(update_fields=["role", "office", "is_active"])
    end_sessions(user)
    detail = {"user": user.pk, "was": content["was"], "now": asked_of(user)}
    audit.record(act=act, verb="staff.changed", detail=detail)
    return f"账号 {user.username}：{_in_words(content)}" + _what_next(user)


def _what_next(user: User) -> str:
    """Return what a member of staff needs besides before they can sign in."""
    if not user.is_active or (user.has_usable_password() and Authenticator.objects.filter(user=user).exists()):
        return ""
    return "。登录要设置码：在后台“用户”里给，或运行 manage.py second_factor code " + user.username


def _factors(subject: str, asked: Mapping[str, Any], on: date) -> Content:
    user = _account(subject)
    factors = list(Authenticator.objects.filter(user=user).order_by("pk").values_list("pk", flat=True))
    if not factors:
        raise ApprovalError(f"账号 {user.username} 没有设置过动态码或通行密钥，不用重设，给设置码就行")
    return {"user": user.pk, "username": user.username, "factors": factors}


def _take_factors(act: Act, approval: Approval) -> str:
    user = _account(approval.subject)
    Authenticator.objects.filter(user=user).delete()
    end_sessions(user)
    audit.record(act=act, verb="second_factor.reset", detail={"user": user.pk})
    return f"账号 {user.username} 的动态码和通行密钥已取消，已在各处退出" + _what_next(user)


def _password(subject: str, asked: Mapping[str, Any], on: date) -> Content:
    user = _account(subject)
    if not user.has_usable_password():
        raise ApprovalError(f"账号 {user.username} 现在没有密码，不用重设，给设置码就行")
    last = user.last_login.isoformat() if user.last_login else ""  # whoever signs in meanwhile has not forgotten it
    return {"user": user.pk, "username": user.username, "last_login": last}


def _take_password(act: Act, approval: Approval) -> str:
    user = _account(approval.subject)
    user.set_unusable_password()
    user.save(update_fields=["password"])
    end_sessions(user)
    audit.record(act=act, verb="staff.password_reset", detail={"user": user.pk})
    return f"账号 {user.username} 的密码已取消，已在各处退出" + _what_next(user)


def _concerns(content: Mapping[str, Any]) -> list[int]:
    return [content["user"]]


register(
    Kind(
        code=ACCOUNT,
        title="工作人员账号",
        maker_roles=(ADMINISTRATOR,),
        checker_roles=CHECKERS,
        content=_change,
        describe=_describe_change,
        execute=_carry_out_change,
        concerns=_concerns,
    )
)
register(
    Kind(
        code=SECOND_FACTOR,
        title="取消丢了的动态码",
        maker_roles=(ADMINISTRATOR,),
        checker_roles=CHECKERS,
        content=_factors,
        describe=lambda content: [
            ("账号", _named(content)),
            ("取消", f"动态码和通行密钥，共{len(content['factors'])}个。重新设置要当面给的设置码"),
        ],
        execute=_take_factors,
        concerns=_concerns,
    )
)
register(
    Kind(
        code=PASSWORD,
        title="取消忘了的密码",
        maker_roles=(ADMINISTRATOR,),
        checker_roles=CHECKERS,
        content=_password,
        describe=lambda content: [("账号", _named(content)), ("取消", "密码。本人凭当面给的设置码自己另设一个")],
        execute=_take_password,
        concerns=_concerns,
    )
)
