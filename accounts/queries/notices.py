"""What people were told, and what they told us."""

from collections.abc import Iterator
from datetime import date, timedelta

from django.db.models import QuerySet

from accounts.codes import NoticeKind
from accounts.models import Feedback, Notice, Person
from accounts.queries import page_hooks

ANSWERED_WITHIN = timedelta(days=15)  # what we promise on the page; no rule of a region says it


def notices_of(person: Person) -> QuerySet[Notice]:
    """Return a person's notices, the latest first."""
    return Notice.objects.filter(person=person).order_by("-at", "-id")


def kinds_of(person: Person) -> list[NoticeKind]:
    """Return the kinds of which this person has notices, in the order of the settings (one query)."""
    found = set(Notice.objects.filter(person=person).order_by().values_list("kind", flat=True).distinct())
    return [kind for kind in NoticeKind if kind in found]


def unread_count(person_id: int) -> int:
    """Return how many notices this person has not read."""
    return Notice.objects.filter(person=person_id, read_at=None).count()


def feedback_of(person: Person) -> QuerySet[Feedback]:
    """Return what a person asked us to look into (ratings alone want no answer), the latest first."""
    return Feedback.objects.filter(person=person).exclude(text="").order_by("-at", "-id")


def was_rated(person: Person, about: str) -> bool:
    """Return whether this person has rated this matter."""
    return Feedback.objects.filter(person=person, about=about, score__isnull=False).exclude(about="").exists()


@page_hooks.progress_source
def feedback_cases(person: Person, today: date) -> Iterator[page_hooks.Progress]:
    """Yield what a person asked us to look into as cases, with our answer once there is one."""
    for feedback in feedback_of(person):
        done = feedback.answered_at is not None
        yield page_hooks.Progress(
            number=feedback.number,
            name=f"反映：{feedback.about_text}" if feedback.about_text else "反映",
            stage="已答复" if done else "等答复",
            tone="ok" if done else "pend",
            at=feedback.at,
            next_step=f"答复：{feedback.answer}" if done else "我们在看，有答复会通知您。",
            holder="" if done else "医保中心",
            by_on=None if done else (feedback.at + ANSWERED_WITHIN).date(),
        )
