"""双人复核: one member of staff submits, another approves exactly what was submitted, and only then it happens.

What is approved is a digest over all of it: kind, subject, what is asked, what would be done and the state it relies
on, reason and document. When the content, computed anew at the moment of approval, has another digest, nothing happens and
the approval has moved. Maker and checker are two accounts and two people; the database says so too, and there is no
exception for administrators or for the system.
"""

import json
import re
from collections.abc import Callable, Collection, Iterator, Mapping
from itertools import chain
from typing import Any

from cryptography.hazmat.primitives import hashes
from django.db import connection, transaction
from django.db.models import QuerySet

from accounts.codes import ApprovalState
from accounts.errors import AccountsError
from accounts.identity import audit
from accounts.identity.actors import Act
from accounts.identity.staff import StaffIdentityError, identity_of
from accounts.models import Approval, User
from accounts.models.approvals import DOCUMENT_LENGTH
from accounts.operations.approval_kinds import ADMINISTRATOR, Content, Kind, kind_of, role_of, roles_in_words
from accounts.operations.cases.access import is_by_family
from accounts.queries.people import is_same_person
from yibao.lib.masking import scrubbed

_DIGEST = re.compile("[0-9a-f]{64}")

# (act, approval, said): what follows the decision, in its transaction; said is empty unless it was approved.
OnDecided = Callable[[Act, Approval, str], None]
on_decided: list[OnDecided] = []

# (user, approval): why somebody may not check it, by what it was submitted with: a case knows who brought it.
why_not_checked: list[Callable[[User, Approval], str]] = []

# (approval): why it is no longer what was submitted, beyond what its kind computes; "" where it is.
why_moved: list[Callable[[Approval], str]] = []


class ApprovalError(AccountsError):
    """It cannot be submitted or decided, by this person or at all. Nothing has happened."""


class ApprovalMovedError(ApprovalError):
    """What was submitted is no longer what would be done. The approval is void; nothing else has happened."""


def digest_of(approval: Approval, content: Mapping[str, Any]) -> str:
    """Return the SM3 (hex) of an approval with this content, as canonical JSON: sorted keys, no spaces, UTF-8."""
    whole = {
        "kind": approval.kind,
        "subject": approval.subject,
        "asked": approval.asked,
        "content": content,
        "reason": approval.reason,
        "document": approval.document,
    }
    digest = hashes.Hash(hashes.SM3())
    digest.update(json.dumps(whole, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode())
    return digest.finalize().hex()


@transaction.atomic
def submit(
    *,
    act: Act,
    kind: str,
    subject: str,
    reason: str,
    document: str = "",
    asked: Mapping[str, Any] | None = None,
) -> Approval:
    """Propose something that takes two people; it waits for a checker.

    subject is a plain id such as "import:12"; document a document number (文号), or empty; `asked` what the kind wants
    to know besides. One proposal waits per kind and subject: an older one with another content is void from now on.
    Raises ApprovalError for whoever may not propose it, for the same thing twice, and for personal data in the texts.
    """
    how = kind_of(kind)
    maker = _official(act, how.maker_roles, how, "提交")
    identity = _identity(maker)
    with connection.cursor() as cursor:  # two who submit at once: the second finds the first one's
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext(%s))", [f"approval {kind} {subject}"])
    waiting = (
        Approval.objects.select_for_update().filter(kind=kind, subject=subject, state=ApprovalState.WAITING).first()
    )
    approval = Approval(
        kind=kind, subject=subject, asked=dict(asked or {}), reason=reason.strip(), document=document.strip()
    )
    approval.content = how.content(subject, approval.asked, act.on)
    approval.words = how.describe(approval.content)
    _refuse_unfit(approval)
    _refuse_own_affair(maker, how, approval.content, "提交")
    if why := how.why_not(maker, approval.content):
        raise ApprovalError(why)
    if waiting is not None:
        if (waiting.asked, waiting.content) == (approval.asked, approval.content):
            raise ApprovalError(f"同样的内容已经在等复核（双人复核 {waiting.pk}），不用再提交")
        _follow(act, _close(act, waiting, ApprovalState.MOVED, note="内容已变，有人重新提交"))
    for author in _authors(how, approval.content):
        _identity(author)  # whoever worked on it must be known, or their other account could check it
    approval.maker, approval.maker_identity, approval.made_at = maker, identity, act.at
    approval.digest = digest_of(approval, approval.content)
    approval.save()
    _record(act, approval, "approval.submitted")
    return approval


