"""补交亲属关系材料: papers are seen for a bond that was only said, and what was agreed on holds from then on."""

from accounts.codes import CaseKind, Relation
from accounts.identity.actors import Act
from accounts.models import Case, Person
from accounts.operations.cases.handlers import Assessment, CaseHandler, Outcome, register
from accounts.operations.cases.identity_papers import who_comes
from family.models import Bond
from family.operations import counter
from family.operations.cases import papers
from family.operations.cases.words import limit_words
from family.queries.bonds import active_bond


def _assess(act: Act, case: Case) -> Assessment:
    needed = who_comes(case)
    if case.other is None:
        return Assessment(papers=needed)
    bonds = _declared(case)
    if not bonds:
        said = "两人之间没有要补材料的共济：没有共济关系，或关系已经核对过"
        return Assessment(stops=(said,), papers=needed)
    return Assessment(
        content={"bonds": [[bond.pk, bond.relation, bond.limit_fen] for bond in bonds]},
        words=[(_which(case, bond), f"核对以后每年最多用：{limit_words(bond.limit_fen)}") for bond in bonds],
        papers=(*needed, papers.of_relation(bonds[0].relation, required=True)),
    )


def _declared(case: Case) -> list[Bond]:
    """Return the bonds between the two, either way round, whose relation nobody has seen papers for."""
    assert case.other
    both = (active_bond(case.subject, case.other), active_bond(case.other, case.subject))
    return [bond for bond in both if bond and bond.declared]


def _undertakings_of(case: Case) -> list[tuple[Person, Person]]:
    """Return who authorises and who uses: either of them may have come."""
    if events := case.record.get("events"):  # the relation is no longer only said
        bonds = list(Bond.objects.filter(events__in=events).select_related("payer", "user").order_by("pk"))
    else:
        bonds = _declared(case) if case.other else []
    return [(bond.payer, bond.user) for bond in bonds]


def _which(case: Case, bond: Bond) -> str:
    relation = Relation(bond.relation).label
    return f"对方是本人的{relation}" if bond.payer_id == case.subject_id else f"本人是对方的{relation}"


def _execute(act: Act, case: Case) -> Outcome:
    events = [counter.show_relation(act=act, payer=bond.payer, user=bond.user) for bond in _declared(case)]
    return Outcome("关系已核对，按约定的额度用，两人都会收到通知", {"events": [event.pk for event in events if event]})


def _undo(act: Act, case: Case) -> str:
    for event_id in reversed(case.record["events"]):
        counter.undo_at_counter(act=act, event_id=event_id)
    return "已撤销，又按没有核对过关系的额度用"


register(
    CaseHandler(
        kind=CaseKind.SHOW,
        assess=_assess,
        execute=_execute,
        undo=_undo,
        other="共济的另一方",
        undertakings_of=_undertakings_of,
    )
)
