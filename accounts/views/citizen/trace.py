"""窗口查过、办过什么 (C26), and 「不是我来办的」."""

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from accounts.forms.kept import told
from accounts.forms.objections import ObjectionForm
from accounts.identity.access import act_of, current_person, person_required
from accounts.identity.drafts import Told, keeps
from accounts.operations.objections import ObjectionError, object_to
from accounts.queries.objections import ANSWERED_WITHIN
from accounts.queries.trace import trace_of, traces

A_PAGE = 20


@never_cache
@person_required
@require_GET
def trace(request: HttpRequest) -> HttpResponse:
    """List every look at one's own record and every act at a counter about it, the latest first."""
    page = Paginator(trace_of(current_person(request)), A_PAGE).get_page(request.GET.get("page"))
    context = {
        "page_obj": page,
        "traces": traces(list(page)),
        "back_url": reverse("settings"),
        "back_text": "设置和隐私",
    }
    return render(request, "accounts/trace.html", context)


@never_cache
@person_required
@require_http_methods(["GET", "POST"])
def objection(request: HttpRequest, event_id: int) -> HttpResponse:
    """Say in one step that it was not oneself. Anybody else's look or act is not found."""
    person = current_person(request)
    event = trace_of(person).filter(pk=event_id).first()
    if event is None:
        raise Http404
    form = ObjectionForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            made = object_to(act=act_of(request), person=person, event_id=event_id, words=form.cleaned_data["words"])
        except ObjectionError as refusal:
            form.add_error("words", refusal.message)
        else:
            messages.success(request, f"收到了，编号 {made.number}。{ANSWERED_WITHIN.days}天内答复，答复会通知您。")
            return redirect("cases")
    context = {
        "form": form,
        "trace": traces([event])[0],
        "days": ANSWERED_WITHIN.days,
        "back_url": reverse("trace"),
        "back_text": "窗口查过、办过什么",
    }
    return render(request, "accounts/objection.html", context, status=422 if form.errors else 200)


@keeps("objection")
def _kept(request: HttpRequest, typed: QueryDict, event_id: int) -> Told:
    """Put a form of 「不是我来办的」 into words; of nobody else's look or act."""
    event = trace_of(current_person(request)).filter(pk=event_id).first()
    if event is None:
        raise Http404
    return told(f"反映“不是我来办的”：{traces([event])[0].words}", ObjectionForm(typed))
