"""What people have been told: notices as the page puts them, text messages as the phone gets them."""

from datetime import datetime

from accounts import wording
from accounts.identity import sms
from accounts.models import Feedback, Notice, OutboxMessage, Person
from accounts.operations.notices import tell
from accounts.queries import notice_words
from accounts.wording import Words
from tests.factories.acts import act_at


def answered(person: Person, at: datetime, answer: str = "查过了") -> Notice:
    """Tell a person that their feedback is answered, whatever the answer is."""
    count = Feedback.objects.count()
    feedback = Feedback.objects.create(number=f"FK{count}", text="问", answer=answer, at=at, answered_at=at)
    tell(act=act_at(at), person=person, template=notice_words.answered, facts={"feedback": feedback.pk})
    return Notice.objects.latest("pk")


def told(person: Person | None = None) -> list[Words]:
    """Return what this person, or everybody, was told, the first first."""
    rows = Notice.objects.filter(person=person) if person else Notice.objects.all()
    return wording.worded(list(rows.order_by("pk")))


def titles(person: Person | None = None) -> list[str]:
    return [words.title for words in told(person)]


def texted(now: datetime) -> list[tuple[str, str]]:
    """Return where each text message goes at this instant, and what it says, the first first."""
    rows = OutboxMessage.objects.select_related("notice").order_by("queued_at")
    return [(sms.number_of(one, now), sms.text_of(one)) for one in rows]
