"""接着办: what somebody was submitting when their session ended, after they have signed in again."""

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from accounts.identity import access, drafts
from accounts.identity.adapter import home_of
from accounts.models import UnfinishedForm
from yibao.lib import clock


class SubmitThere(HttpResponseRedirect):
    """307: the browser submits the same form again, to the page it was meant for."""

    status_code = 307


@never_cache
@require_http_methods(["GET", "POST"])
def continue_form(request: HttpRequest) -> HttpResponse:
    """Show what was being submitted and where; its button submits it. Nothing is submitted by itself, nor unseen."""
    form = drafts.of(access.current_user(request), clock.now())
    if form is None:
        return redirect(home_of(access.current_user(request)))
    if request.method == "POST":
        form.delete()
        return SubmitThere(form.path)
    told = drafts.tell(request, form)
    fields = [(name, value) for name, values in QueryDict(form.body).lists() for value in values] if told else []
    context = {"told": told, "fields": fields, "back_url": home_of(access.current_user(request))}
    return render(request, "accounts/continue.html", context)


@require_POST
def drop_form(request: HttpRequest) -> HttpResponse:
    """Throw it away."""
    UnfinishedForm.objects.filter(user=access.current_user(request)).delete()
    return redirect(home_of(access.current_user(request)))
