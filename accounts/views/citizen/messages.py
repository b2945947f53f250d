"""通知 (C23): what we told this person, and where it leads. Text messages about it hold no link."""

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from accounts.identity.access import act_of, current_person, person_required
from accounts.operations.notices import mark_read
from accounts.queries import page_hooks
from accounts.queries.notices import notices_of
from yibao.lib import clock

A_PAGE = 20
SETTINGS = "settings"  # what a warning about the sign-in is about


@never_cache
@person_required
@require_GET
def messages(request: HttpRequest) -> HttpResponse:
    """List the notices. Looking changes nothing: they are marked as read when the person says so."""
    person = current_person(request)
    page = Paginator(notices_of(person), A_PAGE).get_page(request.GET.get("page"))
    links = page_hooks.notice_links(person, {notice.about for notice in page if notice.about}, clock.now())
    links[SETTINGS] = page_hooks.Link("看登录着的设备", reverse("settings"))
    context = {"page_obj": page, "notices": [(notice, links.get(notice.about)) for notice in page]}
    return render(request, "accounts/messages.html", context)


@person_required
@require_POST
def read(request: HttpRequest) -> HttpResponse:
    """Mark every notice as read."""
    mark_read(act=act_of(request), person=current_person(request))
    return redirect("messages")
