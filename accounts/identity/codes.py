"""验证码: six digits sent to a phone that prove, once and for one thing, that somebody holds it.

A code is bound to a purpose and to what exactly it agrees to; its row's id lives in the session that asked for it.
Every guess and every message is counted in the database before anything is compared or sent.
"""

import logging
import secrets
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.core.cache import cache
from django.db import transaction
from django.utils.crypto import constant_time_compare, salted_hmac

from accounts.errors import AccountsError
from accounts.identity import day_counts, limits, sms
from accounts.models import PhoneCode
from yibao.lib.clock import SHANGHAI
from yibao.lib.days import span_words
from yibao.lib.half_width import half_width

log = logging.getLogger(__name__)

DIGITS = 6
VALID = timedelta(seconds=600)  # under three minutes accessibility rules ask for announcements and extensions
GUESSES = limits.Limit(5, timedelta(minutes=15))
LATE = limits.Limit(1, timedelta(minutes=15))
LATE_OF_NETWORK = limits.Limit(10, timedelta(days=1))
DAYS_CODES = "sms codes"
ALARM = 0.8  # of the day's budget: when the log says so, and the admin begins to
GUESSES_OF_ADDRESS = limits.Limit(60, timedelta(minutes=15))


@dataclass(frozen=True, slots=True)
class Purpose:
    """What a code is for, and the message that brings it; its words name the act, so that nobody is talked into it.

    A `scope` keeps its messages and guesses apart: what somebody else does with them never touches one's sign-in.
    `trusted`: whoever asks has shown who they are, so the day's whole budget is theirs, and no stranger's network.
    """

    name: str
    template: sms.Template
    scope: str = ""
    trusted: bool = False

    @property
    def messages(self) -> str:
        return f"{self.scope}sms to number"

    @property
    def guesses(self) -> str:
        return f"{self.scope}code guess"


SIGN_IN = Purpose(
    "sign_in",
    sms.Template(
        "sign_in_code", "{code}，登录验证码，{valid}内有效。我们不会打电话向您要它。", valid=VALID, secret=True
    ),
)
# Asked for by a browser that has signed in with this number before (identity.known): strangers cannot use it up.
SIGN_IN_AGAIN = replace(SIGN_IN, scope="known ", trusted=True)


class WrongCodeError(AccountsError):
    """Not this code. `left` more tries are allowed."""

    def __init__(self, left: int) -> None:
        super().__init__(f"验证码不对，还可以再试{left}次")
        self.left = left


class ExpiredCodeError(AccountsError):
    """There is no code to compare with: too old, already used, or for something else."""

    message = "这个验证码已经过期或用过了。请点「再发一次」"


def validity() -> str:
    """Return how long a code may be typed in, in words: 10分钟."""
    return span_words(VALID)


def pause() -> str:
    """Return how long a number has to wait for the next code, in words: 1分钟."""
    return span_words(min(limit.within for limit in limits.limits(settings.SMS_PER_NUMBER)))


def was_just_sent(purpose: Purpose, phone: str, now: datetime) -> bool:
    """Say whether a message went to this number within `pause`, from whatever browser it was asked for."""
    shortest = min(limits.limits(settings.SMS_PER_NUMBER), key=lambda limit: limit.within)
    return limits.opens_at(purpose.messages, phone, (shortest,), now) is not None


def issue(
    *, purpose: Purpose, phone: str, address: str, now: datetime, about: str = "", params: dict[str, str] | None = None
) -> PhoneCode:
    """Send a new code to a normalised number; all numbers are treated alike, whoever holds them.

    address is whom the request counts for (limits.network). about is what exactly is agreed to. params fill the
    template besides the code. Raises limits.TooOftenError when the number, the address or the day has had enough,
    or while guessing is closed for the number; then nothing is sent or counted.
    """
    if opens_at := limits.opens_at(purpose.guesses, phone, (GUESSES,), now):
        raise limits.TooOftenError(purpose.guesses, opens_at)
    with transaction.atomic():
        _count_message(purpose, phone, address, now)
        count_request(purpose, address, now)
        return _write(purpose, phone, about, params or {}, now)


def _count_message(purpose: Purpose, phone: str, address: str, now: datetime) -> None:
    """Count one more message to the number.

    Anybody can use up what a number gets in an hour or a day. So that this keeps its owner out for a quarter of an
    hour at most, the number then gets one more in every quarter, of any one network only some.
    """
    try:
        limits.use(purpose.messages, phone, limits.limits(settings.SMS_PER_NUMBER), now)
    except limits.TooOftenError as reached:
        if reached.opens_at <= now + LATE.within:
            raise
        with transaction.atomic():
            limits.use(f"late from {purpose.scope}net", f"{address} {phone}", (LATE_OF_NETWORK,), now)
            limits.use(f"late {purpose.scope}sms", phone, (LATE,), now)


