"""Telling people something, and hearing what they tell us."""

from dataclasses import replace

from django.conf import settings
from django.db import IntegrityError, transaction

from accounts.codes import NoticeKind
from accounts.errors import AccountsError
from accounts.identity import audit, limits, sms
from accounts.identity.actors import Act
from accounts.models import Feedback, Notice, Person, User
from accounts.models.notices import TEXT_LENGTH, TITLE_LENGTH
from yibao.lib.links import has_link, without_links
from yibao.lib.masking import scrubbed
from yibao.lib.speakable import case_number

READ_THERE = "写了什么，请登录本网站看“通知”。"
SMS = sms.Template("notice", "{title}。{text}", reminder=True)
WARNING_SMS = replace(SMS, reminder=False)
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


def notify(
    *,
    act: Act,
    person: Person,
    kind: NoticeKind,
    title: str,
    text: str,
    by_sms: bool = True,
    has_free_text: bool = False,
    about: str = "",
) -> Notice:
    """Tell a person something: a notice on 通知, and the same words to their phone where they want reminders.

    `about` names what it leads to on the page (page_hooks.notice_link_source). A warning about the sign-in goes to the
    phone of whoever wants no reminders too. Where `text` has words that somebody typed (has_free_text), the phone gets the title and where to read the rest.
    Writes in the caller's transaction and never undoes it: words are cut to length, links written so that they are none.
    """
    title, text = _fitting(title, TITLE_LENGTH), _fitting(text, TEXT_LENGTH)
    with transaction.atomic():
        notice = Notice.objects.create(person=person, kind=kind, title=title, text=text, about=about, at=act.at)
        audit.record(act=act, verb="notice.sent", subject=person, detail={"notice": notice.pk})
        users = User.objects.select_related("person").filter(person=person, is_active=True)
        user = users.first() if by_sms else None
        if user is not None:
            template = WARNING_SMS if kind == NoticeKind.SECURITY else SMS
            params = {"title": title, "text": READ_THERE if has_free_text else text}
            if user.person and user.person.phone and user.may_be_stranger(act.at):
                sms.queue(template=template, params=params, now=act.at, phone=user.person.phone)
            else:
                sms.queue(template=template, params=params, now=act.at, to_user=user)
    return notice


def warn_of_new_device(*, act: Act, person: Person) -> Notice:
    """Tell somebody that their account was opened in a browser that had not opened it before."""
    return notify(
        act=act,
        person=person,
        kind=NoticeKind.SECURITY,
        title="在一台新的设备上登录了您的账户",
        text=f"不是您本人？请在“设置和隐私”里退出其他设备，并打{settings.HELP_PHONE}。",
        about="settings",
    )


def _fitting(text: str, most: int) -> str:
    """Return the text as a notice may hold it, at most so many characters."""
    said = without_links(text)
    return said if len(said) <= most else f"{said[: most - 1]}…"


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
                    number=case_number("FK", act.on),
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
            notify(
                act=act,
                person=feedback.person,
                kind=NoticeKind.CASE,
                title=f"您反映的 {feedback.number} 有答复了",
                text=answer,
                has_free_text=True,
            )
    return feedback
