"""The site, and beside each measured page a view that does the same work raw: the floor of the page."""

import pickle
from functools import cache
from pathlib import Path

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.urls import include, path
from psycopg import Cursor

from tests.benchmarks.pages import STATEMENTS


@cache
def recorded() -> dict[str, tuple[list[str], bytes]]:
    return pickle.loads((Path(settings.VAR) / STATEMENTS).read_bytes())


@login_not_required
def same(request: HttpRequest, page: str) -> HttpResponse:
    """Run the statements of a page, prepared, and return its bytes."""
    statements, content = recorded()[page]
    connection.ensure_connection()
    connection.close_if_health_check_failed()  # as the page's own connection is looked at
    with Cursor(connection.connection) as cursor:
        for statement in statements:
            cursor.execute(statement, prepare=True)
            if cursor.description:
                cursor.fetchall()
    return HttpResponse(content)


urlpatterns = [path("same/<page>/", same), path("", include("yibao.urls"))]

handler404 = "yibao.errors.not_found"
handler500 = "yibao.errors.server_error"