@transaction.atomic
def preview(*, act: Act, kind: str, subject: str, asked: Mapping[str, Any] | None = None) -> list[tuple[str, str]]:
    """Return what would be submitted, in words, without submitting it. Raises ApprovalError where it cannot be done."""
    how = kind_of(kind)
    return how.describe(how.content(subject, dict(asked or {}), act.on))


def approve(*, act: Act, approval_id: int, digest: str) -> str:
    """Let it happen, in one transaction, and return the kind's sentence that says what did.

    digest is that of what the checker was shown. Raises ApprovalMovedError when the content has changed since it was
    submitted (that it is void stays, unless an outer transaction is rolled back), ApprovalError for whoever may not
    check it, for what is decided already, and where the kind refuses.
    """
    with transaction.atomic():
        approval = _waiting(approval_id)
        how = kind_of(approval.kind)
        _lock_accounts(act, how, approval.content)
        checker, identity = _checker(act, how, approval)
        if digest != approval.digest:
            raise ApprovalError("您看到的不是现在这份内容，没有通过。请重新打开这一份，看过再办")
        said, moved = "", _why_moved(act, how, approval)
        approval.checker, approval.checker_identity = checker, identity
        if moved:
            _close(act, approval, ApprovalState.MOVED, note=moved)
        else:
            _close(act, approval, ApprovalState.APPROVED)
            said = how.execute(act, approval)
        _follow(act, approval, said)
    if moved:
        raise ApprovalMovedError(f"{moved}，这一份已失效，没有通过。请提交人核对后重新提交")
    return said


@transaction.atomic
def reject(*, act: Act, approval_id: int, note: str) -> Approval:
    """Send it back with a note that says why. Raises ApprovalError as `approve` does, and without a note."""
    approval = _waiting(approval_id)
    approval.checker, approval.checker_identity = _checker(act, kind_of(approval.kind), approval)
    if not note.strip():
        raise ApprovalError("请写明退回的原因，提交人要看")
    _refuse_personal_data("退回的原因", note)
    return _follow(act, _close(act, approval, ApprovalState.REJECTED, note=note.strip()))


@transaction.atomic
def withdraw(*, act: Act, approval_id: int) -> Approval:
    """Take back what oneself submitted. Raises ApprovalError for anybody else, and once it is decided."""
    approval = _waiting(approval_id)
    if act.actor.kind != "staff" or act.actor.user_id != approval.maker_id:
        raise ApprovalError("只有提交人自己能撤回；复核人请用退回")
    return _follow(act, _close(act, approval, ApprovalState.WITHDRAWN))


def why_not(*, act: Act, approval: Approval) -> str:
    """Return why this person may not check it, in words; nothing where they may."""
    try:
        _checker(act, kind_of(approval.kind), approval)
    except ApprovalError as error:
        return error.message
    return ""


def _waiting(approval_id: int) -> Approval:
    """Lock a proposal that is not decided yet: of two checkers at once, the second finds it decided."""
    approval = Approval.objects.select_for_update(of=("self",)).select_related("maker").filter(pk=approval_id).first()
    if approval is None:
        raise ApprovalError(f"没有双人复核 {approval_id}，请检查编号")
    if approval.state != ApprovalState.WAITING:
        raise ApprovalError(f"双人复核 {approval_id} {ApprovalState(approval.state).label}，不能再办")
    return approval


def _lock_accounts(act: Act, how: Kind, content: Content) -> None:
    """Lock the checker's account, and those that it is about, by id: no role is taken away until it has happened."""
    ids = {act.actor.user_id or 0, *how.concerns(content)}
    list(User.objects.select_for_update(of=("self",), no_key=True).filter(pk__in=ids).order_by("pk"))


def _why_moved(act: Act, how: Kind, approval: Approval) -> str:
    try:
        content = how.content(approval.subject, approval.asked, act.on)
    except ApprovalError as error:
        return error.message
    if digest_of(approval, content) != approval.digest:
        return "提交以后内容或所依据的情况变了"
    return next((why for ask in why_moved if (why := ask(approval))), "")


