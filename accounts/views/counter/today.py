"""今日业务和日结 (K11): the cases of an office on a day, and the end of a clerk's day."""

from datetime import date

from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from accounts.codes import COUNTER_ROLES, CaseState, Role
from accounts.errors import AccountsError
from accounts.forms.counter.day import DayForm
from accounts.models import Case, User
from accounts.operations.cases.closing import close_day
from accounts.queries.cases import cases_of_day, counts_of_day, day_close_of, submitted_of_day
from accounts.views.counter.doors import Desk, counter_required, refused


@counter_required(*COUNTER_ROLES)
@require_GET
def today(request: HttpRequest, desk: Desk) -> HttpResponse:
    """List the office's cases of a day, filtered, with how many there are of each state."""
    clerks = User.objects.filter(office=desk.office.code, role=Role.CLERK).order_by("pk").values_list("pk", "name")
    form = DayForm(request.GET, today=desk.act.on, clerks=clerks)
    day: date = form.cleaned_data.get("day") or desk.act.on
    rows = cases_of_day(desk.office, day).filter(**form.chosen())
    if clerk := form.cleaned_data.get("clerk"):
        rows = rows.filter(Q(opened_by=clerk) | Q(submitted_by=clerk))
    cases = list(rows)
    context = {
        "form": form,
        "day": day,
        "cases": cases,
        "totals": _totals(cases),
        "closes": desk.user.role == Role.CLERK and day == desk.act.on,
        "closing": day_close_of(desk.user, day),
        "counts": counts_of_day(desk.user, day),
        "office": desk.office,
    }
    return render(request, "counter/today.html", context, status=422 if form.errors else 200)


@require_POST
@counter_required(Role.CLERK)
def close(request: HttpRequest, desk: Desk) -> HttpResponse:
    """Close the clerk's day."""
    try:
        close_day(act=desk.act)
    except AccountsError as error:
        return refused(request, desk.act, "day.closed", error, status=422)
    return redirect("counter_day_sheet")


@counter_required(Role.CLERK)
@require_GET
def day_sheet(request: HttpRequest, desk: Desk) -> HttpResponse:
    """Show the clerk's day as a sheet to print and sign."""
    closing = day_close_of(desk.user, desk.act.on)
    mine = submitted_of_day(desk.user, desk.act.on)
    context = {
        "clerk": desk.user,
        "office": desk.office,
        "day": desk.act.on,
        "cases": mine.filter(submitted_at__lte=closing.at) if closing else mine,  # later ones it does not count
        "closing": closing,
        "counts": counts_of_day(desk.user, desk.act.on),
        "printed_at": desk.act.at,
        "back_url": reverse("counter_today"),
        "back_text": "今日业务",
    }
    return render(request, "counter/day_sheet.html", context)


def _totals(cases: list[Case]) -> list[tuple[str, int]]:
    """Return how many cases there are of each state that occurs."""
    counted = [(state.label, sum(case.state == state for case in cases)) for state in CaseState]
    return [(label, number) for label, number in counted if number]
