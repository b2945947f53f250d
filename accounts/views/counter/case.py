"""一件窗口业务 (K05): opened, worked on section by section on one page, looked at when it is over."""

from typing import Any

from django import forms
from django.core.exceptions import BadRequest
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from accounts.codes import COUNTER_ROLES, CaseState, Role
from accounts.errors import AccountsError
from accounts.forms.counter import CaseForm
from accounts.forms.counter.opening import OpenForm
from accounts.forms.counter.sections import SeenForm, UndoForm
from accounts.forms.kept import told
from accounts.identity import audit
from accounts.identity.access import act_of
from accounts.identity.actors import Act
from accounts.identity.drafts import Told, keeps
from accounts.models import Case, Person
from accounts.operations.cases import desk as work
from accounts.operations.cases import scans, undoing, withdrawing
from accounts.operations.cases.access import CaseError, CaseMovedError, on_case, staff_at_counter, why_not_on_case
from accounts.operations.cases.checkers import why_nobody_checks
from accounts.operations.cases.handlers import handler_of
from accounts.operations.cases.printing import lookups_of, sheets_of
from accounts.operations.lookups import count_typed
from accounts.queries.cases import result_by
from accounts.queries.scans import kept_scans
from accounts.views.counter.case_page import PLACE, SCAN, CasePage, is_told
from accounts.views.counter.doors import Desk, case_or_404, counter_required, holds, own_family, refused
from accounts.views.counter.scanning import scanned
from yibao.lib.values.numbers import whole_number


@sensitive_post_parameters()
@counter_required(Role.CLERK)
@require_http_methods(["GET", "POST"])
def new(request: HttpRequest, desk: Desk) -> HttpResponse:
    """Open a case for whoever has come: what about, and their card."""
    form = OpenForm(request.POST if request.method == "POST" else None, initial={"kind": request.GET.get("kind", "")})
    if form.is_valid():
        kind = form.cleaned_data["kind"]
        try:
            subject = scanned(desk.act, form.cleaned_data["typed"], kind).person
            case = work.open_case(act=desk.act, kind=kind, subject=subject, region=desk.office.region)
        except AccountsError as error:
            _write_down(desk.act, "case.opened", error)
            form.add_error("typed", error.message)
        else:
            return redirect("counter_case", case.number)
    return render(request, "counter/case_new.html", {"form": form}, status=422 if form.errors else 200)


@sensitive_post_parameters()
@counter_required(*COUNTER_ROLES)
@require_http_methods(["GET", "POST"])
def case(request: HttpRequest, desk: Desk, number: str) -> HttpResponse:
    """Show a case; with POST save one section of it. Who does not hold it sees only what it is and where."""
    case = case_or_404(desk, number)
    if refusal := own_family(request, desk, case):
        return refusal
    if request.method == "POST":
        return _save(request, desk, case)
    if case.is_in_work and not holds(desk, case):
        context = {"case": case, "may_resume": desk.user.role == Role.CLERK, "sheets": sheets_of(desk.act, case)}
        context["is_told"] = is_told(case)
        return render(request, "counter/case_aside.html", context)
    if case.is_in_work:
        return render(request, "counter/case.html", {"page": CasePage(desk.act, case)})
    return render(request, "counter/case_result.html", result_of(desk, case))


def result_of(desk: Desk, case: Case, shown_once: str = "") -> dict[str, Any]:
    """Return what the page says of a case that is over or waits for a reviewer."""
    return {
        "case": case,
        "shown_once": shown_once,
        "is_waiting": case.state == CaseState.WAITING,
        "result_by": result_by(case) if case.state == CaseState.WAITING else None,
        "why_nobody_checks": why_nobody_checks(desk.act, case) if case.state == CaseState.WAITING else "",
        "scans": kept_scans(case) if desk.user.role == Role.REVIEWER else [],
        **_to_print(desk, case),
        "why_not_undone": undoing.why_not_undone(desk.act, case, desk.user),
        "may_withdraw": desk.user.role == Role.CLERK and not withdrawing.why_not_withdrawn(case, desk.user),
        "form": UndoForm(label=handler_of(case.kind).undo_proof),
    }


def _to_print(desk: Desk, case: Case) -> dict[str, Any]:
    """Return the sheets of a case, and those that the button prints: what was signed before need not be printed again."""
    sheets = sheets_of(desk.act, case)
    printed = [sheet for sheet in sheets if not case.prints.get(sheet)] or sheets
    cost = lookups_of(desk.act, desk.user, case, printed)
    return {"has_sheets": bool(sheets), "sheets": printed, "print_cost": cost}


