"""锁屏: locking the session of a member of staff, and unlocking it."""

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse, reverse_lazy
from django.utils.http import urlencode
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from accounts.errors import AccountsError
from accounts.forms.signin import UnlockForm
from accounts.identity import access, drafts
from accounts.identity import lock_screen as screen
from accounts.identity.adapter import home_of
from accounts.operations import unlocking
from yibao.lib import clock


@never_cache
@require_http_methods(["GET", "POST"])
def lock_screen(request: HttpRequest) -> HttpResponse:
    """Lock (POST lock), unlock (POST typed), or show the lock. The cover of a page gets 204 and 422 instead of pages."""
    if not access.is_official(request.user):
        raise PermissionDenied
    is_cover = "X-Cover" in request.headers
    back = access.own_path(request.POST.get("next") or request.GET.get("next", ""))
    if "lock" in request.POST:
        screen.lock(request)
        address = f"{reverse('lock_screen')}?{urlencode({'next': back})}"
        return HttpResponse(status=204) if is_cover else redirect(address)
    if not screen.is_locked(request, clock.now()):
        return HttpResponse(status=204) if is_cover else redirect(_onward(request, back))
    form = UnlockForm(request.POST or None)
    if form.is_valid():
        try:
            unlocking.check(
                act=access.act_of(request), user=access.current_user(request), typed=form.cleaned_data["typed"]
            )
        except AccountsError as error:
            form.add_error("typed", error.message)
        else:
            screen.unlock(request, clock.now())
            return HttpResponse(status=204) if is_cover else redirect(_onward(request, back))
    if is_cover:
        return HttpResponse("；".join(form.errors.get("typed", [])), status=422, content_type="text/plain")
    kept = drafts.of(access.current_user(request), clock.now())
    context = {"form": form, "back": back, "kept": kept}
    return render(request, "counter/lock.html", context, status=422 if form.errors else 200)


def _onward(request: HttpRequest, back: str) -> str:
    """Return where somebody goes on: to the form that was kept, where they were, or where they start."""
    user = access.current_user(request)
    return reverse("continue_form") if drafts.of(user, clock.now()) else back or home_of(user)


lock_screen.login_url = reverse_lazy("account_login")
