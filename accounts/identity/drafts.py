"""What somebody was submitting when their session had ended: kept encrypted for a day, for the same user only."""

from datetime import datetime, timedelta
from importlib import import_module

from django.conf import settings
from django.contrib.auth import HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.models import Session
from django.http import HttpRequest
from django.utils.crypto import constant_time_compare

from accounts.models import UnfinishedForm, User

KEPT = timedelta(hours=24)  # accessibility rules ask for 20
MOST_CHARACTERS = 16_000
ENDED = "ended_session_of"
FORM = "application/x-www-form-urlencoded"
# URL names where one POST carries something out, looks at somebody or takes a secret. Whoever stands at a browser that
# was left alone may submit there in its owner's name, and would have them confirm it: these are begun anew instead.
# Other apps add theirs; of the administration no page is kept.
DEEDS = {
    *("account_login", "mfa_authenticate", "new_password", "second_factor", "passkeys", "sign_in", "sign_in_code"),
    *("identity_record", "identity_code", "identity_phone", "identity_not_me", "settings_sign_out_others"),
    *("counter_case_submit", "counter_case_park", "counter_case_resume", "counter_case_drop", "counter_case_print"),
    *("counter_case_undo", "counter_check", "counter_check_back", "counter_objection", "counter_day_close"),
    *("counter_lookups_grant", "counter_find", "counter_person_unmask", "counter_person_begin"),
    *("continue_form", "drop_form"),
}


def _is_deed(request: HttpRequest) -> bool:
    match = request.resolver_match
    return match is not None and (match.view_name in DEEDS or "admin" in match.namespaces)


def keep(user: User, request: HttpRequest, now: datetime) -> bool:
    """Keep the form that this request brought; return whether it is kept.

    Not a deed (DEEDS), nor a form in which nothing stands; and what is kept already stays, whoever submits meanwhile.
    """
    if request.method != "POST" or request.content_type != FORM or _is_deed(request):
        return False
    fields = request.POST.copy()
    fields.pop("csrfmiddlewaretoken", None)
    body, path = fields.urlencode(), request.get_full_path()
    is_empty = not any(value for values in dict(fields.lists()).values() for value in values)
    if is_empty or len(body) > MOST_CHARACTERS or len(path) > 200:
        return False
    UnfinishedForm.objects.filter(user=user, expires_at__lte=now).delete()
    new = {"path": path, "body": body, "expires_at": now + KEPT}
    kept, _ = UnfinishedForm.objects.get_or_create(user=user, defaults=new)
    return (kept.path, kept.body) == (path, body)  # a second click on the same button too


def of(user: User, now: datetime) -> UnfinishedForm | None:
    """Return the form this user has not finished."""
    return UnfinishedForm.objects.filter(user=user, expires_at__gt=now).first()


def note_ended_session(request: HttpRequest, now: datetime) -> None:
    """Remember, in a new and anonymous session, whose session it was that was left alone too long in this browser.

    The browser is about to lose the old session's cookie, and what it submits next may be worth keeping.
    """
    key = request.COOKIES.get(settings.SESSION_COOKIE_NAME, "")
    row = Session.objects.filter(session_key=key, expire_date__lte=now).first() if key else None
    data = import_module(settings.SESSION_ENGINE).SessionStore().decode(row.session_data) if row else {}
    user = User.objects.filter(pk=data[SESSION_KEY], is_active=True).first() if SESSION_KEY in data else None
    if user and constant_time_compare(data.get(HASH_SESSION_KEY, ""), user.get_session_auth_hash()):
        note(request, user)


def note(request: HttpRequest, user: User) -> None:
    request.session[ENDED] = user.pk


def whose_session_ended(request: HttpRequest) -> User | None:
    """Return the user whose session ended in this browser, if nobody has signed in since."""
    user_id = request.session.get(ENDED)
    return User.objects.filter(pk=user_id, is_active=True).first() if user_id else None


def drop_ended_session(request: HttpRequest) -> None:
    """Somebody has signed in."""
    request.session.pop(ENDED, None)