def count_request(purpose: Purpose, address: str, now: datetime) -> None:
    """Count one more message for the network and for the day. Raises limits.TooOftenError, and counts nothing."""
    most = settings.SMS_CODES_PER_DAY
    with transaction.atomic():
        if not purpose.trusted:
            limits.use_from("sms from address", address, limits.limits(settings.SMS_PER_ADDRESS), now)
            most = min(most, settings.SMS_CODES_OF_STRANGERS_PER_DAY)
        used = day_counts.use_today(DAYS_CODES, most, now)
    if used >= int(most * ALARM) and _is_first_alarm(purpose, now):
        log.warning("sms budget: %s codes today, of %s%s", used, most, "" if purpose.trusted else " for strangers")


def _is_first_alarm(purpose: Purpose, now: datetime) -> bool:
    """Say whether nobody has raised this alarm today."""
    key = f"sms_budget:{now.astimezone(SHANGHAI).date()}:{purpose.trusted}"
    return cache.get(key) is None and cache.add(key, True, timeout=timedelta(days=1).total_seconds())


def issue_unseen(
    *, purpose: Purpose, phone: str, whose: str, now: datetime, about: str = "", params: dict[str, str] | None = None
) -> PhoneCode:
    """Send a new code to somebody of whom the one who asks may not learn whether they exist; phone "" is nobody.

    Either way the same is written and counted, and the result looks the same, also where nothing is sent: nobody is
    there, or they have had enough. Guesses count under `whose`, which the caller has for nobody too, having
    counted the request (`count_request`) before looking anybody up.
    """
    with transaction.atomic():
        is_free = limits.opens_at(purpose.guesses, whose, (GUESSES,), now) is None
        try:
            limits.use(purpose.messages, phone or whose, limits.limits(settings.SMS_PER_NUMBER), now)
        except limits.TooOftenError:
            is_free = False
        return _write(purpose, phone, about, params or {}, now, silent=not (phone and is_free))


def _write(
    purpose: Purpose, phone: str, about: str, params: dict[str, str], now: datetime, *, silent: bool = False
) -> PhoneCode:
    """Write down a new code and its message."""
    code = f"{secrets.randbelow(10**DIGITS):0{DIGITS}}"
    row = PhoneCode(
        purpose=purpose.name, about=_digest("about", about), phone=phone, sent_at=now, expires_at=now + VALID
    )
    row.digest = _digest(str(row.id), code)
    row.save(force_insert=True)
    sms.queue(
        phone=phone,
        template=purpose.template,
        params={"code": code, "valid": validity(), **params},
        now=now,
        silent=silent,
    )
    return row


def pending(code_id: UUID | None, purpose: Purpose, now: datetime) -> PhoneCode | None:
    """Return the code if it may still be typed in."""
    if code_id is None:
        return None
    return PhoneCode.objects.filter(id=code_id, purpose=purpose.name, used_at=None, expires_at__gt=now).first()


def check(
    *, code_id: UUID | None, purpose: Purpose, typed: str, address: str, now: datetime, about: str = "", whose: str = ""
) -> PhoneCode:
    """Use up the code if these are its digits; return it, with the number that is now proven.

    Counts the guess first, in a transaction of its own, so it must not be called inside another one: for the number,
    or for `whose` where the code was issued unseen.
    Raises ExpiredCodeError, WrongCodeError, or limits.TooOftenError when no more guesses are allowed.
    """
    row = pending(code_id, purpose, now)
    if row is None or not constant_time_compare(row.about, _digest("about", about)):
        raise ExpiredCodeError
    whose = whose or row.phone
    with transaction.atomic(durable=True):
        if not purpose.trusted:
            limits.use_from("code guess from address", address, (GUESSES_OF_ADDRESS,), now)
        limits.use(purpose.guesses, whose, (GUESSES,), now)
    if not constant_time_compare(row.digest, _digest(str(row.id), normalise(typed))):
        if opens_at := limits.opens_at(purpose.guesses, whose, (GUESSES,), now):
            raise limits.TooOftenError(purpose.guesses, opens_at)
        raise WrongCodeError(limits.left(purpose.guesses, whose, GUESSES, now))
    if not PhoneCode.objects.filter(id=row.id, used_at=None).update(used_at=now):
        raise ExpiredCodeError
    limits.reset(purpose.guesses, whose)
    return row


def normalise(typed: str) -> str:
    """Return the digits of a code typed in full width, or pasted with spaces around and inside."""
    return half_width(typed)


def _digest(salt: str, value: str) -> str:
    return salted_hmac(f"accounts.code.{salt}", value, algorithm="sha256").hexdigest()
