"""工作台 (K02): who is next, what is under way; K13, the keys and the rules; and the day's look-ups of the office."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST

from accounts.codes import COUNTER_ROLES, Role
from accounts.forms.counter.finding import FindForm, WindowForm
from accounts.models import User
from accounts.operations import lookups
from accounts.operations.lookups import LookupRefusedError
from accounts.policies.registry import region_name
from accounts.queries.cases import aside_at, in_hand, of_day, to_check
from accounts.queries.lookups import counts_at
from accounts.queries.queue import queue_of
from accounts.queries.rules import changes_of, rules_in_force
from accounts.views.counter.doors import Desk, counter_required
from accounts.views.counter.find import PURPOSE
from accounts.views.counter.queue import WINDOW
from yibao.lib.values.numbers import whole_number


@counter_required(*COUNTER_ROLES)
@require_GET
def counter(request: HttpRequest, desk: Desk) -> HttpResponse:
    """Call the next, scan a card, go on with what lies there."""
    window = request.session.get(WINDOW, "")
    context = {
        "office": desk.office,
        "window": window,
        "window_form": WindowForm(initial={"window": window}),
        "queue": queue_of(desk.user, desk.office.code, desk.act.on),
        "paused": bool(request.GET.get("paused")),
        "form": FindForm(initial={"purpose": request.session.get(PURPOSE, "")}),
        "mine": in_hand(desk.user),
        "aside": aside_at(desk.office),
        "today": of_day(desk.user, desk.act.on),
        "changes": changes_of(desk.office.region, desk.act.on),
        "to_check": to_check(desk.office).count() if desk.user.role == Role.REVIEWER else None,
    }
    return render(request, "counter/workbench.html", context)


@counter_required(*COUNTER_ROLES)
@require_GET
def keys(request: HttpRequest, desk: Desk) -> HttpResponse:
    """Say which keys do what, and every rule of the region in force, each with its day and document."""
    context = {
        "region": region_name(desk.office.region),
        "rules": rules_in_force(desk.office.region, desk.act.on),
        "today": desk.act.on,
    }
    return render(request, "counter/keys.html", context)


@counter_required(Role.REVIEWER)
@require_GET
def look_ups(request: HttpRequest, desk: Desk) -> HttpResponse:
    """Say how often each of the office has looked people up today."""
    return render(request, "counter/lookups.html", {"counts": counts_at(desk.office.code, desk.act.on), "desk": desk})


@counter_required(Role.REVIEWER)
@require_POST
def grant(request: HttpRequest, desk: Desk) -> HttpResponse:
    """Let one of the office look up as many people again today."""
    asked = whole_number(request.POST.get("clerk", ""))
    clerk = User.objects.filter(office=desk.office.code, pk=asked).first()
    try:
        if clerk is None:
            raise LookupRefusedError("本网点没有这个账号")
        count = lookups.grant_lookups(act=desk.act, clerk=clerk)
    except LookupRefusedError as error:
        messages.error(request, f"{error.message}。")
    else:
        messages.success(request, f"已给{clerk.name}加了次数，今天还能查{count.left}次。")
    return redirect("counter_lookups")
