"""死亡登记有误: a death that was reported by mistake is taken back in one step, with what it had ended.

Insurance and bonds are as they were, and what had been taken back is credited again; two people sign it. What heirs
were paid meanwhile is not asked back by this: that is for 人工调账 or the courts.
"""

from collections.abc import Mapping
from datetime import date
from typing import Any

from accounts.codes import FactChangeKind, LifeEventKind
from accounts.identity.actors import Act
from accounts.jobs.one_person import settle_person
from accounts.ledger.freezing import reported_deaths
from accounts.ledger.pots import regions_of
from accounts.models import Approval, Enrolment, FactChange, LifeEvent, Person
from accounts.operations.approval_kinds import Content, Kind, register
from accounts.operations.life_events import hooks, leaving
from accounts.operations.life_events.events import (
    CHECKERS,
    RECORDERS,
    LifeEventError,
    Paper,
    person_of,
    refusing,
    why_not,
)
from accounts.operations.life_events.vouchers import paper_of, parts_of, record_signed
from accounts.operations.notices import tell
from accounts.queries import notice_words

ALIVE = "life.alive"


@refusing
def _content(subject: str, asked: Mapping[str, Any], on: date) -> Content:
    person_id, _ = parts_of(subject)
    leaving.lock_accounts({(person_id, region) for region in regions_of(person_id)}, on)
    person_of(person_id)
    died = reported_deaths([person_id])
    if person_id not in died:
        raise LifeEventError("没有登记过这个人的死亡，不用更正")
    paper = Paper.read(asked["proof"], asked["document"])
    return {
        "person": person_id,
        "died_on": died[person_id].isoformat(),
        "inherited": _inherited(person_id),
        "proof": paper.kind,
        "document": paper.number,
    }


def _inherited(person_id: int) -> int:
    """Return how many cases of inheritance there have been since the death."""
    return LifeEvent.objects.filter(person=person_id, kind=LifeEventKind.INHERITANCE).count()


def _describe(content: Mapping[str, Any]) -> list[tuple[str, str]]:
    inherited = (
        [("已办过继承", f"{content['inherited']}件，付出的钱不因此收回，请另行处理")] if content["inherited"] else []
    )
    return [
        ("死亡登记有误", f"参保人 {content['person']}，原登记 {content['died_on']} 死亡"),
        ("更正以后", "参保、家庭共济恢复原状，追回的钱重新记入"),
        *inherited,
        ("凭据", paper_of(content).words),
    ]


def _execute(act: Act, approval: Approval) -> str:
    person = Person.objects.get(pk=approval.content["person"])
    record_signed(act=act, approval=approval, kind=LifeEventKind.ALIVE, person=person)
    _restore_insurances(act, person, approval)
    for restore in hooks.on_alive:
        restore(act, person)
    for region in regions_of(person.pk):
        settle_person(act=act, person_id=person.pk, region=region)
    tell(act=act, person=person, template=notice_words.alive, facts={})
    return f"参保人 {person.pk} 的死亡登记已更正"


def _restore_insurances(act: Act, person: Person, approval: Approval) -> None:
    """Let the ends that the death had brought count no more, and what it had overtaken count again."""
    back = FactChange.objects.create(
        kind=FactChangeKind.RESTORED,
        reason="死亡登记有误",
        actor=str(act.actor),
        at=act.at,
        approval=approval,
    )
    of_death = Enrolment.all_rows.filter(person=person, changed_by__kind=FactChangeKind.DIED)
    ends, overtaken = list(of_death.filter(counts=True)), list(of_death.filter(counts=False))
    changed = {"changed_by": back}
    Enrolment.all_rows.filter(pk__in=[row.pk for row in ends]).update(counts=False, **changed)
    known = set(Enrolment.objects.filter(person=person).values_list("region", "insurance", "from_on", "seq"))
    again = [row.pk for row in overtaken if (row.region, row.insurance, row.from_on, row.seq) not in known]
    Enrolment.all_rows.filter(pk__in=again).update(counts=True, **changed)


register(
    Kind(
        code=ALIVE,
        title="更正死亡登记",
        maker_roles=RECORDERS,
        checker_roles=CHECKERS,
        content=_content,
        describe=_describe,
        execute=_execute,
        why_not=why_not,
    )
)
