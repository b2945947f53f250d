"""What was looked at and done at counters about one person, in their words. A relative's visit is never told."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Q, QuerySet

from accounts.codes import CaseKind, LifeEventKind
from accounts.identity.actors import Actor
from accounts.identity.audit import LOOKED_UP, UNMASKED
from accounts.models import AuditEvent, Case, LifeEvent, Objection, Office, Person, Voucher

_CASE = "case."
_CASES = {
    f"{_CASE}opened": "受理",
    f"{_CASE}parked": "挂起，等材料",
    f"{_CASE}resumed": "接着办",
    f"{_CASE}submitted": "提交，等复核",
    f"{_CASE}read": "复核时打开",
    f"{_CASE}returned": "退回补正",
    f"{_CASE}done": "办结",
    f"{_CASE}undone": "撤销",
    f"{_CASE}dropped": "取消",
    f"{_CASE}printed": "打印了单据",
    f"{_CASE}scan_viewed": "看了材料的影像",
}
SHOWN = (LOOKED_UP, UNMASKED, *_CASES)


@dataclass(frozen=True, slots=True)
class Trace:
    """痕迹：窗口的一次查看，或一件业务的一步。office 是网点的名称；objection 是对它（或对这件业务）提过的异议。"""

    event: AuditEvent
    office: str
    words: str
    objection: Objection | None

    @property
    def is_act(self) -> bool:
        return is_act(self.event)


def is_act(event: AuditEvent) -> bool:
    """Say whether the event is a step of a case, and not somebody's look."""
    return event.verb in _CASES


def trace_of(person: Person) -> QuerySet[AuditEvent]:
    """Return the looks at this person and what was done about them at counters, the latest first."""
    return AuditEvent.objects.filter(subject__in=records_of(person), verb__in=SHOWN).order_by("-at", "-id")


def records_of(person: Person) -> list[int]:
    """Return the ids of the person's record and of those that were merged into it (one query)."""
    merges = LifeEvent.objects.filter(kind=LifeEventKind.MERGE, person=person)
    return [person.pk, *merges.values_list("detail__gone", flat=True)]


def kept_record(person: Person) -> Person:
    """Return the record that this one was merged into, or this one."""
    merge = LifeEvent.objects.filter(kind=LifeEventKind.MERGE, detail__gone=person.pk).select_related("person").first()
    return merge.person if merge else person


def counter_of(person: Person, voucher: Voucher) -> str:
    """Return the counter where a voucher was made on a case of this person; "" for all other vouchers."""
    made_by = Actor.parse(voucher.actor)
    if not made_by.case or not trace_of(person).filter(case=made_by.case, verb__in=_CASES).exists():
        return ""
    return names_of_offices({made_by.office})[made_by.office]


def traces(events: Sequence[AuditEvent]) -> list[Trace]:
    """Put events of one person into words, in their order (three queries)."""
    offices = names_of_offices({event.office for event in events})
    numbers = {event.case for event in events if event.case}
    by_agent = set(Case.objects.filter(number__in=numbers).exclude(power_number="").values_list("number", flat=True))
    made = Objection.objects.filter(
        Q(event__in=events) | Q(case__number__in=numbers, subject__in={event.subject_id for event in events})
    ).select_related("case")
    about = {objection.event_id: objection for objection in made}
    about_case = {objection.case.number: objection for objection in made if objection.case}
    return [
        Trace(
            event,
            offices[event.office],
            words_of(event) + ("（代办人来办）" if is_act(event) and event.case in by_agent else ""),
            about_case.get(event.case) if is_act(event) else about.get(event.pk),
        )
        for event in events
    ]


def words_of(event: AuditEvent) -> str:
    """Return what was looked at or done: 咨询和查询时查看；建立家庭共济：办结."""
    if event.verb in _CASES:
        kind = event.detail.get("kind", "")
        return f"{CaseKind(kind).label if kind in CaseKind.values else '窗口业务'}：{_CASES[event.verb]}"
    if event.verb == UNMASKED:
        return "显示了完整的证件号码和手机号"
    business = event.detail.get("business", "办业务")
    return business if business.endswith("查看") else f"{business}时查看"


def names_of_offices(codes: set[str]) -> dict[str, str]:
    """Return code → the counter's name; of one that is not on file, 医保中心 (one query)."""
    names = dict(Office.objects.filter(code__in=codes).values_list("code", "name"))
    return {code: f"{names[code]}窗口" if code in names else "医保中心" for code in codes}
