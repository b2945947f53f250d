"""What somebody was submitting when their session had ended: kept encrypted for a day, for the same user only."""

from datetime import datetime, timedelta
from importlib import import_module

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.models import Session
from django.http import HttpRequest
from django.utils.crypto import constant_time_compare

from accounts.models import UnfinishedForm, User

KEPT = timedelta(hours=24)  # accessibility rules ask for 20
MOST_CHARACTERS = 16_000
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


def whose_session_ended(request: HttpRequest, now: datetime) -> User | None:
    """Return the user whose session, named by this request's cookie, was good until it was left alone too long."""
    key = request.COOKIES.get(settings.SESSION_COOKIE_NAME, "")
    row = Session.objects.filter(session_key=key, expire_date__lte=now).first() if key else None
    if row is None:
        return None
    data = import_module(settings.SESSION_ENGINE).SessionStore().decode(row.session_data)
    if not data.get(BACKEND_SESSION_KEY):
        return None
    user = User.objects.filter(pk=data[SESSION_KEY], is_active=True).first()
    sound = user and constant_time_compare(data.get(HASH_SESSION_KEY, ""), user.get_session_auth_hash())
    return user if sound else None
