"""Telling people something, and hearing what they tell us."""

from collections.abc import Mapping
from typing import Any

from django.db import IntegrityError, transaction

from accounts.errors import AccountsError
from accounts.identity import audit, limits, sms
from accounts.identity.actors import Act
from accounts.models import Feedback, Notice, Person
from accounts.queries import notice_words
from accounts.wording import Template
from yibao.lib import pipeline
from yibao.lib.links import has_link
from yibao.lib.masking import scrubbed
from yibao.lib.pipeline import Insertion
from yibao.lib.speakable import dated_number

FEEDBACK_LIMITS = limits.limits("5/1h 20/1d")


class LinkInAnswerError(AccountsError, ValueError):
    """An answer would hold something that looks like a link. Ours never do, so that people can tell frauds."""

    message = "答复里不能有链接，没有发出"


class AlreadyRatedError(AccountsError):
    """This person has rated this matter before (一事一评)."""

    message = "这件事您已经评价过了。"


class AlreadyAnsweredError(AccountsError):
    """Somebody answered this feedback first."""

    message = "这一条已经答复过了。"


# The id of the notice, for what is written along with it.
_NOTICE_ID = "currval('accounts_notice_id_seq')"


def tell(
    *,
    act: Act,
    person: Person,
    template: Template,
    facts: Mapping[str, Any],
    about: str = "",
    by_sms: bool = True,
) -> None:
    """Tell a person something: a notice on 通知, and a text message about it where they want one of that kind.

    Writes the facts in the caller's transaction, and nothing that could undo it: they are put into words when shown or
    sent (accounts.wording, which also says how to add a kind). `about` names what the notice leads to on the page
    (page_hooks.notice_link_source). A text message goes to the sign-in's number, or to the one on the roster while a
    stranger may be signed in; whether it still may go is asked again when it is sent.
    """
    with transaction.atomic(savepoint=False):
        pipeline.insert(*told(act=act, person=person, template=template, facts=facts, about=about, by_sms=by_sms))


def told(
    *,
    act: Act,
    person: Person,
    template: Template,
    facts: Mapping[str, Any],
    about: str = "",
    by_sms: bool = True,
    facts_along: str = "'{}'::jsonb",
) -> list[Insertion]:
    """Return what `tell` writes, in the caller's transaction, to be written along with what is told of.

    `facts_along` are facts that only the database knows by then, as SQL of a JSON object.
    """
    notice = Notice(
        person=person, kind=template.kind, template=template.name, facts=dict(facts), about=about, at=act.at
    )
    event = audit.event_of(act=act, verb="notice.sent", subject=person)
    found = [
        Insertion(notice, facts=f"%s::jsonb || {facts_along}"),
        Insertion(event, detail=f"jsonb_build_object('notice', {_NOTICE_ID})"),
    ]
    user = getattr(person, "user", None) if by_sms else None  # read already, where the caller joined it
    if user is not None and user.is_active:
        message = sms.queued_about(kind=template.kind, user=user, now=act.at)
        found.append(Insertion(message, notice_id=_NOTICE_ID))
    return found


def warn_of_new_device(*, act: Act, person: Person) -> None:
    """Tell somebody that their account was opened in a browser that had not opened it before."""
    tell(act=act, person=person, template=notice_words.new_device, facts={}, about="settings")


def mark_read(*, act: Act, person: Person) -> int:
    """Mark everything that has been shown to a person by now as read; return how many that were."""
    return Notice.objects.filter(person=person, read_at=None, at__lte=act.at).update(read_at=act.at)


def give_feedback(
    *,
    act: Act,
    person: Person | None,
    text: str,
    address: str,
    score: int | None = None,
    about: str = "",
    about_text: str = "",
) -> Feedback:
    """Keep what somebody says, or how they rate a finished act (score 1 to 5), and return it with its number.

    address is whom the request counts for (access.address_of). Certificate and phone numbers are masked before
    anything is kept. Raises AlreadyRatedError; limits.TooOftenError when this address has said enough for now.
    """
    with transaction.atomic():
        limits.use_from("feedback", address, FEEDBACK_LIMITS, act.at)
        try:
            with transaction.atomic():
                feedback = Feedback.objects.create(
                    number=dated_number("FK", act.on),
                    person=person,
                    about=about,
                    about_text=about_text,
                    score=score,
                    text=scrubbed(text),
                    at=act.at,
                )
        except IntegrityError as error:
            if "feedback_one_rating_each" not in str(error):
                raise
            raise AlreadyRatedError from error
        audit.record(act=act, verb="feedback.given", subject=person, detail={"number": feedback.number})
    return feedback


def answer_feedback(*, act: Act, feedback_id: int, answer: str) -> Feedback:
    """Answer what somebody told us, and tell them so. Raises AlreadyAnsweredError, LinkInAnswerError."""
    if has_link(answer):
        raise LinkInAnswerError
    with transaction.atomic():
        feedback = Feedback.objects.select_for_update(of=("self",)).select_related("person").get(pk=feedback_id)
        if feedback.answered_at is not None:
            raise AlreadyAnsweredError
        feedback.answer, feedback.answered_at, feedback.answered_by = answer, act.at, str(act.actor)
        feedback.save(update_fields=["answer", "answered_at", "answered_by"])
        audit.record(act=act, verb="feedback.answered", subject=feedback.person, detail={"number": feedback.number})
        if feedback.person is not None:
            facts = {"feedback": feedback.pk}
            tell(act=act, person=feedback.person, template=notice_words.answered, facts=facts)
    return feedback
