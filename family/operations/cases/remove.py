"""解除家庭共济: either side ends it, for a reason that decides which of their bonds end and what has to be seen."""

from dataclasses import dataclass

from accounts.codes import CaseKind
from accounts.identity.actors import Act
from accounts.models import Case
from accounts.operations.cases.handlers import Assessment, CaseHandler, NeededPaper, Outcome, register
from accounts.operations.cases.identity_papers import who_comes
from family.codes import EndReason, RemovalReason
from family.models import Bond
from family.operations import counter, ending
from family.operations.cases.reasons import sentences
from family.queries.bonds import active_bond

_NO_LONGER_KIN = NeededPaper("no_longer_kin", "离婚证、解除收养关系的证明或法院文书", "任一即可", "民政部门或法院")
_DEATH = NeededPaper("death", "死亡证明", "医院、派出所或殡葬部门出具的都可以", "医院、派出所")

_ONLINE = "能：不再让家人用、不再用家人的钱，登录后在家庭共济里办；离婚、去世等要看证明的，到窗口办"


@dataclass(frozen=True, slots=True)
class _Removal:
    """What a reason ends: bonds that the subject gives, those they receive, and as what each is written down."""

    given: EndReason | None
    received: EndReason | None
    paper: NeededPaper | None = None


_REMOVALS = {
    RemovalReason.NO_LONGER_GIVEN: _Removal(EndReason.REMOVED, None),
    RemovalReason.NO_LONGER_USED: _Removal(None, EndReason.LEFT),
    RemovalReason.NO_LONGER_KIN: _Removal(EndReason.NO_LONGER_KIN, EndReason.NO_LONGER_KIN, _NO_LONGER_KIN),
    RemovalReason.OTHER_DIED: _Removal(EndReason.USER_DIED, EndReason.PAYER_DIED, _DEATH),
    RemovalReason.MOVING: _Removal(EndReason.MOVING, None),
}


def _assess(act: Act, case: Case) -> Assessment:
    needed = who_comes(case)
    reason = case.asked.get("reason")
    if case.other is None or not reason:
        stops = ("还没有选解除的原因",) if case.other and not reason else ()
        return Assessment(stops=stops, papers=needed)
    removal = _REMOVALS[RemovalReason(reason)]
    needed = (*needed, removal.paper) if removal.paper else needed
    ends = _ends(case, removal)
    if not ends:
        return Assessment(stops=("两人之间没有这个原因可以解除的共济关系，请核对原因和证件",), papers=needed)
    if against := [found for bond, end in ends for found in ending.too_early(bond, end, act.on)]:
        return Assessment(stops=sentences(against), papers=needed)
    return Assessment(
        content={"ends": [[bond.pk, str(end)] for bond, end in ends], "reason": reason},
        words=[("解除", _which(case, bond)) for bond, _ in ends] + [("原因", RemovalReason(reason).label)],
        papers=needed,
    )


def _ends(case: Case, removal: _Removal) -> list[tuple[Bond, EndReason]]:
    """Return the bonds that this case ends, each with the reason that both sides will read."""
    assert case.other
    sides = (
        (active_bond(case.subject, case.other), removal.given),
        (active_bond(case.other, case.subject), removal.received),
    )
    return [(bond, end) for bond, end in sides if bond and end]


def _which(case: Case, bond: Bond) -> str:
    return "对方用本人的钱" if bond.payer_id == case.subject_id else "本人用对方的钱"


def _execute(act: Act, case: Case) -> Outcome:
    removal = _REMOVALS[RemovalReason(case.asked["reason"])]
    events = [
        ending.end_at_counter(act=act, by=case.subject, bond_id=bond.pk, reason=end)
        for bond, end in _ends(case, removal)
    ]
    told = "" if case.asked["reason"] == RemovalReason.OTHER_DIED else "，对方会收到通知"
    return Outcome(f"已解除，马上生效{told}", {"events": [event.pk for event in events]})


def _undo(act: Act, case: Case) -> str:
    for event_id in reversed(case.record["events"]):
        counter.undo_at_counter(act=act, event_id=event_id)
    told = "本人" if case.asked["reason"] == RemovalReason.OTHER_DIED else "两人都"
    return f"已撤销，共济关系照原来的继续，{told}会收到通知"


register(
    CaseHandler(
        kind=CaseKind.REMOVE,
        assess=_assess,
        execute=_execute,
        undo=_undo,
        opposite=CaseKind.BIND,
        guards_money=True,
        other="共济的另一方",
        online=_ONLINE,
    )
)