def _write_down(act: Act, verb: str, error: AccountsError, subject: Person | None = None) -> None:
    """Write down that an operation refused; a look-up has done so itself, and a slip of the pen is none."""
    if isinstance(error, CaseError):
        audit.record_refusal(act=act, verb=verb, error=error, subject=subject)


def _save(request: HttpRequest, desk: Desk, case: Case) -> HttpResponse:
    """Save a section; answer with it, and with what depends on it: all of which only who holds the case may see."""
    if not holds(desk, case):
        return _not_held(request, desk, case)
    section = request.POST.get("section", "")
    page = CasePage(desk.act, case)
    form = page.form_for(section, request.POST, request.FILES)
    if form is None:
        raise BadRequest("no such section")
    moved = False
    if form.is_valid():
        try:
            case = _save_form(desk, case, version_of(request), section, form)
        except CaseMovedError as error:
            moved = True
            form.add_error(None, error.message)
        except AccountsError as error:
            _write_down(on_case(desk.act, case), "case.saved", error, case.subject)
            form.add_error("typed" if section == SCAN else None, error.message)
        else:
            return _saved(request, desk, case, section)
        case = case_or_404(desk, case.number)  # a colleague may have taken it over meanwhile
        if not holds(desk, case):
            return _not_held(request, desk, case)
    page = CasePage(desk.act, case, {section: form})
    if request.htmx:  # type: ignore[attr-defined]
        return _part(request, page, section, 422)
    return render(request, "counter/case.html", {"page": page}, status=409 if moved else 422)


def _not_held(request: HttpRequest, desk: Desk, case: Case) -> HttpResponse:
    if case.is_in_work:
        error = CaseError("这件业务不在您手上，没有保存。要办请先点「接着办」")
    else:
        error = CaseError(f"这件业务{case.get_state_display()}，不能再改")
    return refused(request, desk.act, "case.saved", error, case, 422)


def _save_form(desk: Desk, case: Case, version: int, section: str, form: forms.Form) -> Case:
    asked = {"act": desk.act, "number": case.number, "version": version}
    if isinstance(form, SeenForm):
        return scans.save_seen(**asked, added=form.added(), removed=form.removed(), **form.changes())
    return work.save(**asked, **_changes(desk, case, section, form))


def _changes(desk: Desk, case: Case, section: str, form: forms.Form) -> dict[str, Any]:
    if section == SCAN:
        return {"other": scanned(on_case(desk.act, case), form.cleaned_data["typed"], case.kind).person}
    if isinstance(form, CaseForm):
        _count_typed(desk, case, form)
        return {"asked": form.asked(), "private": form.private()}
    changes: dict[str, Any] = form.changes()  # type: ignore[attr-defined]
    return changes


def _count_typed(desk: Desk, case: Case, form: CaseForm) -> None:
    """Count each number of a person that the case was not told before: whoever tries numbers meets a limit."""
    known = case.private_answers
    for name in ("certno", "phone"):
        typed = form.cleaned_data.get(name) if name in form.personal else None
        if typed and str(typed) != str(known.get(name) or ""):
            count_typed(act=on_case(desk.act, case), case=case, **{name: str(typed)})


def _saved(request: HttpRequest, desk: Desk, case: Case, section: str) -> HttpResponse:
    if request.htmx:  # type: ignore[attr-defined]
        return _part(request, CasePage(desk.act, case), section, 200)
    return redirect(f"{reverse('counter_case', args=[case.number])}#{PLACE[section]}")


def _part(request: HttpRequest, page: CasePage, section: str, status: int) -> HttpResponse:
    context = {"page": page, "place": PLACE[section]}
    return render(request, "counter/_case_answer.html", context, status=status)


@keeps("counter_case", unless=("typed", "certno", "phone"))
def _kept(request: HttpRequest, typed: QueryDict, number: str) -> Told:
    """Put a section of a case into words, only for who still holds it."""
    act = act_of(request)
    try:
        desk = Desk(act, *staff_at_counter(act))
    except CaseError:
        raise Http404 from None
    found = case_or_404(desk, number)
    page, section = CasePage(act, found), typed.get("section", "")
    form = page.form_for(section, typed) if holds(desk, found) and not why_not_on_case(desk.user, found) else None
    if form is None:
        raise Http404
    return told(f"{found.get_kind_display()}（{found.number}）：保存{page.title_of(section)}", form)


def version_of(request: HttpRequest) -> int:
    """Return the version of the case that the form was made for; one that no case has where it is not a number."""
    version = whole_number(request.POST.get("version", ""))
    return -1 if version is None else version
