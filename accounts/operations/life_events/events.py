"""What all life events have in common: the paper, who may record it, and writing it down."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from accounts.codes import LifeEventKind, ProofKind, Role
from accounts.errors import AccountsError
from accounts.identity import audit
from accounts.identity.actors import Act
from accounts.models import Approval, Enrolment, LifeEvent, Person, Region, User
from accounts.operations.approvals import ApprovalError
from accounts.operations.cases.access import why_not_in, why_not_on
from yibao.lib.fen import grouped
from yibao.lib.masking import scrubbed

RECORDERS = (Role.CLERK, Role.REVIEWER)
CHECKERS = (Role.REVIEWER, Role.APPROVER)
REASON_LENGTH, NUMBER_LENGTH = 100, 80
_PEOPLE = ("person", "receiver", "gone", "kept")  # how the contents of approvals name whom they are about


class LifeEventError(AccountsError):
    """It cannot be recorded or done: for this person, on this day, or with this paper. Nothing has happened."""


@dataclass(frozen=True, slots=True)
class Paper:
    """材料：种类和编号。"""

    kind: ProofKind
    number: str

    @classmethod
    def read(cls, kind: str, number: str) -> "Paper":
        """Return a paper from what was typed. Raises LifeEventError."""
        if kind not in ProofKind.values:
            known = "、".join(f"{proof.value}（{proof.label}）" for proof in ProofKind)
            raise LifeEventError(f"没有“{kind}”这种材料，请写：{known}")
        text = number.strip()
        if not text or len(text) > NUMBER_LENGTH:
            raise LifeEventError(f"请写材料的编号，最长{NUMBER_LENGTH}个字")
        if scrubbed(text) != text:
            raise LifeEventError("材料编号里像是有证件号码或手机号，请写材料自己的编号")
        return cls(ProofKind(kind), text)

    @property
    def words(self) -> str:
        return f"{self.kind.label} {self.number}"


def reason_of(text: str) -> str:
    """Return the reason as it is kept. Raises LifeEventError for none, a long one, and one with numbers of people."""
    reason = text.strip()
    if not reason or len(reason) > REASON_LENGTH:
        raise LifeEventError(f"请写明原因，最长{REASON_LENGTH}个字")
    if scrubbed(reason) != reason:
        raise LifeEventError("原因里像是有证件号码或手机号，请改用编号")
    return reason


def require_staff(act: Act, person: Person, region: str = "", roles: Collection[str] = RECORDERS) -> None:
    """Raise LifeEventError unless a member of staff with one of these roles acts, as their account is now.

    Also for one of another region's office (region, or any the person is insured in), and on themselves and their family.
    """
    user = User.objects.filter(pk=act.actor.user_id or 0, is_active=True).first()
    if act.actor.kind != "staff" or user is None or user.role not in roles:
        allowed = "、".join(Role(role).label for role in roles)
        raise LifeEventError(f"这件事由{allowed}岗用自己的账号办理")
    if why := why_not_in(user, _regions(region, [person.pk])) or why_not_on(user, person):
        raise LifeEventError(why)


def why_not(user: User, content: Mapping[str, Any]) -> str:
    """Return why somebody may neither submit nor check this: another region's office, themselves, their family."""
    ids = [content[name] for name in _PEOPLE if name in content]
    regions = _regions(content.get("region", ""), ids)
    return why_not_in(user, regions) or why_not_on(user, *Person.objects.filter(pk__in=ids))


def _regions(region: str, people: Collection[int]) -> set[str]:
    if region:
        return {region}
    return set(Enrolment.objects.filter(person__in=people).values_list("region", flat=True))


def record(
    *,
    act: Act,
    kind: LifeEventKind,
    person: Person,
    on: date,
    paper: Paper,
    reason: str,
    region: str = "",
    detail: Mapping[str, Any] | None = None,
    approval: Approval | None = None,
) -> LifeEvent:
    """Write a life event down, and its audit event, in the caller's transaction."""
    event = LifeEvent.objects.create(
        kind=kind,
        person=person,
        region=region,
        on=on,
        proof=paper.kind,
        document=paper.number,
        reason=reason,
        detail=dict(detail or {}),
        actor=str(act.actor),
        at=act.at,
        approval=approval,
    )
    audit.record(act=act, verb=f"life.{kind}", subject=person, detail={"life_event": event.pk})
    return event


def region_name(code: str) -> str:
    """Return what people call a region. Raises LifeEventError for one that is not kept here."""
    name = Region.objects.filter(pk=code).values_list("name", flat=True).first()
    if name is None:
        raise LifeEventError(f"本系统没有统筹区 {code}，请检查代码")
    return name


def person_of(pk: int) -> Person:
    """Return a person, locked against other life events of theirs until the transaction ends. Raises LifeEventError."""
    found = Person.objects.select_for_update(of=("self",), no_key=True).filter(pk=pk).first()
    if found is None:
        raise LifeEventError(f"没有参保人 {pk}，请检查编号")
    return found


def yuan(fen: int) -> str:
    return f"{grouped(fen)} 元"


def refusing(work: Callable[..., dict[str, Any]]) -> Callable[..., dict[str, Any]]:
    """Let the content of an approval refuse in the words of this room."""

    def content(*arguments: Any) -> dict[str, Any]:
        try:
            return work(*arguments)
        except LifeEventError as error:
            raise ApprovalError(error.message) from None

    return content
