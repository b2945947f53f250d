"""死亡登记 at a counter: reported by whoever comes; everything ends at once. And its correction, which two people sign."""

from datetime import date

from accounts.codes import CaseKind, ProofKind
from accounts.identity.actors import Act
from accounts.models import Case
from accounts.operations.cases import proofs
from accounts.operations.cases.handlers import Assessment, CaseHandler, Outcome, Signed, register
from accounts.operations.life_events import alive, death
from accounts.operations.life_events.vouchers import subject_of
from yibao.lib.days import day_words

PROOFS = (ProofKind.DEATH_CERTIFICATE, ProofKind.CANCELLED_HOUSEHOLD)
ALIVE_PROOFS = (ProofKind.POLICE, ProofKind.RESOLUTION)


def _assess(act: Act, case: Case) -> Assessment:
    papers = (proofs.needed(case, PROOFS),)
    if not case.asked.get("on"):
        return Assessment(stops=("请填死亡日期",), papers=papers)
    if why := proofs.refusal(lambda: _report(act, case)):
        return Assessment(stops=(why,), papers=papers)
    proof = proofs.proof_of(case, PROOFS)
    return Assessment(
        content={"person": case.subject_id, "on": case.asked["on"], "proof": proof},
        words=[
            ("死亡日期", day_words(_day(case))),
            ("参保", "所有参保关系到这一天为止"),
            ("账户和共济", "本人和家人马上不能再用，家庭共济全部结束"),
            ("多记的钱", "已经记到以后月份的，同时收回"),
            ("余额", "由继承人办「个人账户继承」"),
            ("凭据", proof.label),
        ],
        notes=("请核对证明上的姓名、证件号码和日期：登记错了要两个人才能更正",),
        papers=papers,
    )


def _day(case: Case) -> date:
    return date.fromisoformat(case.asked["on"])


def _report(act: Act, case: Case) -> int:
    paper = proofs.paper_of(case, PROOFS)
    reason = f"窗口业务 {case.number}"
    return death.report_death(act=act, person=case.subject, on=_day(case), paper=paper, reason=reason).pk


def _execute(act: Act, case: Case) -> Outcome:
    return Outcome(
        "死亡已登记，参保、用账户和家庭共济都已停止。余额请继承人办「个人账户继承」", {"event": _report(act, case)}
    )


register(
    CaseHandler(
        kind=CaseKind.DEATH,
        assess=_assess,
        execute=_execute,
        instead="登记错了的，办「死亡登记有误」，由复核人员核对",
        always_reviewed=True,  # it stops more than a freeze does, and is not undone
        takes_agent=False,
        subject_comes=False,
        asks_who_came=lambda case, on: True,
        tells=proofs.who_came,
    )
)


def _alive(case: Case) -> Signed:
    paper = proofs.paper_of(case, ALIVE_PROOFS)
    return Signed(
        kind=alive.ALIVE,
        subject=subject_of(case.subject_id),
        reason=f"窗口业务 {case.number}：{case.get_kind_display()}",
        document=paper.number,
        asked={"proof": paper.kind, "document": paper.number},
    )


def _assess_alive(act: Act, case: Case) -> Assessment:
    return proofs.rehearsed(act, case, _alive, (proofs.needed(case, ALIVE_PROOFS),), [("死亡登记有误", "本人在世")])


register(
    CaseHandler(
        kind=CaseKind.ALIVE,
        assess=_assess_alive,
        signed=_alive,
        instead="人确已去世的，凭证明再办「死亡登记」",
        takes_agent=False,
    )
)
