"""上线日 (go-live): the day before which nothing of a region is credited here. Setting it takes two people."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from django.db import transaction

from accounts.codes import JobKind, Role
from accounts.errors import AccountsError
from accounts.identity import audit
from accounts.identity.actors import Act
from accounts.jobs import rollover
from accounts.jobs.going_live import first_month_run
from accounts.jobs.runs import excluding_imports
from accounts.models import Approval, OpeningBalance, Region, Run
from accounts.operations.approval_kinds import Content, Kind, register
from accounts.operations.approvals import ApprovalError
from yibao.lib.months import Month
from yibao.lib.periods import Period

GO_LIVE = "region.go_live"
_PREFIX = "region:"


class GoLiveError(AccountsError):
    """The day of going live cannot be set like this; the message says why."""


def subject_of(region: str) -> str:
    """Return what an approval calls the region."""
    return f"{_PREFIX}{region}"


def live_after(as_of: date) -> date:
    """Return the day of going live after balances of a day: that day if it begins a month, else the next month's first.

    Balances of the first of a month are those the month begins with; of any other day, those that the day ends with.
    """
    return as_of if as_of.day == 1 else Month.of(as_of).next_first


def first_credited(region: str) -> Month | None:
    """Return the first month that was credited here; None before any."""
    months = {month} if (month := first_month_run(region)) else set()
    live = Region.objects.values_list("live_on", flat=True).get(code=region)
    for period in Run.objects.filter(kind=JobKind.ACCRUAL, region=region).values_list("period", flat=True):
        if Period.parse(period).is_year:
            begins, _ = rollover.year_range(region, Period.parse(period).year)
            months.add(Month.of(max(begins, live or begins)))
    return min(months, default=None)


def set_live_on(*, act: Act, region: str, on: date) -> None:
    """Set the day of going live, in the caller's transaction; the day that is set already changes nothing.

    Raises GoLiveError when a month was credited here already and another one would become the first, or when opening
    balances of another day have come in.
    """
    with excluding_imports(region):
        row = _checked(region, on)
        if row.live_on == on:
            return
        was, row.live_on = row.live_on, on
        row.save(update_fields=["live_on"])
        detail = {"region": region, "live_on": on.isoformat(), "was": was.isoformat() if was else None}
        audit.record(act=act, verb="region.live_on", detail=detail)


def _checked(region: str, on: date) -> Region:
    """Return the region, locked, where the day may be set. Raises GoLiveError."""
    row = Region.objects.select_for_update().filter(code=region).first()
    if row is None:
        raise GoLiveError(f"没有统筹区 {region}，请核对代码，或先用 load_policies 载入")
    first = first_credited(region)
    if first is not None and Month.of(on) != first:
        raise GoLiveError(f"{row.name}从 {first} 起已在这里划入，上线日不能改到 {Month.of(on)}")
    opened = OpeningBalance.objects.filter(region=region).order_by("as_of").values_list("as_of", flat=True).first()
    if opened is not None and Month.of(live_after(opened)) != Month.of(on):
        raise GoLiveError(f"{row.name}已导入截至 {opened} 的期初余额，上线日应在 {Month.of(live_after(opened))}")
    return row


def _content(subject: str, asked: Mapping[str, Any], on: date) -> Content:
    day = date.fromisoformat(asked["live_on"])
    try:
        row = _checked(subject.removeprefix(_PREFIX), day)
    except GoLiveError as error:
        raise ApprovalError(error.message) from None
    first = first_credited(row.code)
    return {
        "region": row.code,
        "live_on": day.isoformat(),
        "was": row.live_on.isoformat() if row.live_on else None,
        "first_credited": str(first) if first else None,
    }


def _describe(content: Mapping[str, Any]) -> list[tuple[str, str]]:
    month = Month.of(date.fromisoformat(content["live_on"]))
    return [
        ("上线日", f"{Region.objects.get(pk=content['region']).name} {content['live_on']}"),
        ("从这个月起在这里划入", f"{month}；更早的月份由原系统划入，这里不再划入"),
        ("原来的上线日", content["was"] or "没有设过"),
        ("已在这里划入", f"从 {content['first_credited']} 起" if content["first_credited"] else "还没有划入过"),
    ]


@transaction.atomic
def _execute(act: Act, approval: Approval) -> str:
    day = date.fromisoformat(approval.content["live_on"])
    set_live_on(act=act, region=approval.content["region"], on=day)
    return f"上线日已设为 {day}：{Month.of(day)} 起在这里划入"


register(
    Kind(
        code=GO_LIVE,
        title="设上线日",
        maker_roles=(Role.POLICY,),
        checker_roles=(Role.APPROVER,),
        content=_content,
        describe=_describe,
        execute=_execute,
    )
)
