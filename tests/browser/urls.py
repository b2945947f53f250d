"""The site's addresses, and pages that misbehave in every way a page can: slow, refused, broken, already changed."""

import threading
from datetime import timedelta
from pathlib import Path

from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import BadRequest, PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.template import engines
from django.urls import path

from tests.browser.counter_states import counter_state
from tests.browser.family_states import family_state
from tests.browser.premium_states import premium_state
from yibao import errors
from yibao.lib import clock
from yibao.urls import handler400, handler403, handler404, handler500  # noqa: F401
from yibao.urls import urlpatterns as site

PAGES = Path(__file__).with_name("pages")
ANSWERED: list[str] = []  # what the server was asked to do, in order
answering = threading.Event()  # cleared while the server lets its visitors wait
answering.set()


def shown(request: HttpRequest, name: str, **context: object) -> HttpResponse:
    template = engines["django"].from_string((PAGES / name).read_text())
    return HttpResponse(template.render(context, request))


@login_not_required
def page(request: HttpRequest) -> HttpResponse:
    return shown(request, "form.html", **dict(request.GET.items()), back_url="/display/")


@login_not_required
def post(request: HttpRequest) -> HttpResponse:
    ANSWERED.append("post")
    answering.wait()
    return redirect("/try/done/")


@login_not_required
def swap(request: HttpRequest) -> HttpResponse:
    ANSWERED.append("swap")
    answering.wait()
    answer = request.POST["answer"]
    if answer == "whole":
        return redirect("/try/done/")
    if answer:
        return HttpResponse(status=int(answer))
    return HttpResponse(
        '<section id="part"><h2>已撤回</h2></section><div id="status" hx-swap-oob="innerHTML">已撤回。</div>'
    )


@login_not_required
def done(request: HttpRequest) -> HttpResponse:
    return shown(request, "done.html")


@login_not_required
def desk(request: HttpRequest) -> HttpResponse:
    return shown(request, "desk.html")


@login_not_required
def sheets(request: HttpRequest) -> HttpResponse:
    return shown(request, "sheets.html", names=["申请表", "受理回执", "一次告知单"], back_url="/try/")


@login_not_required
def error(request: HttpRequest, name: str) -> HttpResponse:
    """Show an error page the way the site itself would come to it."""
    raised = {"400": BadRequest("bad"), "403": PermissionDenied(), "404": Http404(), "500": RuntimeError("broken")}
    if name in raised:
        raise raised[name]
    if name == "403_csrf":
        return errors.stale_form(request)
    until = clock.now() + timedelta(minutes=30)
    status = {"409": 409, "429": 429, "503": 503, "expired": 200}[name]
    return render(request, f"{name}.html", {"until": until, "back_url": "/display/"}, status=status)


urlpatterns = [
    path("try/", page),
    path("try/post/", post),
    path("try/swap/", swap),
    path("try/done/", done),
    path("try/desk/", desk),
    path("try/sheets/", sheets),
    path("try/family/<name>/", family_state),
    path("try/counter/<name>/", counter_state),
    path("try/premium/<name>/", premium_state),
    path("errors/<name>/", error),
    *site,
]
