"""Tying sign-ins to insured persons: the first sign-in, proving who one is, and what a counter changes later."""

from datetime import datetime, timedelta

from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib.sessions.models import Session
from django.db import IntegrityError, transaction

from accounts.codes import MessageState, TieKind
from accounts.errors import AccountsError
from accounts.identity import audit, cache, limits, sms
from accounts.identity.actors import Act
from accounts.models import (
    DayCount,
    IdentityCode,
    OutboxMessage,
    Person,
    PhoneCode,
    SetupCode,
    UnfinishedForm,
    User,
)
from accounts.operations import limited, proving
from accounts.operations.notices import tell
from accounts.operations.taking_back import end_sessions, end_tie
from accounts.queries import notice_words

_HOW = {TieKind.RECORD: "record", TieKind.PHONE: "record", TieKind.COUNTER: "code"}
CODE_VALID = timedelta(days=3)
MESSAGES_KEPT = timedelta(days=90)  # long enough to answer a complaint about a message

PHONE_CHANGED = sms.Template("phone_changed", "您的登录手机号在窗口改成了另一个号码。不是您来办的，请马上打{help}。")
CODE_ISSUED = sms.Template(
    "identity_code_issued",
    "有人凭您的证件在窗口领了网上登录的核验码。不是您本人去办的，请马上打{help}。",
)
CODE_USED = sms.Template(
    "identity_code_used", "有人用窗口发的核验码，在另一个手机号上登录了您的医保账户。不是您来办的，请马上打{help}。"
)


class NoMatchError(AccountsError):
    """The data do not lead to one free person. Never says which of them was wrong."""

    message = "没有核对上，请检查填写的内容"


class PhoneTakenError(AccountsError):
    """The number already signs in somebody else who has proven who they are."""

    message = "这个手机号已经是另一个人的登录手机号"


class NotTiedError(AccountsError):
    """The person has no sign-in yet."""

    message = "这个人还没有开通网上登录"


def welcome(*, act: Act, phone: str) -> User:
    """Return whoever signs in with this proven, normalised number; a new citizen the first time.

    Where the number may have gone to somebody else since (User.must_prove), whoever has it has to prove who they are.
    """
    if user := User.objects.by_phone(phone).select_related("person").first():
        return _untied(act, user) if user.must_prove(act.at) else user
    try:
        with transaction.atomic():
            user = User.objects.create_citizen(phone)
            audit.record(act=act, verb="sign_in.opened", detail={"user": user.pk})
            return user
    except IntegrityError:  # the same number at the same moment, in another window
        return User.objects.by_phone(phone).get()


def prove_by_record(*, act: Act, user: User, name: str, certno: str, region: str, address: str) -> Person:
    """Tie the user to the person of the roster with this name, normalised certificate number and region.

    With the roster's own phone it takes the person from a sign-in that has shown less, and stops what that one did.
    With any other phone the sign-in is limited (User.is_limited), and the roster's is told. Counts the try first. Raises limits.TooOftenError, or NoMatchError for every reason alike.
    """
    _count_try(user, address, act.at)
    person = proving.by_record(user=user, name=name, certno=certno, region=region)
    with transaction.atomic():
        has_phone = bool(person and person.phone and person.phone == user.phone)
        tied = _tie(act, user, person, TieKind.PHONE if has_phone else TieKind.RECORD)
        if tied and not has_phone:
            limited.tell_owner(user=user, person=tied, now=act.at)
    return _or_no_match(tied)


def prove_by_code(*, act: Act, user: User, typed: str, address: str) -> Person:
    """Tie the user to the person to whom a counter gave this code; the code is then used up.

    Whoever was tied to the person is no longer: a clerk has seen who it is. It also lifts the limits of the user's own
    tie. A phone that neither the roster nor an open tie knows counts as a new number, with which nobody is let at the
    money at once, and the roster's is told: a code may have been given out for a stolen card. Counts the try first.
    Raises limits.TooOftenError, or NoMatchError for every reason alike.
    """
    _count_try(user, address, act.at)
    with transaction.atomic():
        code = proving.by_code(typed=typed, now=act.at)
        # A tie that only name and number had made may be a thief's, also once it has opened by itself.
        was_open = bool(code and user.person_id == code.person_id and not user.is_unproven())
        tied = _tie(act, user, code.person if code else None, TieKind.COUNTER)
        if tied and code:
            IdentityCode.objects.filter(pk=code.pk).update(used_at=act.at, used_by=user)
            if not was_open and not (tied.phone and tied.phone == user.phone):
                _new_number(act, user, tied)
    return _or_no_match(tied)


