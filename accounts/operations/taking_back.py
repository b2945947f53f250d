"""这不是我: ending what another sign-in has of a person, and everything that was done with it.

Other apps register in `on_taken_back` what has to stop: family sharing, above all.
"""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime

from allauth.usersessions.models import UserSession
from django.conf import settings
from django.db import transaction
from django.db.models import Q

from accounts.errors import AccountsError
from accounts.identity import audit, sms
from accounts.identity.actors import Act
from accounts.models import AuditEvent, Person, User
from accounts.operations.notices import tell
from accounts.operations.proving import has_better_claim
from accounts.queries import notice_words
from accounts.queries.people import find_by_phone

MOVED = sms.Template("identity_moved", "您的医保账户改用另一个登录了，原来的登录已退出。不是您来办的，请马上打{help}。")

# (act, person, actor as it is stored, since): stop what that sign-in did for the person since then, in the caller's
# transaction, tell the person, and say in words what it was.
OnTakenBack = Callable[[Act, Person, str, datetime], list[str]]
on_taken_back: list[OnTakenBack] = []
_EVER = datetime.min.replace(tzinfo=UTC)


class NotYoursError(AccountsError):
    """No sign-in of another number is tied to anybody whose phone on the roster is this one."""

    message = "没有别人的登录占用登记着您手机号的账户"


def end_sessions(user: User) -> None:
    """Sign somebody out on every device. A citizen's unusable password changes too, which no session survives."""
    for session in UserSession.objects.filter(user=user):
        session.end()
    if not user.is_official:
        user.set_unusable_password()
        user.save(update_fields=["password"])


def end_tie(act: Act, person: Person, user: User, *, not_mine: bool) -> list[str]:
    """Take the person from a sign-in that the caller has locked, sign it out and tell its number.

    With `not_mine` everything it has done for the person stops; return that in words, also told to the person.
    """
    User.objects.filter(pk=user.pk).update(person=None, tied_at=None, tied_by="", warned_at=None)
    end_sessions(user)
    sms.queue(to_user=user, template=MOVED, params={"help": settings.HELP_PHONE}, now=act.at)
    stopped = _stop(act, person, user) if not_mine else []
    audit.record(act=act, verb="identity.taken_back", subject=person, detail={"user": user.pk, "not_mine": not_mine})
    if not_mine:
        tell(act=act, person=person, template=notice_words.taken_back, facts={"stopped": len(stopped)})
    return stopped


def would_stop(*, act: Act, person: Person, user: User) -> list[str]:
    """Return in words what would stop if a sign-in of a person turned out not to be theirs; nothing is written."""
    with transaction.atomic():
        stopped = _stop(act, person, user)
        transaction.set_rollback(True)
    return stopped


def _stop(act: Act, person: Person, user: User) -> list[str]:
    """Stop everything that the sign-in has done for the person since it was tied to them; return it in words."""
    since = _held_since(person, user)
    return [words for hook in on_taken_back for words in hook(act, person, f"citizen:{user.pk}", since)]


def _held_since(person: Person, user: User) -> datetime:
    """Return since when whoever has the sign-in now has had it.

    A tie renewed at a counter, over one that only name and number had made (`renews`), goes back to that one: it may have
    been a thief's, and what they did before stops as well.
    """
    tied = Q(verb="identity.proven", actor=f"citizen:{user.pk}") | Q(verb="identity.moved", detail__to_user=user.pk)
    renewed = Q(verb="identity.phone_changed", detail__user=user.pk)
    rows = AuditEvent.objects.filter(tied | renewed, subject=person).order_by("-at", "-pk").values_list("at", "detail")
    found = list(rows)
    if not found:
        return user.tied_at or user.joined_at
    return next((at for at, detail in found if not detail.get("renews")), _EVER)


def take_back(*, act: Act, person: Person) -> list[str]:
    """「这不是我」 at a counter: end the sign-in that a person says is not theirs; return what stopped with it.

    Raises NotYoursError where there is none.
    """
    if act.actor.kind != "staff":
        raise ValueError("only staff may do this")
    with transaction.atomic():
        user = User.objects.select_for_update().filter(person=person).first()
        if user is None:
            raise NotYoursError
        return end_tie(act, person, user, not_mine=True)


def take_back_by_phone(*, act: Act, user: User) -> list[str]:
    """「这不是我」 from the roster's own phone, with which the user has signed in. Raises NotYoursError."""
    with transaction.atomic():
        stopped, found = [], False
        for person, other in list(others_of(user)):
            locked = User.objects.select_for_update().get(pk=other.pk)
            if locked.person_id == person.pk and has_better_claim(user, locked, person):
                found = True
                stopped += end_tie(act, person, locked, not_mine=True)
        if not found:
            raise NotYoursError
    return stopped


def others_of(user: User) -> Iterator[tuple[Person, User]]:
    """Yield whoever has this user's phone on the roster and is tied to a sign-in that has shown less than that."""
    for person in find_by_phone(user.phone) if user.phone else ():
        other = User.objects.filter(person=person).exclude(pk=user.pk).first()
        if other is not None and has_better_claim(user, other, person):
            yield person, other
