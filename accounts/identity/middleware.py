"""The gate before every page: signed in, with a second factor for staff, and not for longer than allowed.

Pages are closed unless they say otherwise (django.contrib.auth.decorators.login_not_required).
"""

from datetime import datetime
from typing import Any

from django.conf import settings
from django.contrib.auth import logout
from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.cache import patch_vary_headers
from django.utils.http import urlencode

from accounts.identity import access, drafts, lock_screen
from accounts.models import User
from yibao.lib import clock

TOUCH_SECONDS = 60  # a session is written at most once a minute, not at every request
STAFF_TOUCH_SECONDS = 5  # theirs lock and end sooner
SECOND_FACTOR_PAGE = "second_factor"


def longest_seconds(user: User) -> int:
    """Return for how long (seconds) a session lasts, however busy somebody is."""
    return settings.STAFF_LONGEST_SECONDS if user.is_official else settings.SESSION_LONGEST_SECONDS


class SignInMiddleware(LoginRequiredMiddleware):
    """Who may pass, how long a session lasts, and that nobody else's browser keeps what it showed."""

    def process_request(self, request: HttpRequest) -> None:
        if not request.user.is_authenticated:
            drafts.note_ended_session(request, clock.now())
            return
        user = request.was_user = access.current_user(request)  # when the request came
        now = clock.now()
        began = request.session.setdefault("signed_in_at", now.timestamp())
        idle = lock_screen.idle_seconds(request, now)
        if now.timestamp() - began > longest_seconds(user) or (user.is_official and idle > settings.STAFF_IDLE_SECONDS):
            logout(request)
            drafts.note(request, user)

    def process_view(self, request: HttpRequest, view_func: Any, *args: Any) -> HttpResponse | None:
        page = request.resolver_match.view_name if request.resolver_match else ""
        if request.user.is_authenticated:
            now = clock.now()
            if lock_screen.is_locked(request, now) and page not in lock_screen.OPEN_WHEN_LOCKED:
                return lock_screen.answer(request, access.current_user(request), now)
            self._touch(request, now)
        if not getattr(view_func, "login_required", True):
            return None
        if not request.user.is_authenticated:
            return self._refuse(request, view_func)
        if access.is_official(request.user) and page != SECOND_FACTOR_PAGE and not access.has_second_factor(request):
            return redirect(SECOND_FACTOR_PAGE)
        return None

    def _touch(self, request: HttpRequest, now: datetime) -> None:
        """Note that somebody is there, unless the page asked by itself or is locked."""
        is_there = not lock_screen.is_polled(request) and not request.session.get(lock_screen.LOCKED)
        every = STAFF_TOUCH_SECONDS if access.is_official(request.user) else TOUCH_SECONDS
        if is_there and now.timestamp() - request.session.get(lock_screen.SEEN, 0) > every:
            request.session[lock_screen.SEEN] = now.timestamp()

    def _refuse(self, request: HttpRequest, view_func: Any) -> HttpResponse:
        """Send a stranger to sign in; tell somebody whose session has ended, and keep what they were submitting."""
        user = drafts.whose_session_ended(request)
        kept = user is not None and drafts.keep(user, request, clock.now())
        back = request.get_full_path() if request.method == "GET" and not request.htmx else ""
        sign_in = f"{self._sign_in_page(request, view_func)}{'?' + urlencode({'next': back}) if back else ''}"
        if user is None and back:
            return redirect(sign_in)
        return render(request, "expired.html", {"sign_in": sign_in, "kept": kept}, status=401)

    def _sign_in_page(self, request: HttpRequest, view_func: Any) -> str:
        is_admin = bool(request.resolver_match and "admin" in request.resolver_match.namespaces)
        return reverse("account_login") if is_admin or getattr(view_func, "login_url", None) else reverse("sign_in")

    def process_response(self, request: HttpRequest, response: HttpResponse) -> HttpResponse:
        was = getattr(request, "was_user", None)
        if was or request.user.is_authenticated:
            response["Cache-Control"] = "no-store"
            patch_vary_headers(response, ["HX-Request"])
        if was and not request.user.is_authenticated:
            # A shared computer must not give back what the last user saw. Cookies stay: one holds the letter size.
            response["Clear-Site-Data"] = '"cache", "storage"'
        return response
