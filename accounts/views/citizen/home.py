"""首页 (C01): what one can do here, what is needed, and until when premiums are collected."""

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from accounts.identity.adapter import home_of
from accounts.queries.calendar import premium_windows
from yibao.lib import clock


@login_not_required
@never_cache
@require_GET
def home(request: HttpRequest) -> HttpResponse:
    """Show visitors what this is; whoever is signed in starts on their own page."""
    if request.user.is_authenticated:
        return redirect(home_of(request.user))
    today = clock.today()
    return render(request, "accounts/home.html", {"today": today, "windows": premium_windows(today)})
