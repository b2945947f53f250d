"""Browsers that have signed in with a number before: what strangers do with the number does not touch them.

A signed cookie that lasts over a year holds keyed digests of the numbers, never the numbers. It opens nothing: whoever
has it still needs the code. It only says that asking counts apart from what strangers ask (codes.SIGN_IN_AGAIN).
"""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.crypto import salted_hmac

COOKIE = "__Host-known" if settings.HTTPS else "known"
SALT = "accounts.known"
DAYS = 400  # browsers keep no cookie longer
MOST = 5  # numbers: a family shares a tablet
_MARK_LENGTH = 24  # hexadecimal digits of a digest


def knows(request: HttpRequest, phone: str) -> bool:
    """Say whether this browser has signed in with this normalised number before."""
    return bool(phone) and _mark(phone) in _marks(request)


def remember(request: HttpRequest, response: HttpResponse, phone: str) -> None:
    """Let the browser show from now on that it has signed in with this number."""
    marks = [_mark(phone), *(mark for mark in _marks(request) if mark != _mark(phone))][:MOST]
    response.set_signed_cookie(
        COOKIE,
        ".".join(marks),
        salt=SALT,
        max_age=DAYS * 24 * 3600,
        secure=settings.HTTPS,
        httponly=True,
        samesite="Lax",
    )


def _marks(request: HttpRequest) -> list[str]:
    value = request.get_signed_cookie(COOKIE, default="", salt=SALT, max_age=DAYS * 24 * 3600)
    return value.split(".") if value else []


def _mark(phone: str) -> str:
    return salted_hmac(SALT, phone, algorithm="sha256").hexdigest()[:_MARK_LENGTH]
