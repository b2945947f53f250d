"""复核 (K12): what waits for a second person, only what would change and the papers, and the two buttons."""

from collections import defaultdict
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.codes import CaseState, Role
from accounts.errors import AccountsError
from accounts.forms.counter.review import SendBackForm
from accounts.models import Case
from accounts.operations import approvals
from accounts.operations.approvals import ApprovalMovedError
from accounts.operations.cases import desk as work
from accounts.operations.cases.access import on_case
from accounts.operations.cases.deciding import assess
from accounts.operations.cases.handlers import Words, handler_of
from accounts.operations.cases.identity_papers import told_of_agent
from accounts.queries import cases as queries
from accounts.queries.scans import kept_scans
from accounts.views.counter.doors import Desk, case_or_404, counter_required, own_family, refused


@dataclass(frozen=True, slots=True)
class Waiting:
    """待复核的一件：业务，和为什么不能由这个人复核（能复核时为空）。"""

    case: Case
    why_not: str


@counter_required(Role.REVIEWER)
@require_GET
def review(request: HttpRequest, desk: Desk) -> HttpResponse:
    """List what waits in the region, the oldest first; who may not check one of them sees why."""
    return render(request, "counter/review.html", {"waiting": _waiting(desk)})


@counter_required(Role.REVIEWER)
@require_http_methods(["GET", "POST"])
def check(request: HttpRequest, desk: Desk, number: str) -> HttpResponse:
    """Show one case as it would happen; with POST let it."""
    case = _case_or_404(desk, number)
    if refusal := own_family(request, desk, case):
        return refusal
    if request.method == "GET":
        if case.state == CaseState.WAITING:
            work.record_for_both(on_case(desk.act, case), case, "case.read")
        return _page(request, desk, case, SendBackForm())
    assert case.approval
    try:
        said = approvals.approve(
            act=on_case(desk.act, case), approval_id=case.approval.pk, digest=request.POST.get("digest", "")
        )
    except AccountsError as error:
        return _refused(request, desk, case, error)
    messages.success(request, f"{case.get_kind_display()} {case.number} 已通过：{said}")
    return _next(desk)


@require_POST
@counter_required(Role.REVIEWER)
def send_back(request: HttpRequest, desk: Desk, number: str) -> HttpResponse:
    """Send a case back to the clerk with a reason."""
    case = _case_or_404(desk, number)
    if refusal := own_family(request, desk, case):
        return refusal
    form = SendBackForm(request.POST)
    if not form.is_valid():
        return _page(request, desk, case, form)
    assert case.approval
    try:
        approvals.reject(act=on_case(desk.act, case), approval_id=case.approval.pk, note=form.note)
    except AccountsError as error:
        return _refused(request, desk, case, error)
    messages.success(request, f"{case.get_kind_display()} {case.number} 已退回")
    return _next(desk)


def _case_or_404(desk: Desk, number: str) -> Case:
    """Return a case of the region that was submitted for checking, decided meanwhile or not. Raises Http404."""
    case = case_or_404(desk, number)
    if case.approval is None:
        raise Http404
    return case


def _waiting(desk: Desk) -> list[Waiting]:
    rows = queries.to_check(desk.office)
    return [Waiting(case, approvals.why_not(act=desk.act, approval=case.approval)) for case in rows if case.approval]


def _next(desk: Desk) -> HttpResponse:
    """Go on with the oldest case that this reviewer may check, or to the list."""
    found = next((one.case for one in _waiting(desk) if not one.why_not), None)
    return redirect("counter_check", found.number) if found else redirect("counter_review")


def _page(request: HttpRequest, desk: Desk, case: Case, form: SendBackForm) -> HttpResponse:
    assert case.approval
    seen = {paper["code"]: paper.get("number", "") for paper in case.papers}
    needed = assess(on_case(desk.act, case), case).papers
    scans = defaultdict(list)
    for scan in kept_scans(case):
        scans[scan.paper].append(scan)
    is_waiting = case.state == CaseState.WAITING
    why_not = approvals.why_not(act=desk.act, approval=case.approval) if is_waiting else ""
    context: dict[str, Any] = {
        "case": case,
        "has_scans": bool(scans),
        "approval": case.approval,
        "told": _told(case) if is_waiting and not why_not else [],
        "papers": [
            (paper, paper.code in seen, seen.get(paper.code, ""), scans.pop(paper.code, [])) for paper in needed
        ],
        "why_not": why_not,
        "form": form,
    }
    context["other_scans"] = [scan for others in scans.values() for scan in others]
    return render(request, "counter/check.html", context, status=422 if form.errors else 200)


def _told(case: Case) -> Words:
    """Return what is personal of a case that waits: who comes for the person, and what the kind tells."""
    return [*told_of_agent(case), *handler_of(case.kind).tells(case)]


def _refused(request: HttpRequest, desk: Desk, case: Case, error: AccountsError) -> HttpResponse:
    status = 409 if isinstance(error, ApprovalMovedError) else 422
    return refused(request, desk.act, "case.checked", error, case, status)
