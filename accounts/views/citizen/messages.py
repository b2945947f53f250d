"""通知 (C23): what we told this person, and where it leads. Text messages about it hold no link."""

from collections.abc import Iterable

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from accounts import wording
from accounts.identity.access import act_of, current_person, person_required
from accounts.operations.notices import mark_read
from accounts.queries import page_hooks
from accounts.queries.entries import entries_of
from accounts.queries.lines import lines_of
from accounts.queries.news import news_of
from accounts.queries.notices import kinds_of, notices_of
from accounts.queries.statement import latest_transfers
from accounts.views.citizen.account import entry_url
from accounts.views.citizen.current_account import my_account
from yibao.lib import clock

A_PAGE = 20
LATEST, MOST_NEWS = 5, 5
SETTINGS = "settings"  # what a warning about the sign-in is about
ENTRY = "entry:"  # and what one of operations.found_notices is


@never_cache
@person_required
@require_GET
def messages(request: HttpRequest) -> HttpResponse:
    """List the notices, all or of one kind. Looking changes nothing: they are marked as read when the person says so."""
    person = current_person(request)
    kinds, chosen = kinds_of(person), request.GET.get("kind", "")
    notices_here = notices_of(person)
    if chosen:
        notices_here = notices_here.filter(kind__in=[kind for kind in kinds if kind == chosen])
    page = Paginator(notices_here, A_PAGE).get_page(request.GET.get("page"))
    links = page_hooks.notice_links(person, {notice.about for notice in page if notice.about}, clock.now())
    links |= _to_entries(notice.about for notice in page)
    links[SETTINGS] = page_hooks.Link("看登录着的设备", reverse("settings"))
    shown = zip(page, wording.worded(list(page)), strict=True)
    notices = [(notice, words, links.get(notice.about)) for notice, words in shown]
    context = {"page_obj": page, "notices": notices, "kinds": kinds, "chosen": chosen}
    if page.number == 1 and not chosen:
        context |= _of_the_account(request)
    return render(request, "accounts/messages.html", context)


def _to_entries(abouts: Iterable[str]) -> dict[str, page_hooks.Link]:
    """Return where notices of single entries lead; the page itself asks whose entry it is."""
    ids = [about.removeprefix(ENTRY) for about in abouts if about.startswith(ENTRY)]
    return {f"{ENTRY}{one}": page_hooks.Link("看这一笔", entry_url(int(one))) for one in ids}


def _of_the_account(request: HttpRequest) -> dict[str, object]:
    """Return what moved in the account last, and what changed about the person: read from the books, not stored anew."""
    _, mine = my_account(request)
    if mine is None:
        return {}
    entries = entries_of(mine.person, reversed(latest_transfers(mine, LATEST)))
    return {"entries": lines_of(mine, entries, url=entry_url)[::-1], "news": news_of(mine)[:MOST_NEWS]}


@person_required
@require_POST
def read(request: HttpRequest) -> HttpResponse:
    """Mark every notice as read."""
    mark_read(act=act_of(request), person=current_person(request))
    return redirect("messages")
