"""锁屏: a session of the staff that stays and opens nothing until the same person unlocks it.

What is locked is the session on the server, in every window of the browser, whatever a page still shows.
"""

from datetime import datetime

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import urlencode
from django_htmx.http import HttpResponseClientRedirect

from accounts.identity import drafts
from accounts.identity.access import has_second_factor, is_official
from accounts.models import User

LOCKED, SEEN = "locked", "seen_at"
# What opens it, what ends it, and what shows nothing of anybody: the size of letters, the numbers called in the hall.
OPEN_WHEN_LOCKED = {"lock_screen", "account_logout", "display", "counter_display", "counter_displays"}


def is_polled(request: HttpRequest) -> bool:
    """Say whether a page fetched something by itself: that nobody has left it proves nothing, and keeps no session."""
    return "X-Polled" in request.headers


def lock(request: HttpRequest) -> None:
    request.session[LOCKED] = True


def is_locked(request: HttpRequest, now: datetime) -> bool:
    """Say whether the session of a member of staff is locked, by them or by having been left alone for long enough.

    Before the second factor there is nothing to lock: no page is open then.
    """
    if not is_official(request.user) or not has_second_factor(request):
        return False
    if not request.session.get(LOCKED) and idle_seconds(request, now) > settings.STAFF_LOCK_SECONDS:
        lock(request)
    return bool(request.session.get(LOCKED))


def idle_seconds(request: HttpRequest, now: datetime) -> float:
    """Return since when (seconds) nobody has asked for a page in this session; 0 in a new one."""
    seen = request.session.get(SEEN)
    return now.timestamp() - seen if seen else 0.0


def unlock(request: HttpRequest, now: datetime) -> None:
    request.session.pop(LOCKED, None)
    request.session[SEEN] = now.timestamp()


def answer(request: HttpRequest, user: User, now: datetime) -> HttpResponse:
    """Send somebody to the lock page; what they were submitting is kept, else where they were going."""
    drafts.keep(user, request, now)
    back = request.get_full_path() if request.method == "GET" and not request.htmx else ""
    address = f"{reverse('lock_screen')}{'?' + urlencode({'next': back}) if back else ''}"
    return HttpResponseClientRedirect(address) if request.htmx else redirect(address)
