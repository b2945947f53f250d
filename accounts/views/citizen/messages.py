"""通知 (C23): what we told this person. The same words went to their phone, without a link in either."""

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from accounts.identity.access import act_of, current_person, person_required
from accounts.operations.notices import mark_read
from accounts.queries.notices import notices_of

A_PAGE = 20


@never_cache
@person_required
@require_GET
def messages(request: HttpRequest) -> HttpResponse:
    """List the notices. Looking changes nothing: they are marked as read when the person says so."""
    page = Paginator(notices_of(current_person(request)), A_PAGE).get_page(request.GET.get("page"))
    return render(request, "accounts/messages.html", {"page_obj": page})


@person_required
@require_POST
def read(request: HttpRequest) -> HttpResponse:
    """Mark every notice as read."""
    mark_read(act=act_of(request), person=current_person(request))
    return redirect("messages")
