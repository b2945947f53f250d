"""冻结 and 解除冻结 at a counter: by a court's or the police's paper, or because the person asks for it."""

from collections.abc import Callable
from datetime import date
from functools import partial

from accounts.codes import CaseKind, LifeEventKind, ProofKind
from accounts.identity.actors import Act
from accounts.models import Case, LifeEvent
from accounts.operations.cases import proofs
from accounts.operations.cases.access import CaseError
from accounts.operations.cases.handlers import Assessment, CaseHandler, Outcome, Words, register
from accounts.operations.life_events.freezing import freeze, release
from yibao.lib.days import day_words

PROOFS = (ProofKind.COURT, ProofKind.POLICE, ProofKind.APPLICATION, ProofKind.RESOLUTION)
# Who is at the window for it (Case.asked["came"]).
OTHERS = "others"
CAME = {"subject": "本人", OTHERS: "别人（办案人员、家属等）", "nobody": "没有人来，凭文书办"}
Switch = Callable[..., LifeEvent]
_SWITCHES = (LifeEventKind.FREEZE, LifeEventKind.RELEASE)
_FROZEN: Words = [
    ("账户", "不能付钱，不能给家人用，也不能转走；每月照常记入和退回"),
    ("以前用掉的", "不受影响"),
]
_RELEASED: Words = [("账户", "和以前一样可以使用")]


def _assess(switch: Switch, follows: Words, act: Act, case: Case) -> Assessment:
    papers = (proofs.needed(case, PROOFS),)
    if not case.asked.get("on") or not case.asked.get("reason"):
        return Assessment(stops=("请填从哪天起和原因",), papers=papers)
    if why := proofs.refusal(lambda: _do(switch, act, case)):
        return Assessment(stops=(why,), papers=papers)
    proof = proofs.proof_of(case, PROOFS)
    return Assessment(
        content={"person": case.subject_id, "region": case.region, "on": case.asked["on"], "proof": proof},
        words=[
            ("从哪天起", day_words(date.fromisoformat(case.asked["on"]))),
            *follows,
            ("原因", case.asked["reason"]),
            ("凭据", proof.label),
        ],
        papers=papers,
    )


def _do(switch: Switch, act: Act, case: Case) -> LifeEvent:
    return switch(
        act=act,
        person=case.subject,
        region=case.region,
        on=date.fromisoformat(case.asked["on"]),
        paper=proofs.paper_of(case, PROOFS),
        reason=case.asked["reason"],
    )


def _execute(switch: Switch, act: Act, case: Case) -> Outcome:
    event = _do(switch, act, case)
    return Outcome(f"{event.get_kind_display()}已登记，从{day_words(event.on)}起", {"event": event.pk})


def _undo(back: Switch, act: Act, case: Case) -> str:
    """Switch it back from the day it holds, or from today where that is past: what happened meanwhile stays.

    Raises CaseError where the account was frozen or released again since: that stands by a paper of its own.
    """
    done = LifeEvent.objects.get(pk=case.record["event"])
    event = back(
        act=act,
        person=case.subject,
        region=case.region,
        on=max(done.on, act.on),
        paper=proofs.paper_of(case, PROOFS),
        reason=f"撤销窗口业务 {case.number}",
    )
    # Asked after switching, which locks the account: nobody else freezes or releases it meanwhile.
    switches = LifeEvent.objects.filter(person=done.person, region=done.region, kind__in=_SWITCHES, pk__gt=done.pk)
    if switches.exclude(pk=event.pk).exists():
        raise CaseError("这件以后又登记过冻结或解除冻结，不能撤销：请按现在的情况另办一件")
    return f"{done.get_kind_display()}已撤销，从{day_words(event.on)}起"


for kind, switch, opposite, back, follows in (
    (CaseKind.FREEZE, freeze, CaseKind.RELEASE, release, _FROZEN),
    (CaseKind.RELEASE, release, CaseKind.FREEZE, freeze, _RELEASED),
):
    register(
        CaseHandler(
            kind=kind,
            assess=partial(_assess, switch, follows),
            execute=partial(_execute, switch),
            undo=partial(_undo, back),
            opposite=opposite,
            takes_agent=False,
            subject_comes=False,
            asks_who_came=lambda case, on: case.asked.get("came", OTHERS) == OTHERS,
            tells=proofs.who_came,
        )
    )
