"""异议: what people of the region say was not them, for a reviewer who had nothing to do with it."""

from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_http_methods

from accounts.codes import ObjectionState, Role
from accounts.forms.objections import AnswerForm, TakeForm
from accounts.identity import audit
from accounts.identity.actors import Actor
from accounts.operations.objections import (
    ObjectionAnsweredError,
    ObjectionError,
    answer,
    take_objection,
    why_not_answered_by,
)
from accounts.queries.lookups import open_lookup
from accounts.queries.objections import ANSWERED_WITHIN, objections_in, taken_by, those_objected_to
from accounts.queries.trace import trace_of, traces
from accounts.views.counter.doors import Desk, counter_required, refused

A_PAGE = 20
ANSWERED = "objection.answered"


@require_GET
@counter_required(Role.REVIEWER)
def objections(request: HttpRequest, desk: Desk) -> HttpResponse:
    """List what people of the office's region object to: what waits first. Whose it is, the page of each says."""
    page = Paginator(objections_in(desk.office.region), A_PAGE).get_page(request.GET.get("page"))
    rows = zip(page, traces([objection.event for objection in page]), strict=True)
    return render(request, "counter/objections.html", {"page_obj": page, "rows": list(rows)})


@require_http_methods(["GET", "POST"])
@counter_required(Role.CLERK)
def take(request: HttpRequest, desk: Desk, token: UUID) -> HttpResponse:
    """Take from somebody at the window that it was not them; it lands with the reviewers as if they had said so online."""
    lookup = open_lookup(desk.user, token, desk.act.at)
    if lookup is None:
        return render(request, "counter/person_closed.html", status=404)
    latest = traces(list(trace_of(lookup.person)[:A_PAGE]))
    offered = [one for one in latest if not one.objection and Actor.parse(one.event.actor).user_id != desk.user.pk]
    form = TakeForm(request.POST if request.method == "POST" else None, offered)
    if form.is_valid():
        typed = form.cleaned_data
        try:
            made = take_objection(act=desk.act, token=token, event_id=typed["event"], words=typed["words"])
        except ObjectionError as error:
            audit.record_refusal(act=desk.act, verb="objection.made", error=error, subject=lookup.person)
            form.add_error("event", error.message)
        else:
            days = ANSWERED_WITHIN.days
            messages.success(request, f"异议收下了，编号 {made.number}，请抄给本人。复核人员{days}天内答复。")
            return redirect("counter_person", token)
    context = {
        "form": form,
        "lookup": lookup,
        "said_before": [one for one in latest if one.objection],
        "offered": offered,
        "most": A_PAGE,
    }
    return render(request, "counter/objection_take.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "POST"])
@counter_required(Role.REVIEWER)
def objection(request: HttpRequest, desk: Desk, number: str) -> HttpResponse:
    """Show one, with who looked or acted, and take the answer. Not to those objected to, nor to family."""
    found = objections_in(desk.office.region).filter(number=number).first()
    if found is None:
        raise Http404
    if why := why_not_answered_by(desk.user, found):
        return refused(request, desk.act, "objection.shown", ObjectionError(why))
    form = AnswerForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            answer(act=desk.act, number=number, text=form.cleaned_data["text"])
        except ObjectionAnsweredError as error:
            return refused(request, desk.act, ANSWERED, error, status=409)
        except ObjectionError as error:
            form.add_error("text", error.message)
        else:
            return redirect("counter_objection", number)
    context = {
        "form": form,
        "objection": found,
        "trace": traces([found.event])[0],
        "staff": those_objected_to(found),
        "taker": taken_by(found),
        "is_open": found.state == ObjectionState.OPEN,
    }
    return render(request, "counter/objection.html", context, status=422 if form.errors else 200)