def _official(act: Act, roles: Collection[str], how: Kind, verb: str) -> User:
    """Return the member of staff who acts, by their account as it is now. Raises ApprovalError for other roles."""
    user = User.objects.filter(pk=act.actor.user_id or 0, is_active=True).first()
    if user is None or act.actor.kind != "staff":
        raise ApprovalError(f"“{how.title}”要由工作人员用自己的账号{verb}")
    if role_of(user) not in roles:
        exception = "" if ADMINISTRATOR in roles else "，管理员也不例外"
        raise ApprovalError(f"“{how.title}”由{roles_in_words(roles)}{verb}，账号 {user.username} 不是{exception}")
    return user


def _checker(act: Act, how: Kind, approval: Approval) -> tuple[User, bytes]:
    """Return who checks, and who that is under the key of the maker's index. Raises ApprovalError."""
    user = _official(act, how.checker_roles, how, "复核")
    identity = _identity(user, approval)
    if is_same_person(user, approval.maker) or identity == bytes(approval.maker_identity):
        raise ApprovalError("自己提交的不能自己复核，换一个账号也不行。请另一位同事办理")
    authors = _authors(how, approval.content)
    if any(is_same_person(user, author) for author in authors):
        raise ApprovalError("您参与编写了这份内容，不能由您复核。请另一位同事办理")
    if is_by_family(user, [approval.maker, *authors]):
        raise ApprovalError("这是您的家人提交或经办的，不能由您复核。请另一位同事办理")
    for why in (how.why_not(user, approval.content), *(ask(user, approval) for ask in why_not_checked)):
        if why:
            raise ApprovalError(why)
    _refuse_own_affair(user, how, approval.content, "复核")
    return user, identity


def _refuse_own_affair(user: User, how: Kind, content: Content, verb: str) -> None:
    for other in User.objects.filter(pk__in=list(how.concerns(content))):
        if is_same_person(user, other):
            raise ApprovalError(f"这是您自己的事（账号 {other.username}），不能由您{verb}。请另一位同事办理")
        if is_by_family(user, [other]):
            raise ApprovalError(f"这是您家人的事（账号 {other.username}），不能由您{verb}。请另一位同事办理")


def _authors(how: Kind, content: Content) -> QuerySet[User]:
    return User.objects.filter(pk__in=list(how.authors(content)))


def _identity(user: User, approval: Approval | None = None) -> bytes:
    try:
        return identity_of(user, bytes(approval.maker_identity) if approval else None)
    except StaffIdentityError as error:
        raise ApprovalError(error.message) from None


def _close(act: Act, approval: Approval, state: ApprovalState, note: str = "") -> Approval:
    approval.state, approval.decided_at, approval.note = state, act.at, note
    approval.save(update_fields=["state", "checker", "checker_identity", "decided_at", "note"])
    _record(act, approval, f"approval.{state}")
    return approval


def _follow(act: Act, approval: Approval, said: str = "") -> Approval:
    for follow in on_decided:
        follow(act, approval, said)
    return approval


def _record(act: Act, approval: Approval, verb: str) -> None:
    detail = {"approval": approval.pk, "kind": approval.kind, "subject": approval.subject}
    audit.record(act=act, verb=verb, detail=detail)


def _refuse_unfit(approval: Approval) -> None:
    if not approval.reason:
        raise ApprovalError("请写明理由，复核人要看")
    if len(approval.document) > DOCUMENT_LENGTH:
        raise ApprovalError(f"文号最长{DOCUMENT_LENGTH}个字")
    _refuse_personal_data("对象", approval.subject)
    _refuse_personal_data("理由", approval.reason)
    _refuse_personal_data("文号", approval.document)
    for text in _texts([approval.asked, approval.content, approval.words]):
        _refuse_personal_data("内容", text)


def _refuse_personal_data(where: str, text: str) -> None:
    # Eleven digits of a digest may look like a telephone number.
    if not _DIGEST.fullmatch(text) and scrubbed(text) != text:
        raise ApprovalError(f"{where}里像是有证件号码或手机号，请改用编号")


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        yield from chain.from_iterable(map(_texts, value.values()))
    elif isinstance(value, list | tuple):
        yield from chain.from_iterable(map(_texts, value))
