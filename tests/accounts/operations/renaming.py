"""Something small that takes two people, for tests of how two people do anything: a region gets another name."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from accounts.codes import Role
from accounts.identity.access import actor_of
from accounts.identity.actors import Act
from accounts.models import Approval, Region, User
from accounts.operations import approvals
from accounts.operations.approval_kinds import Kind
from accounts.operations.approvals import ApprovalError
from tests.factories.people import certno
from tests.factories.users import official
from yibao.lib import clock

AT = datetime(2026, 3, 10, 9, 0, tzinfo=clock.SHANGHAI)
CODE, SUBJECT = "test.rename", "region:330900"


def content(subject: str, asked: Mapping[str, Any], on: date) -> dict[str, Any]:
    region = Region.objects.select_for_update().filter(pk=subject.removeprefix("region:")).first()
    if region is None:
        raise ApprovalError("没有这个统筹区")
    return {"region": region.pk, "now": region.name, "then": asked["name"], "authors": asked.get("authors", [])}


def rename(act: Act, approval: Approval) -> str:
    if approval.content["then"] == "不行":
        raise ApprovalError("这个名称不行")
    Region.objects.filter(pk=approval.content["region"]).update(name=approval.content["then"])
    return f"已改名为{approval.content['then']}"


RENAME = Kind(
    code=CODE,
    title="统筹区改名",
    maker_roles=(Role.POLICY,),
    checker_roles=(Role.REVIEWER, Role.APPROVER),
    content=content,
    describe=lambda content: [("现在的名称", content["now"]), ("改成", content["then"])],
    execute=rename,
    authors=lambda content: content["authors"],
)


def staff(role: str, username: str, person: int) -> User:
    """Return an account of the member of staff with this number; two accounts may be one person's."""
    return official(role, username, certno=certno(900_000 + person))


def by(user: User, at: datetime = AT) -> Act:
    return Act(actor_of(user), at)


def proposed(maker: User, name: str = "新名市", **options: Any) -> Approval:
    asked = {"name": name} | options.pop("asked", {})
    return approvals.submit(act=by(maker), kind=CODE, subject=SUBJECT, asked=asked, reason="上级批复", **options)


def name_now() -> str:
    return Region.objects.get(pk="330900").name
