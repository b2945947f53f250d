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


def keep(user: User, request: HttpRequest, now: datetime) -> bool:
    """Keep the form that this request brought; return whether it could be kept."""
    if request.method != "POST" or request.content_type != FORM:
        return False
    fields = request.POST.copy()
    fields.pop("csrfmiddlewaretoken", None)
    body, path = fields.urlencode(), request.get_full_path()
    if len(body) > MOST_CHARACTERS or len(path) > 200:
        return False
    UnfinishedForm.objects.update_or_create(user=user, defaults={"path": path, "body": body, "expires_at": now + KEPT})
    return True


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
