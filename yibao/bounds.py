"""What no page is asked to read: bodies beyond any form, and values that neither Python nor the database can hold.

Such a value gets the page 400 and no 500; each is logged, since the form or filter should have refused it.
"""

import logging
import re
from collections.abc import Callable

from django.core.exceptions import FieldDoesNotExist, ValidationError
from django.db import DataError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from accounts.forms.imports import MOST_BYTES

log = logging.getLogger("yibao.bounds")

MOST_FORM_BYTES = 1 << 20  # of a citizen's form: fields only, nobody hands in files there
TAKES_FILES = re.compile(r"/admin/|/counter/cases/[^/]+/$")
AROUND = 1 << 20  # what a form adds to a file
TOO_MUCH = (DataError, OverflowError, UnicodeEncodeError, RecursionError, FieldDoesNotExist)
OF_A_FILTER = (ValueError, ValidationError)  # the admin's filters turn what stands in the address into values


class BoundsMiddleware:
    """Refuse bodies that are too long before anything reads them, and answer values out of bounds with 400."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        length = request.META.get("CONTENT_LENGTH") or "0"
        if not length.isdecimal() or int(length[:20]) > _most(request):
            return HttpResponse("提交的内容太大，没有收下。\n", status=413, content_type="text/plain; charset=utf-8")
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        view = request.resolver_match.view_name if request.resolver_match else ""
        if not isinstance(exception, TOO_MUCH) and not (
            _only_reads(request, view) and isinstance(exception, OF_A_FILTER)
        ):
            return None
        log.error("out of bounds: %s at %s", type(exception).__name__, view)
        return render(request, "400.html", status=400)


def _only_reads(request: HttpRequest, view: str) -> bool:
    """Say whether this is a page of the admin that turns what stands in the address into values, and changes nothing."""
    is_admin = view.startswith("admin:")
    return is_admin and (request.method != "POST" or view.endswith("_history") or view == "admin:view_on_site")


def _most(request: HttpRequest) -> int:
    """Return how long a body may be (bytes): files come to the admin and, as pictures of papers, to a case; only there."""
    return MOST_BYTES + AROUND if TAKES_FILES.match(request.path) else MOST_FORM_BYTES
