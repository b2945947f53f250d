"""Where a clerk comes after signing in, until the counter has its own pages."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from accounts.codes import Role
from accounts.identity.access import role_required


@never_cache
@role_required(Role.CLERK)
@require_GET
def counter(request: HttpRequest) -> HttpResponse:
    """Say that the work of the counter is not done here yet, and what a clerk can do meanwhile."""
    return render(request, "accounts/counter.html")
