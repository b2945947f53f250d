"""The pages for what went wrong. They say what happened, whether money moved and what to do; never a code.

The last one, for a fault of ours, needs no database, no session and no user.
"""

import logging
from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.views.decorators.csrf import requires_csrf_token

from accounts.identity.access import is_official
from accounts.identity.adapter import home_of
from accounts.views.display import display_of_cookie
from yibao.context import Portal
from yibao.lib import clock
from yibao.lib.speakable import speakable

log = logging.getLogger("yibao.errors")


def new_reference() -> str:
    """Return a number for one failure, as said on the phone: E-1121-7F3A."""
    return f"E-{clock.today():%m%d}-{speakable(4)}"


@requires_csrf_token
def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    return render(request, "400.html", status=400)


@requires_csrf_token
def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Say whose page it is not: staff are told that it is another post's, and how they come to their own."""
    user: Any = getattr(request, "user", None)
    staff_home = home_of(user) if is_official(user) else ""
    return render(request, "403.html", {"staff_home": staff_home}, status=403)


@requires_csrf_token
def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    return render(request, "404.html", status=404)


@requires_csrf_token
def stale_form(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Answer a form whose CSRF token is missing or old: the page stood open too long or cookies are off."""
    return render(request, "403_csrf.html", status=403)


def say_not_allowed(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Give the address of a button, opened as a page (reloaded after a sign-in, kept as a bookmark), words of ours."""

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        if response.status_code != 405 or response.content or request.method == "HEAD":
            return response
        page = render(request, "405.html", status=405)
        page["Allow"] = response["Allow"]
        return page

    return middleware


def server_error(request: HttpRequest) -> HttpResponse:
    reference = new_reference()
    log.error("reference %s for %s %s", reference, request.method, request.path)
    page = render_to_string(
        "500.html", {"display": display_of_cookie(request), "portal": Portal(request), "reference": reference}
    )
    response = HttpResponse(page, status=500)
    response["X-Reference"] = reference
    response["Cache-Control"] = "no-store"
    return response
