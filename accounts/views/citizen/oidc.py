"""Sign-in by way of another identity provider: allauth's two pages, and words for when the provider is down."""

import logging
from collections.abc import Callable

import requests
from allauth.socialaccount.providers.openid_connect import views
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache

log = logging.getLogger(__name__)


@login_not_required
@never_cache
def leave(request: HttpRequest, provider_id: str) -> HttpResponse:
    """Ask with GET, go to the provider with POST."""
    return _explained(views.login, request, provider_id)


@login_not_required
@never_cache
def come_back(request: HttpRequest, provider_id: str) -> HttpResponse:
    """Take what the provider sends back, and open the session."""
    return _explained(views.callback, request, provider_id)


def _explained(view: Callable[..., HttpResponse], request: HttpRequest, provider_id: str) -> HttpResponse:
    try:
        return view(request, provider_id)
    except requests.RequestException as error:
        log.warning("identity provider %s: %s", provider_id, type(error).__name__)
        return render(request, "socialaccount/authentication_error.html", status=503)