def issue_identity_code(*, act: Act, person: Person) -> str:
    """Return a code for a person whose documents a clerk has checked. It is shown once; earlier ones stop working.

    The roster's phone is told at once: whose card was stolen learns of it before the code is used.
    """
    _staff_only(act)
    code = proving.new_code()
    with transaction.atomic():
        IdentityCode.objects.filter(person=person, used_at=None, expires_at__gt=act.at).update(expires_at=act.at)
        IdentityCode.objects.create(
            person=person,
            digest=proving.digest(code),
            issued_by=str(act.actor),
            issued_at=act.at,
            expires_at=act.at + CODE_VALID,
        )
        audit.record(act=act, verb="identity.code_issued", subject=person)
        if person.phone:
            sms.queue(phone=person.phone, template=CODE_ISSUED, params=_help(), now=act.at)
    return code


def move_sign_in(*, act: Act, person: Person, to_user: User, not_mine: bool = False) -> list[str]:
    """Tie a person to another citizen's sign-in after a clerk has checked their documents.

    The old sign-in is signed out everywhere and its number told; the new one counts as a new number, with which
    nobody is let at the money at once. With `not_mine` everything stops that the old one did (end_tie); return that in
    words. Raises NoMatchError when to_user is staff, inactive or tied to somebody else.
    """
    _staff_only(act)
    with transaction.atomic():
        users = User.objects.select_for_update().filter(pk__in=_users_of(person) | {to_user.pk}).order_by("pk")
        old = next((user for user in users if user.person_id == person.pk), None)
        new = next(user for user in users if user.pk == to_user.pk)
        if new.is_official or not new.is_active or new.person_id not in (None, person.pk):
            raise NoMatchError
        if old == new:
            return []
        stopped = end_tie(act, person, old, not_mine=not_mine) if old else []
        User.objects.filter(pk=new.pk).update(
            person=person, tied_at=act.at, tied_by=TieKind.COUNTER, phone_changed_at=act.at
        )
        detail = {"from_user": old.pk if old else None, "to_user": new.pk}
        audit.record(act=act, verb="identity.moved", subject=person, detail=detail)
    return stopped


def change_phone(*, act: Act, person: Person, phone: str) -> None:
    """Give a person's sign-in another normalised number after a clerk has checked their documents.

    Signs them out everywhere and tells the old number. A number that only opened a sign-in nobody has proven is
    taken from it. Raises NotTiedError, PhoneTakenError.
    """
    _staff_only(act)
    with transaction.atomic():
        holders = set(User.objects.by_phone(phone).values_list("pk", flat=True))
        users = User.objects.select_for_update().filter(pk__in=_users_of(person) | holders).order_by("pk")
        user = next((user for user in users if user.person_id == person.pk), None)
        holder = next((user for user in users if user.pk in holders), None)
        if user is None:
            raise NotTiedError
        if user == holder:
            return
        if holder:
            _give_up_phone(holder)
        if user.phone:
            sms.queue(phone=user.phone, template=PHONE_CHANGED, params=_help(), now=act.at)
        renews = user.is_unproven()
        user.phone, user.phone_changed_at, user.tied_at, user.tied_by = phone, act.at, act.at, TieKind.COUNTER
        try:
            with transaction.atomic():
                user.save(update_fields=["phone", "phone_index", "phone_changed_at", "tied_at", "tied_by"])
        except IntegrityError:  # signed in for the first time this very moment
            raise PhoneTakenError from None
        end_sessions(user)
        detail = {"user": user.pk, **({"renews": True} if renews else {})}
        audit.record(act=act, verb="identity.phone_changed", subject=person, detail=detail)
        tell(act=act, person=person, template=notice_words.phone_changed, facts={}, about="settings", by_sms=False)


