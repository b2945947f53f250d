"""继续年度结算: two people say that months without a payment really were not paid for, and the settlement goes on."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from accounts.codes import Role
from accounts.identity.actors import Act
from accounts.jobs.yearly.unpaid import APPROVAL, credited_months, subject_of
from accounts.models import Approval, Region
from accounts.operations.approval_kinds import Content, Kind, register
from yibao.lib.periods import Period


def _parts(subject: str) -> tuple[str, Period]:
    _, region, period = subject.split(":")
    return region, Period.parse(period)


def _content(subject: str, asked: Mapping[str, Any], on: date) -> Content:
    region, period = _parts(subject)
    credited = credited_months(region, period)
    return {"region": region, "period": str(period), "months": credited.months, "unpaid": credited.unpaid}


def _describe(content: Mapping[str, Any]) -> list[tuple[str, str]]:
    name = Region.objects.values_list("name", flat=True).get(pk=content["region"])
    return [
        ("年度结算", f"{name} {content['period']}年度"),
        ("已划入", f"{content['months']}个月"),
        ("其中没有缴费记录", f"{content['unpaid']}个月，结算时从账户追回"),
    ]


def _execute(act: Act, approval: Approval) -> str:
    return "可以继续结算，下一次到期任务会接着办"


register(
    Kind(
        code=APPROVAL,
        title="缴费不全，继续年度结算",
        maker_roles=(Role.REVIEWER, Role.POLICY, Role.APPROVER),
        checker_roles=(Role.REVIEWER, Role.APPROVER),
        content=_content,
        describe=_describe,
        execute=_execute,
    )
)

__all__ = ["APPROVAL", "subject_of"]
