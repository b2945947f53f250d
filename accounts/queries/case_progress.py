"""What is done for somebody at counters, on their own 办事进度."""

from collections.abc import Iterator
from datetime import date

from accounts.codes import CaseState
from accounts.models import Case, Office, Person
from accounts.queries import page_hooks

# How far a case is, as the person reads it: stage, colour, what comes next.
_STAGES = {
    CaseState.OPEN: ("窗口在办", "pend", "窗口正在办理。"),
    CaseState.PARKED: ("等您补材料", "warn", "带上一次告知单写明的材料，到本统筹区任一窗口，报上面的编号就能接着办。"),
    CaseState.WAITING: ("等复核", "pend", "窗口已提交，第二位工作人员核对后办结。"),
    CaseState.RETURNED: ("经办在补正", "pend", "复核后退回窗口补正，要您配合时窗口会联系您。"),
    CaseState.DONE: ("已办结", "ok", ""),
    CaseState.UNDONE: ("已撤销", "", "这件业务已在窗口撤销。"),
    CaseState.DROPPED: ("已取消", "", "这件业务没有办，已取消。"),
}


@page_hooks.case_source
def counter_cases(person: Person, today: date) -> Iterator[page_hooks.Progress]:
    """Yield what is done for a person at counters, wherever it is now (two queries)."""
    cases = list(Case.objects.filter(subject=person))
    names = dict(Office.objects.filter(code__in={case.office for case in cases}).values_list("code", "name"))
    for case in cases:
        stage, tone, next_step = _STAGES[CaseState(case.state)]
        is_parked = case.state == CaseState.PARKED
        yield page_hooks.Progress(
            number=case.number,
            name=f"窗口办理：{case.get_kind_display()}",
            stage=stage,
            tone=tone,
            at=case.done_at or case.opened_at,
            next_step=next_step or case.said,
            holder="" if case.done_at else names.get(case.office, ""),
            by_on=case.parked_until if is_parked else None,
            needs_you=is_parked and (case.parked_until or today) >= today,
        )
