"""How large and how dark the letters are: chosen once, kept in a cookie and with the signed-in user.

The signed-in user's own choice wins; an empty field means that they never chose and the cookie counts.
"""

from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods
from django_htmx.http import trigger_client_event

from accounts.codes import Contrast, TextSize
from accounts.identity.access import own_path

COOKIE = "display"  # "elder.high"
COOKIE_DAYS = 400  # browsers keep no cookie longer


@dataclass(frozen=True)
class Display:
    size: TextSize = TextSize.STANDARD
    contrast: Contrast = Contrast.STANDARD

    @property
    def is_elder(self) -> bool:
        return self.size == TextSize.ELDER

    def __str__(self) -> str:
        return f"{self.size}.{self.contrast}"


def _display(size: str, contrast: str, otherwise: Display) -> Display:
    """Return the display of these two values; a value that is no choice leaves the other display's."""
    return Display(
        TextSize(size) if size in TextSize.values else otherwise.size,
        Contrast(contrast) if contrast in Contrast.values else otherwise.contrast,
    )


def display_of_cookie(request: HttpRequest) -> Display:
    """Return what the cookie says. Asks nobody else: error pages use it when the database is gone."""
    size, _, contrast = request.COOKIES.get(COOKIE, "").partition(".")
    return _display(size, contrast, otherwise=Display())


def display_of(request: HttpRequest) -> Display:
    """Return the display of whoever is looking: the user's choice, else the cookie's, else the standard."""
    cookie = display_of_cookie(request)
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return cookie
    return _display(getattr(user, "text_size", ""), getattr(user, "contrast", ""), otherwise=cookie)


@login_not_required
@require_http_methods(["GET", "POST"])
@never_cache
def display(request: HttpRequest) -> HttpResponse:
    """Show the four sizes as they will look, or keep the chosen one and go back to where the person was.

    With HTMX only the header's tools are replaced and an event tells the page, so half-typed forms stay.
    """
    back = own_path(request.POST.get("next") or request.GET.get("next", ""))
    if request.method == "GET":
        return render(request, "accounts/display.html", {"sizes": TextSize, "contrasts": Contrast, "back": back})
    chosen = _display(
        request.POST.get("text_size", ""), request.POST.get("contrast", ""), otherwise=display_of(request)
    )
    _keep_with_user(request, chosen)
    if request.htmx:  # type: ignore[attr-defined]
        response = render(request, "layouts/_tools.html", {"display": chosen, "next_path": back})
        trigger_client_event(response, "display", {"size": chosen.size.value, "contrast": chosen.contrast.value})
    else:
        response = redirect(back or reverse("display"))
    response.set_cookie(
        COOKIE,
        str(chosen),
        max_age=timedelta(days=COOKIE_DAYS),
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )
    return response


def _keep_with_user(request: HttpRequest, chosen: Display) -> None:
    user = request.user
    if user.is_authenticated and hasattr(user, "text_size"):
        user.text_size, user.contrast = chosen.size, chosen.contrast
        user.save(update_fields=["text_size", "contrast"])


@login_not_required
@require_GET
@never_cache
def stay(request: HttpRequest) -> HttpResponse:
    """Keep the session of somebody who is still reading or typing. Says 401 when it is already over."""
    if not request.user.is_authenticated:
        return HttpResponse(status=401)
    request.session.modified = True
    return HttpResponse(status=204)
