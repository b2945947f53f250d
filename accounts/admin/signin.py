"""The admin's own sign-in page knows no second factor: whoever asks for it goes to the staff's sign-in page."""

from typing import Any

from django.contrib import admin
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import urlencode

from accounts.identity import access


@login_not_required
def sign_in(request: HttpRequest, *args: Any, **options: Any) -> HttpResponse:
    """Send strangers to sign in, staff of the admin in, and everybody else away (403)."""
    onward = access.safe_next(request) or reverse("admin:index")
    if request.user.is_authenticated:
        if not request.user.is_staff:
            raise PermissionDenied
        return redirect(onward)
    return redirect(f"{reverse('account_login')}?{urlencode({'next': onward})}")


admin.site.login = sign_in  # type: ignore[method-assign]
