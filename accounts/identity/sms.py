"""Text messages: first a row, then the sending. The row is the work list, so no silence of the gateway loses one.

A gateway is an address that takes POST {"id", "phone", "text"} with a bearer token and answers 2xx. It is asked
again with the same id until it answers, so it can tell a repetition from a new message. Without a gateway the demo
keeps messages for its outbox page, and everybody else keeps them waiting.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID

import httpx
from celery import current_app
from django.conf import settings
from django.db import transaction
from django.db.models import F
from kombu.exceptions import OperationalError

from accounts import wording
from accounts.codes import MessageState
from accounts.errors import AccountsError
from accounts.models import Notice, OutboxMessage, User
from yibao.lib.links import without_links

log = logging.getLogger(__name__)

SIGNATURE = "【医保个人账户】"
TASK = "accounts.tasks.send_sms"
MOST_ATTEMPTS = 8
GATEWAY_SECONDS = 5.0
# Longer than the gateway may take: while one process waits for the answer, no other asks.
FIRST_PAUSE = timedelta(seconds=15)
LONGEST_PAUSE = timedelta(minutes=30)
NOTICE_VALID = timedelta(days=1)
APART = timedelta(milliseconds=200)  # send_due takes up to 200 each 15 seconds
TRANSIENT = frozenset({408, 425, 429})


@dataclass(frozen=True, slots=True)
class Template:
    """What a kind of message says. Words hold {names} of parameters, and never a link.

    Parameters are names of the roster, days, amounts and kinds of places: never words that somebody has typed, which
    would go out under our signature.
    """

    name: str
    words: str
    valid: timedelta = timedelta(days=1)
    # A secret (a code) is erased from the row as soon as it is sent.
    secret: bool = False


class GatewayError(AccountsError):
    """The gateway did not take the message. `final` when asking again cannot help."""

    def __init__(self, reason: str, *, final: bool) -> None:
        super().__init__(reason)
        self.final = final


def queue(
    *,
    template: Template,
    params: dict[str, str],
    now: datetime,
    to_user: User | None = None,
    phone: str = "",
    silent: bool = False,
) -> OutboxMessage | None:
    """Write down one message to a user's sign-in number, or to a number; it is sent once the transaction commits.

    Returns None, and writes nothing, where there is no number. A `silent` message is written and never sent: it costs
    what a sent one costs, where the difference would tell that nobody is there.
    Never raises because of its words: a message must not undo what it tells of. What looks like a link in a parameter
    (names have dots) is written so that it is none.
    """
    number = phone or (to_user.phone if to_user else "")
    if not number and not silent:
        return None
    text = SIGNATURE + template.words.format(**{name: without_links(value) for name, value in params.items()})
    state = MessageState.EXPIRED if silent else MessageState.WAITING
    return _write(
        state,
        now,
        template=template.name,
        phone=number,
        text="" if silent else text,
        is_secret=template.secret,
        send_before=now + template.valid,
    )


def queued_about(*, kind: str, user: User, now: datetime) -> OutboxMessage:
    """Return the message that tells a user of a notice, which is written along with the notice, in one transaction.

    Number and words are looked up when it is sent.
    """
    state = MessageState.WAITING if user.wants_sms_of(kind) else MessageState.OFF
    message = _message(state, now, template="notice", next_at=now, send_before=now + NOTICE_VALID)
    _send_soon(message)
    return message


def queue_many(*, notices: Sequence[Notice], template: str, now: datetime) -> None:
    """Write down messages about many notices at once, a little apart: the retries of codes never wait behind them."""
    messages = []
    for number, notice in enumerate(notices):
        next_at = now + number * APART
        given = {"template": template, "notice": notice, "next_at": next_at, "send_before": next_at + NOTICE_VALID}
        messages.append(_message(MessageState.WAITING, next_at, **given))  # waits from then on: see /metrics
    OutboxMessage.objects.bulk_create(messages, batch_size=1000)


def _write(state: MessageState, now: datetime, **fields: Any) -> OutboxMessage:
    message = _message(state, now, next_at=now, **fields)
    message.save(force_insert=True)
    _send_soon(message)
    return message


def _send_soon(message: OutboxMessage) -> None:
    if message.state == MessageState.WAITING:
        transaction.on_commit(partial(_enqueue, message.id))


def _message(state: MessageState, now: datetime, **fields: Any) -> OutboxMessage:
    kept = not settings.SMS_GATEWAY_URL and settings.DEMO
    if kept and state == MessageState.WAITING:
        state = MessageState.SENT
    sent_at = now if state == MessageState.SENT else None
    return OutboxMessage(state=state, sent_at=sent_at, queued_at=now, **fields)


def text_of(message: OutboxMessage) -> str:
    """Return what a message says, or will say if it is about a notice and not sent yet."""
    if message.text or message.notice is None:
        return str(message.text)
    (words,) = wording.worded([message.notice])
    return f"{SIGNATURE}{words.title}。{read_there() if words.is_typed else words.text}"


def read_there() -> str:
    """Return where to read what somebody has typed: that never goes out under our signature."""
    return f"写了什么，请登录医保个人账户网站看“通知”，不方便上网请打{settings.HELP_PHONE}。"


def number_of(message: OutboxMessage, now: datetime) -> str:
    """Return where a message goes: for one about a notice, to the number of now; "" where nobody is to be told."""
    if message.notice is None:
        return str(message.phone)
    user = User.objects.select_related("person").filter(person=message.notice.person_id, is_active=True).first()
    if user is None or user.person is None or not user.wants_sms_of(message.notice.kind):
        return ""
    return str(user.person.phone if user.may_be_stranger(now) and user.person.phone else user.phone)


def _enqueue(message_id: UUID) -> None:
    """Tell a worker that there is a message. If that is lost, `send_due` finds the row."""
    try:
        current_app.send_task(TASK, args=[str(message_id)], retry=False)
    except OperationalError:
        log.warning("sms %s: broker not reachable, left to send_due", message_id)


def send(message_id: UUID, now: datetime) -> MessageState:
    """Send one message unless somebody else is at it; return how it stands.

    Outside any transaction: the claim and the outcome commit on their own, and no lock waits for the gateway.
    """
    claimed = OutboxMessage.objects.filter(id=message_id, state=MessageState.WAITING, next_at__lte=now).update(
        attempts=F("attempts") + 1, next_at=now + FIRST_PAUSE
    )
    message = OutboxMessage.objects.select_related("notice").get(id=message_id)
    if not claimed:
        return MessageState(message.state)
    if message.send_before <= now:
        return _finish(message, MessageState.EXPIRED, now)
    if not message.phone:
        message.phone, message.text = number_of(message, now), text_of(message)
        if not message.phone:
            return _finish(message, MessageState.OFF, now)
        message.save(update_fields=["phone", "text"])  # asked again under the same id, it says the same
    try:
        _post(message)
    except GatewayError as error:
        log.warning("sms %s: attempt %s: %s", message_id, message.attempts, error)
        if error.final or message.attempts >= MOST_ATTEMPTS:
            return _finish(message, MessageState.FAILED, now, str(error))
        pause = min(FIRST_PAUSE * 2 ** (message.attempts - 1), LONGEST_PAUSE)
        OutboxMessage.objects.filter(id=message_id).update(next_at=now + pause, error=str(error)[:100])
        return MessageState.WAITING
    return _finish(message, MessageState.SENT, now)


def _finish(message: OutboxMessage, state: MessageState, now: datetime, error: str = "") -> MessageState:
    changes: dict[str, Any] = {"state": state, "error": error[:100]}
    if state == MessageState.SENT:
        changes["sent_at"] = now
    if message.is_secret:
        changes["text"] = ""
    OutboxMessage.objects.filter(id=message.id).update(**changes)
    return state


def _post(message: OutboxMessage) -> None:
    """Hand one message to the gateway. Raises GatewayError."""
    if not settings.SMS_GATEWAY_URL:
        raise GatewayError("没有配置短信网关", final=False)
    try:
        answer = httpx.post(
            settings.SMS_GATEWAY_URL,
            json={"id": str(message.id), "phone": message.phone, "text": message.text},
            headers={"Authorization": f"Bearer {settings.SMS_GATEWAY_TOKEN}", "Idempotency-Key": str(message.id)},
            timeout=GATEWAY_SECONDS,
        )
    except httpx.HTTPError as error:
        raise GatewayError(type(error).__name__, final=False) from None
    if not answer.is_success:
        raise GatewayError(
            f"HTTP {answer.status_code}", final=answer.is_client_error and answer.status_code not in TRANSIENT
        )


def due(now: datetime, most: int = 200) -> list[UUID]:
    """Return the messages that wait and that nobody is at: what `send_due` sends."""
    waiting = OutboxMessage.objects.filter(state=MessageState.WAITING, next_at__lte=now)
    return list(waiting.order_by("next_at").values_list("id", flat=True)[:most])


def send_due(now: datetime) -> int:
    """Send what waits; return how many went out. The messages whose task was lost, and the retries."""
    return sum(send(message_id, now) == MessageState.SENT for message_id in due(now))
