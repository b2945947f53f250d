"""What people were told, and what they told us."""

from django.db.models import QuerySet

from accounts.models import Feedback, Notice, Person


def notices_of(person: Person) -> QuerySet[Notice]:
    """Return a person's notices, the latest first."""
    return Notice.objects.filter(person=person).order_by("-at", "-id")


def unread_count(person_id: int) -> int:
    """Return how many notices this person has not read."""
    return Notice.objects.filter(person=person_id, read_at=None).count()


def feedback_of(person: Person) -> QuerySet[Feedback]:
    """Return what a person asked us to look into (ratings alone want no answer), the latest first."""
    return Feedback.objects.filter(person=person).exclude(text="").order_by("-at", "-id")


def was_rated(person: Person, about: str) -> bool:
    """Return whether this person has rated this matter."""
    return Feedback.objects.filter(person=person, about=about, score__isnull=False).exclude(about="").exists()
