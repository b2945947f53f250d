"""异议: what people object to, for themselves and for the reviewers of the region."""

from collections.abc import Iterator
from datetime import date

from django.db.models import F, QuerySet

from accounts.codes import ObjectionState
from accounts.identity.actors import Actor
from accounts.models import AuditEvent, Objection, Person, User
from accounts.queries import page_hooks, trace
from accounts.queries.cases import hands_in
from accounts.queries.notices import ANSWERED_WITHIN


def objections_in(region: str) -> QuerySet[Objection]:
    """Return what people of a region object to: what waits first, the oldest first; then what is answered."""
    rows = Objection.objects.filter(region=region).select_related("subject", "event", "case", "answered_by")
    return rows.order_by(F("answered_at").desc(nulls_first=True), "at", "id")


def those_objected_to(objection: Objection) -> list[User]:
    """Return the members of staff who looked, or worked on the case, in any step of it."""
    found = {Actor.parse(objection.event.actor).user_id}
    if case := objection.case:
        found |= hands_in(case)
    return list(User.objects.filter(pk__in=[pk for pk in found if pk]).order_by("pk"))


def taken_by(objection: Objection) -> User | None:
    """Return the clerk who took it from the person at the window; None where they objected themselves, online."""
    made = AuditEvent.objects.filter(
        subject=objection.subject_id, verb="objection.made", detail__number=objection.number
    ).first()
    actor = Actor.parse(made.actor) if made else None
    return User.objects.filter(pk=actor.user_id or 0).first() if actor and actor.kind == "staff" else None


@page_hooks.progress_source
def objection_cases(person: Person, today: date) -> Iterator[page_hooks.Progress]:
    """Yield what a person objected to as cases, with the answer once there is one."""
    for objection in Objection.objects.filter(subject__in=trace.records_of(person)).select_related("event"):
        done = objection.state == ObjectionState.ANSWERED
        yield page_hooks.Progress(
            number=objection.number,
            name=f"不是我来办的：{trace.words_of(objection.event)}",
            stage=ObjectionState(objection.state).label,
            tone="ok" if done else "pend",
            at=objection.at,
            next_step=f"答复：{objection.answer}" if done else "复核人员在查，有答复会通知您。",
            holder="" if done else "医保中心",
            by_on=None if done else (objection.at + ANSWERED_WITHIN).date(),
        )
