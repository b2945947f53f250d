"""What is done for somebody at counters, on their own 办事进度."""

from collections.abc import Iterator
from datetime import date

from accounts.codes import CaseState
from accounts.models import Case, Office, Person
from accounts.queries import page_hooks
from accounts.queries.cases import result_by
from accounts.queries.offices import responsible_office
from accounts.queries.trace import records_of
from yibao.lib.clock import SHANGHAI
from yibao.lib.days import day_words

# How far a case is, as the person reads it: stage, colour, what comes next.
_STAGES = {
    CaseState.OPEN: ("窗口在办", "pend", "窗口正在办理。"),
    CaseState.PARKED: ("等您补材料", "warn", "带上一次告知单写明的材料，到{where}，报上面的编号就能接着办。"),
    CaseState.WAITING: ("等复核", "pend", "窗口已提交，第二位工作人员核对后办结。"),
    CaseState.RETURNED: ("经办在补正", "pend", "复核退回窗口补正。想知道缺什么，{call}。"),
    CaseState.DONE: ("已办结", "ok", "{said}"),
    CaseState.UNDONE: ("已撤销", "", "这件业务{day}在窗口撤销了。不清楚原因的，{call}。"),
    CaseState.DROPPED: ("已取消", "", "这件业务没有办，{day}取消了。不清楚原因的，{call}。"),
}


@page_hooks.progress_source
def counter_cases(person: Person, today: date) -> Iterator[page_hooks.Progress]:
    """Yield what is done for a person at counters, wherever it is now (three queries, and two where one is parked)."""
    cases = list(Case.objects.filter(subject__in=records_of(person)))
    offices = {office.code: office for office in Office.objects.filter(code__in={case.office for case in cases})}
    parked = {(case.kind, case.region) for case in cases if case.state == CaseState.PARKED}
    responsible = {(kind, region): responsible_office(kind, person, region, today) for kind, region in parked}
    for case in cases:
        stage, tone, next_step = _STAGES[CaseState(case.state)]
        is_parked = case.state == CaseState.PARKED
        office = offices.get(case.office)
        yield page_hooks.Progress(
            number=case.number,
            name=f"窗口办理：{case.get_kind_display()}",
            stage=stage,
            tone=tone,
            at=case.closed_at or case.done_at or case.opened_at,
            next_step=next_step.format(
                where=_where(responsible.get((case.kind, case.region))),
                call=f"打窗口电话 {office.phone} 报编号" if office else "打窗口电话报编号",
                day=day_words(case.closed_at.astimezone(SHANGHAI).date()) if case.closed_at else "",
                said=case.said,
            ),
            holder=office.name if office and not (case.done_at or case.closed_at) else "",
            by_on=case.parked_until if is_parked else result_by(case) if case.state == CaseState.WAITING else None,
            needs_you=is_parked and (case.parked_until or today) >= today,
        )


def _where(office: Office | None) -> str:
    """Return where a parked case can be finished: the responsible office, or any of the region."""
    return f"{office.name}（{office.address}，{office.phone}）" if office else "本统筹区任一窗口"