def _new_number(act: Act, user: User, person: Person) -> None:
    """Hold the sign-in back from the money for a while, and tell the roster's phone, where there is one."""
    user.phone_changed_at = act.at
    user.save(update_fields=["phone_changed_at"])
    if person.phone:
        sms.queue(phone=person.phone, template=CODE_USED, params=_help(), now=act.at)


def _untied(act: Act, user: User) -> User:
    """Take the person from a sign-in; they stay free to be proven by whoever they are."""
    with transaction.atomic():
        User.objects.filter(pk=user.pk).update(person=None, tied_at=None, tied_by="", warned_at=None)
        audit.record(act=act, verb="identity.untied", subject=user.person, detail={"user": user.pk})
    user.person = None
    return user


def _help() -> dict[str, str]:
    return {"help": settings.HELP_PHONE}


def purge_expired(*, now: datetime) -> None:
    """Delete what is over: codes after a day, limits nobody touched for two, kept forms, sessions, old messages."""
    day = timedelta(days=1)
    PhoneCode.objects.filter(expires_at__lt=now - day).delete()
    IdentityCode.objects.filter(expires_at__lt=now - MESSAGES_KEPT).delete()
    SetupCode.objects.filter(expires_at__lt=now - MESSAGES_KEPT).delete()
    limits.purge(now - 2 * day)
    cache.purge()
    DayCount.objects.filter(day__lt=(now - MESSAGES_KEPT).date()).delete()
    UnfinishedForm.objects.filter(expires_at__lt=now).delete()
    Session.objects.filter(expire_date__lt=now - day).delete()
    UserSession.objects.exclude(session_key__in=Session.objects.values("session_key")).delete()
    OutboxMessage.objects.exclude(state=MessageState.WAITING).filter(queued_at__lt=now - MESSAGES_KEPT).delete()


def _give_up_phone(holder: User) -> None:
    if holder.person_id:
        raise PhoneTakenError
    holder.phone, holder.is_active = "", False
    holder.save(update_fields=["phone", "phone_index", "is_active"])
    end_sessions(holder)


def _users_of(person: Person) -> set[int]:
    return set(User.objects.filter(person=person).values_list("pk", flat=True))


def _staff_only(act: Act) -> None:
    if act.actor.kind != "staff":
        raise ValueError("only staff may do this")


def _count_try(user: User, address: str, now: datetime) -> None:
    with transaction.atomic(durable=True):
        limits.use_from("identity from address", address, proving.TRIES_OF_ADDRESS, now)
        limits.use("identity of user", str(user.pk), proving.TRIES_OF_USER, now)


def _tie(act: Act, user: User, person: Person | None, how: TieKind) -> Person | None:
    """Tie the user to the person; return None, and only note the try, where there is none or somebody was faster."""
    try:
        with transaction.atomic():
            if person and _may_tie(act, user, person, how):
                renews = {"renews": True} if user.person_id == person.pk and user.is_unproven() else {}
                user.person, user.tied_at, user.tied_by, user.warned_at = person, act.at, how, None
                user.save(update_fields=["person", "tied_at", "tied_by", "warned_at"])
                audit.record(act=act, verb="identity.proven", subject=person, detail={"how": _HOW[how], **renews})
                return person
    except IntegrityError:
        pass
    audit.record(act=act, verb="identity.refused", detail={"how": _HOW[how]})
    return None


def _may_tie(act: Act, user: User, person: Person, how: TieKind) -> bool:
    """Lock the sign-ins concerned and take the person from the other one, where this one has shown more."""
    rows = User.objects.select_for_update().filter(pk__in=_users_of(person) | {user.pk}).order_by("pk")
    locked = {row.pk: row for row in rows}
    mine = locked.pop(user.pk)
    if mine.is_official or mine.person_id not in (None, person.pk if how == TieKind.COUNTER else None):
        return False
    for other in locked.values():
        if other.person_id != person.pk:
            continue
        if how != TieKind.COUNTER and not proving.has_better_claim(mine, other, person):
            return False
        end_tie(act, person, other, not_mine=other.is_unproven() or how == TieKind.PHONE)
    return True


def _or_no_match(person: Person | None) -> Person:
    if person is None:
        raise NoMatchError
    return person
