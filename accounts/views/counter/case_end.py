"""How a case goes on or ends: submitted, parked, gone on with, given up, withdrawn, taken back."""

from collections.abc import Callable
from functools import partial

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from accounts.codes import COUNTER_ROLES, Role
from accounts.errors import AccountsError
from accounts.forms.counter.opening import NumberForm
from accounts.forms.counter.sections import ReasonForm, UndoForm
from accounts.models import Case
from accounts.operations.cases import deciding, undoing, withdrawing
from accounts.operations.cases import desk as work
from accounts.operations.cases.access import CaseMovedError
from accounts.operations.cases.handlers import handler_of
from accounts.queries import cases as queries
from accounts.views.counter.case import result_of, version_of
from accounts.views.counter.case_page import CasePage, park_form
from accounts.views.counter.doors import (
    Desk,
    case_or_404,
    counter_required,
    holds,
    own_family,
    refusal_page,
    refused,
)


@counter_required(Role.CLERK)
@require_http_methods(["GET", "POST"])
def cases(request: HttpRequest, desk: Desk) -> HttpResponse:
    """List what lies aside, and find a case by its number (POST)."""
    form = NumberForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        number = form.cleaned_data["number"]
        if queries.case_at(desk.office, number):
            return redirect("counter_case", number)
        form.add_error("number", "本统筹区没有这件业务，请检查业务编号")
    context = {"form": form, "mine": queries.in_hand(desk.user), "aside": queries.aside_at(desk.office)}
    return render(request, "counter/cases.html", context, status=422 if form.errors else 200)


@require_POST
@counter_required(Role.CLERK)
def submit(request: HttpRequest, desk: Desk, number: str) -> HttpResponse:
    """Submit the case as it was shown. What is shown only once stands in this answer and nowhere else."""
    case = case_or_404(desk, number)
    digest, version = request.POST.get("digest", ""), version_of(request)
    try:
        done = deciding.submit(act=desk.act, number=number, version=version, digest=digest)
    except AccountsError as error:
        return _refused(request, desk, case, "case.submitted", error)
    if not done.shown_once:
        return redirect("counter_case", number)
    return render(request, "counter/case_result.html", result_of(desk, case_or_404(desk, number), done.shown_once))


@require_POST
@counter_required(Role.CLERK)
def park(request: HttpRequest, desk: Desk, number: str) -> HttpResponse:
    """Lay the case aside until a day."""
    case = case_or_404(desk, number)
    form = park_form(request.POST, desk.act, case)
    if not form.is_valid():
        return _case_again(request, desk, case, park=form)
    until_on = form.cleaned_data["until_on"]
    parking = partial(work.park, act=desk.act, number=number, version=version_of(request), until_on=until_on)
    return _carried_out(request, desk, case, "case.parked", parking)


@require_POST
@counter_required(Role.CLERK)
def resume(request: HttpRequest, desk: Desk, number: str) -> HttpResponse:
    """Go on with a case here."""
    case = case_or_404(desk, number)
    resuming = partial(work.resume, act=desk.act, number=number, version=version_of(request))
    return _carried_out(request, desk, case, "case.resumed", resuming)


@require_POST
@counter_required(Role.CLERK)
def drop(request: HttpRequest, desk: Desk, number: str) -> HttpResponse:
    """Give a case up, with the reason."""
    case = case_or_404(desk, number)
    form = ReasonForm(request.POST)
    if not form.is_valid():
        return _case_again(request, desk, case, drop=form)
    note = form.cleaned_data["note"]
    dropping = partial(work.drop, act=desk.act, number=number, version=version_of(request), note=note)
    return _carried_out(request, desk, case, "case.dropped", dropping)


@require_POST
@counter_required(Role.CLERK)
def withdraw(request: HttpRequest, desk: Desk, number: str) -> HttpResponse:
    """Take a case back before it is checked, and go on with it."""
    case = case_or_404(desk, number)
    withdraws = partial(withdrawing.withdraw, act=desk.act, number=number)
    return _carried_out(request, desk, case, "case.withdrawn", withdraws)


@require_POST
@counter_required(*COUNTER_ROLES)
def undo(request: HttpRequest, desk: Desk, number: str) -> HttpResponse:
    """Take back what a case did, with the reason."""
    case = case_or_404(desk, number)
    if refusal := own_family(request, desk, case):
        return refusal
    form = UndoForm(request.POST, label=handler_of(case.kind).undo_proof)
    if not form.is_valid():
        return render(request, "counter/case_result.html", result_of(desk, case) | {"form": form}, status=422)
    taking_back = partial(undoing.undo, act=desk.act, number=number, **form.cleaned_data)
    return _carried_out(request, desk, case, "case.undone", taking_back)


def _carried_out(
    request: HttpRequest, desk: Desk, case: Case, verb: str, operation: Callable[[], object]
) -> HttpResponse:
    """Do it and show the case, or the page that says why not."""
    try:
        operation()
    except AccountsError as error:
        return _refused(request, desk, case, verb, error)
    return redirect("counter_case", case.number)


def _refused(request: HttpRequest, desk: Desk, case: Case, verb: str, error: AccountsError) -> HttpResponse:
    if isinstance(error, CaseMovedError):  # nobody was kept from anything
        return refusal_page(request, error, case, 409)
    return refused(request, desk.act, verb, error, case, 422)


def _case_again(request: HttpRequest, desk: Desk, case: Case, **bound: forms.Form) -> HttpResponse:
    """Show the page of the case with a form that was refused; to who does not hold it, only the case."""
    if refusal := own_family(request, desk, case):
        return refusal
    if not holds(desk, case):
        return redirect("counter_case", case.number)
    return render(request, "counter/case.html", {"page": CasePage(desk.act, case, bound)}, status=422)
