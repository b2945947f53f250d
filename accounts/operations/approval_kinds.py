"""What there is that takes two people. Each kind registers itself when its app starts (AppConfig.ready imports it)."""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from accounts.codes import Role
from accounts.identity.actors import Act
from accounts.models import Approval, User

Content = dict[str, Any]
# Who runs the accounts of the staff: an administrator without a role. For roles as a kind names them; nobody holds it.
ADMINISTRATOR = "administrator"


def _nobody(content: Mapping[str, Any]) -> Iterable[int]:
    return ()


def _no_reason(user: User, content: Mapping[str, Any]) -> str:
    return ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """一种要双人复核的事项。

    `content(subject, asked, on)` says from the database as it is now what would be done and the state it relies on: plain
    JSON, people by their ids only. It runs in a transaction and locks what it reads, so that nothing moves between the
    last look and `execute`; it raises ApprovalError where the thing cannot be done any more, which makes what waits void.
    Days count from `on`.
    `describe(content)` puts all of it into words: (label, value) in Chinese, first what it is about. They are kept, so
    that years later it still reads as it was approved.
    `execute(act, approval)` does it in the caller's transaction, with the checker as actor, and returns a sentence that
    says what happened. It raises an AccountsError where it is refused; then nothing has happened, and it waits on.
    `authors(content)` are the ids of the users whose work it is besides the maker's: none of them may check it.
    `why_not(user, content)` is why somebody may neither submit nor check it (their own family, another region); "" is fine.
    `concerns(content)` are the ids of the users whose own affair it is: none of them may submit or check it.
    """

    code: str
    title: str
    maker_roles: Collection[str]
    checker_roles: Collection[str]
    content: Callable[[str, Mapping[str, Any], date], Content]
    describe: Callable[[Mapping[str, Any]], list[tuple[str, str]]]
    execute: Callable[[Act, Approval], str]
    authors: Callable[[Mapping[str, Any]], Iterable[int]] = _nobody
    why_not: Callable[[User, Mapping[str, Any]], str] = _no_reason
    concerns: Callable[[Mapping[str, Any]], Iterable[int]] = _nobody


_kinds: dict[str, Kind] = {}


def register(kind: Kind) -> Kind:
    """Make a kind known. Registering a code again replaces it."""
    _kinds[kind.code] = kind
    return kind


def kind_of(code: str) -> Kind:
    """Return a registered kind. Raises LookupError."""
    return _kinds[code]


def title_of(code: str) -> str:
    """Return the title of a kind; the code itself for one of long ago that is no longer known."""
    return _kinds[code].title if code in _kinds else code


def titles() -> list[tuple[str, str]]:
    """Return (code, title) of every kind, by code."""
    return [(code, _kinds[code].title) for code in sorted(_kinds)]


def role_of(user: User) -> str:
    """Return the role in which a member of staff submits or checks; an administrator with a role acts in that role."""
    return user.role or (ADMINISTRATOR if user.is_superuser else "")


def roles_in_words(roles: Collection[str]) -> str:
    """Return what people call the roles that a kind names: 复核、审批岗, or 管理员."""
    return "管理员" if ADMINISTRATOR in roles else "、".join(Role(role).label for role in roles) + "岗"
