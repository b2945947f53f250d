"""办事进度 (C22): everything under way, from the web and the counter, in one list."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from accounts.identity.access import current_person, person_required
from accounts.queries import page_hooks
from yibao.lib import clock


@never_cache
@person_required
@require_GET
def cases(request: HttpRequest) -> HttpResponse:
    today = clock.today()
    return render(
        request,
        "accounts/cases.html",
        {"today": today, "cases": page_hooks.progress_of(current_person(request), today)},
    )
