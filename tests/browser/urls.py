"""The site's addresses, and pages that misbehave in every way a page can: slow, refused, broken, already changed."""

import time
from datetime import timedelta

from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import BadRequest, PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.template import engines
from django.urls import path

from yibao import errors
from yibao.lib import clock
from yibao.urls import handler400, handler403, handler404, handler500  # noqa: F401
from yibao.urls import urlpatterns as site

FRAME = """{% extends "layouts/flow.html" %}{% block title %}试一试{% endblock %}{% block main %}<h1>试一试</h1>
<form method="post" action="/try/post/" id="plain">{% csrf_token %}<input type="hidden" name="wait" value="{{ wait }}">
<button class="btn" id="send">同意并发出邀请</button></form>
<section id="part"><h2>邀请</h2>
<form method="post" action="/try/swap/" hx-post="/try/swap/" hx-target="#part" hx-swap="outerHTML">{% csrf_token %}
<input type="hidden" name="wait" value="{{ wait }}"><input type="hidden" name="answer" value="{{ answer }}">
<button class="btn" id="swap">撤回邀请</button></form></section>{% endblock %}"""

ANSWERED: list[str] = []  # what the server was asked to do, in order


@login_not_required
def page(request: HttpRequest) -> HttpResponse:
    template = engines["django"].from_string(FRAME)
    return HttpResponse(template.render(dict(request.GET.items()) | {"back_url": "/display/"}, request))


@login_not_required
def post(request: HttpRequest) -> HttpResponse:
    ANSWERED.append("post")
    time.sleep(float(request.POST["wait"] or 0))
    return redirect("/try/done/")


@login_not_required
def swap(request: HttpRequest) -> HttpResponse:
    ANSWERED.append("swap")
    time.sleep(float(request.POST["wait"] or 0))
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
    template = engines["django"].from_string(
        '{% extends "layouts/base.html" %}{% block title %}办好了{% endblock %}{% block main %}'
        '{% include "components/panel.html" with title="邀请已发出" number="GJ2026-1121-00042" only %}{% endblock %}'
    )
    return HttpResponse(template.render({}, request))


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
    path("errors/<name>/", error),
    *site,
]
