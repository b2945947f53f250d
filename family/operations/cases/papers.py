"""What has to be seen for a case of sharing: who comes, for whom, and how the two are related."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from accounts.codes import PaperKind, Relation, Situation
from accounts.models import Case, Person
from accounts.operations.cases.handlers import NeededPaper
from accounts.operations.cases.identity_papers import who_comes
from accounts.policies import registry
from accounts.policies.formulas import age_on
from accounts.queries.offices import checklist_on

Papers = tuple[NeededPaper, ...]

_CHILD = (
    NeededPaper("child", "孩子的户口本或身份证", "任一即可，原件"),
    NeededPaper("parent", "父母一方的身份证", "原件"),
    NeededPaper("promise", "承诺书", "由父母在窗口签"),  # the code as cases already have it
)
_OTHER_CARD = NeededPaper("other_card", "被授权人的身份证或户口本", "任一即可")
_OTHER_COPY = NeededPaper("other_copy", "被授权人的身份证或户口本复印件", "没有原件，作临时成员")
KIN = "kin"
_POWER = "委托书"  # how every list calls what an agent shows
_SHOWS = {
    Relation.SPOUSE: ("结婚证或户口本", "民政部门婚姻登记处"),
    Relation.CHILD: ("户口本、出生证明或收养登记证", "派出所、出生医院或民政部门"),
    Relation.PARENT: ("户口本、出生证明或收养登记证", "派出所、出生医院或民政部门"),
}
_SHOWS_OTHERS = ("户口本等能看出关系的证件", "派出所")


def to_agree(case: Case, on: date) -> Papers:
    """Return what identifies whoever agrees to use somebody's money: they themselves, or a parent of a child."""
    return _CHILD if is_minor(case.subject, case.region, on) else who_comes(case)


def to_bind(case: Case, on: date) -> Papers:
    """Return the region's own checklist of binding on this day; where it has none, both people's documents.

    Of a temporary member (family.models.Bond) a copy will do.
    """
    situation = Situation.SELF
    if case.has_agent:
        situation = Situation.PROXY
    elif case.other and is_minor(case.other, case.region, on):
        situation = Situation.MINOR
    listed = checklist_on(case.region, situation, on)
    if listed is None:
        return (*who_comes(case), _OTHER_COPY if case.asked.get("temporary") else _OTHER_CARD)
    # A later list has papers of its own: what was seen for another one is not taken for these.
    return tuple(
        NeededPaper(
            f"{situation}-{paper.from_on:%Y%m%d}-{paper.place}",
            _for_clerk(paper.name),
            _for_clerk(paper.note),
            kind=PaperKind.POWER if _POWER in paper.name else None,
        )
        for paper in listed.papers
    )


def _for_clerk(words: str) -> str:
    """Return a line of the list that citizens read, as the clerk and the papers of a case say it."""
    return words.replace("您本人", "授权人本人").replace("您", "授权人")


def of_relation(relation: str, *, required: bool) -> NeededPaper:
    """Return what shows that two people are related so; without it a low limit holds, where it is not required."""
    name, where = _SHOWS.get(Relation(relation), _SHOWS_OTHERS) if relation in Relation.values else _SHOWS_OTHERS
    return NeededPaper(KIN, name, "任一即可，能看出两人的关系", where, required, kind=PaperKind.RELATION)


def has_seen(case: Case, code: str) -> bool:
    """Say whether the clerk has seen this paper."""
    return any(paper["code"] == code for paper in case.papers)


def is_minor(person: Person, region: str, on: date) -> bool:
    """Say whether a parent agrees for this person on this day, by the region's terms."""
    terms = registry.sharing_or_none(region, on)
    return terms is not None and age_on(person.birth_on, on) < terms.minor_age


def parent_comes(case: Case, asked: Mapping[str, Any], on: date) -> bool:
    """Say whether a parent who is not the payer agrees here for a child that is to be bound: who that is, is kept."""
    if case.other is None or not is_minor(case.other, case.region, on):
        return False
    is_own_child = asked.get("relation") == Relation.CHILD and not case.has_agent
    return bool(asked.get("user_present")) and not is_own_child
