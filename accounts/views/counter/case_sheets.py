"""Paper (K06, K07): application form, undertaking, receipt, and the notice of what is missing."""

from datetime import date

import barcode
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from accounts.codes import COUNTER_ROLES, CaseState
from accounts.errors import AccountsError
from accounts.models import Case, Office
from accounts.operations.cases.checkers import why_nobody_checks
from accounts.operations.cases.deciding import assess
from accounts.operations.cases.handlers import handler_of
from accounts.operations.cases.printing import Printed, lookups_of, print_sheets, sheets_of
from accounts.policies import registry
from accounts.queries.cases import result_by
from accounts.queries.offices import responsible_office
from accounts.views.counter.case_page import is_told
from accounts.views.counter.doors import Desk, case_or_404, counter_required, own_family, refused


@counter_required(*COUNTER_ROLES)
@require_http_methods(["GET", "POST"])
def sheets(request: HttpRequest, desk: Desk, number: str) -> HttpResponse:
    """Say what can be printed of a case and how often it was; with POST print it, which counts."""
    case = case_or_404(desk, number)
    if refusal := own_family(request, desk, case):
        return refusal
    if request.method == "GET":
        offered = [(sheet, case.prints.get(sheet, 0)) for sheet in sheets_of(desk.act, case)]
        asked = request.GET.getlist("sheet")
        cost = lookups_of(desk.act, desk.user, case, [sheet for sheet, _ in offered])
        context = {"case": case, "offered": offered, "asked": asked, "cost": cost}
        return render(request, "counter/case_print.html", context)
    try:
        printed = print_sheets(act=desk.act, number=number, sheets=request.POST.getlist("sheet"))
    except AccountsError as error:
        return refused(request, desk.act, "case.printed", error, case, 422)
    return render(request, "counter/case_sheets.html", _on_paper(desk, printed))


def _on_paper(desk: Desk, printed: Printed) -> dict[str, object]:
    case = printed.case
    found = assess(desk.act, case) if case.is_in_work else None
    handler = handler_of(case.kind)
    return {
        "case": case,
        "handler": handler,
        "came": case.private_answers,
        "undertakings": handler.undertakings_of(case),
        "words": found.words if found else case.words,
        "is_told": is_told(case),
        "result_by": _result_by(desk, case),
        "sheets": [(f"counter/_sheet_{sheet}.html", sheet in printed.again) for sheet in printed.sheets],
        "office": desk.office,
        "clerk": desk.user,
        "region_name": registry.region_name(case.region),
        "papers": [_paper(paper) for paper in case.papers],
        "copies": ("交给申请人", "窗口留存"),
        "missing": found.missing(case) if found else [],
        "offices": _offices(desk, case) if case.is_in_work else [],
        "bars": bars(case.number),
        "printed_at": desk.act.at,
        "back_url": reverse("counter_case", args=[case.number]),
        "back_text": "回到这件业务",
    }


def _result_by(desk: Desk, case: Case) -> date | None:
    """Return by when a case that waits has its result; None where nobody may check it: no day is promised."""
    waits = case.state == CaseState.WAITING and not why_nobody_checks(desk.act, case)
    return result_by(case) if waits else None


def _paper(paper: dict[str, str]) -> str:
    name = paper.get("name", paper["code"])
    return f"{name}（{paper['number']}）" if paper.get("number") else name


def _offices(desk: Desk, case: Case) -> list[Office]:
    """Return where the case can be finished: the responsible office, or where the kind does not ask, any."""
    if responsible := responsible_office(case.kind, case.subject, case.region, desk.act.on):
        return [responsible]
    return list(Office.objects.filter(region=case.region).order_by("code"))


def bars(number: str) -> tuple[int, list[tuple[int, int]]]:
    """Return a number as a Code 128: how many modules wide, and of each bar where it begins and how wide it is."""
    modules = barcode.Code128(number).build()[0]
    edges = [place for place in range(1, len(modules)) if modules[place] != modules[place - 1]]
    starts, ends = [0, *edges[1::2]], edges[0::2]
    return len(modules), [(start, end - start) for start, end in zip(starts, [*ends, len(modules)], strict=False)]
