"""查人 (K03) and 参保人概况 (K04): who is at the counter, by POST only, and what one office sees of them."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.codes import COUNTER_ROLES, Role
from accounts.errors import AccountsError
from accounts.forms.counter.finding import FindForm
from accounts.identity import card_reader
from accounts.models import Lookup
from accounts.operations import lookups
from accounts.operations.cases import desk as work
from accounts.operations.cases import handlers
from accounts.operations.cases.access import CaseError
from accounts.queries.lookups import open_lookup, purposes, recent_lookups
from accounts.queries.overview import overview_of
from accounts.views.counter.doors import Desk, counter_required, refused

PURPOSE = "counter_purpose"  # of the last look-up, in the session


@sensitive_post_parameters("typed")
@counter_required(*COUNTER_ROLES)
@require_http_methods(["GET", "POST"])
def find(request: HttpRequest, desk: Desk) -> HttpResponse:
    """Ask whom and why; look them up and go to their page, or say what to do where nobody is found."""
    if request.method == "GET":
        return _find_page(request, desk, FindForm(initial={"purpose": request.session.get(PURPOSE, "")}))
    form = FindForm(request.POST)
    if not form.is_valid():
        return _find_page(request, desk, form, status=422)
    request.session[PURPOSE] = form.cleaned_data["purpose"]
    try:
        found = lookups.look_up(act=desk.act, **form.cleaned_data)
    except lookups.NobodyFoundError as error:
        typed = form.cleaned_data["typed"]
        form.add_error("typed", f"{error.message}。请核对号码")
        return _find_page(request, desk, form, status=422, is_nobody=True, missed=_number_in(typed))
    except AccountsError as error:
        form.add_error("typed", error.message)
        return _find_page(request, desk, form, status=422)
    if found.lookup is None:
        return render(request, "counter/find_choose.html", {"people": found.choices, "asked": form.cleaned_data})
    return redirect("counter_person", found.lookup.token)


def _find_page(
    request: HttpRequest,
    desk: Desk,
    form: FindForm,
    *,
    status: int = 200,
    is_nobody: bool = False,
    missed: str = "",
) -> HttpResponse:
    context = {
        "form": form,
        "is_nobody": is_nobody,
        "missed": missed,
        "recent": recent_lookups(desk.user, desk.act.at),
        "left": lookups.left_today(act=desk.act, clerk=desk.user),
        "region": desk.office.region,
    }
    return render(request, "counter/find.html", context, status=status)


def _number_in(typed: str) -> str:
    """Return the certificate number that nobody here has, for the clerk to compare with the card; "" for a phone."""
    try:
        return card_reader.read(typed).number
    except AccountsError:
        return ""


@counter_required(*COUNTER_ROLES)
@require_GET
def person(request: HttpRequest, desk: Desk, token: UUID) -> HttpResponse:
    """Show whom the clerk has looked up, numbers masked."""
    return _person_page(request, desk, open_lookup(desk.user, token, desk.act.at))


@counter_required(*COUNTER_ROLES)
@require_POST
def unmask(request: HttpRequest, desk: Desk, token: UUID) -> HttpResponse:
    """Show the same page with the full numbers, and note that they were shown."""
    try:
        lookup = lookups.unmask(act=desk.act, token=token)
    except lookups.LookupRefusedError:
        return _person_page(request, desk, None)
    return _person_page(request, desk, lookup, unmasked=True)


@counter_required(Role.CLERK)
@require_POST
def begin(request: HttpRequest, desk: Desk, token: UUID) -> HttpResponse:
    """Open a case of the chosen kind for whom the clerk has looked up, and go to it."""
    lookup = open_lookup(desk.user, token, desk.act.at)
    if lookup is None:
        return _person_page(request, desk, None)
    kind = request.POST.get("kind", "")
    if kind not in handlers.kinds():
        messages.error(request, "请先选办什么。")
        return redirect("counter_person", token)
    try:
        case = work.open_case(act=desk.act, kind=kind, subject=lookup.person, region=lookup.region)
    except CaseError as error:
        return refused(request, desk.act, "case.opened", error)
    return redirect("counter_case", case.number)


def _person_page(request: HttpRequest, desk: Desk, lookup: Lookup | None, *, unmasked: bool = False) -> HttpResponse:
    """Show a person, or say that the look-up is over: nobody's token tells whether it ever was one."""
    if lookup is None:
        return render(request, "counter/person_closed.html", status=404)
    context: dict[str, Any] = {
        "lookup": lookup,
        "purpose": purposes().get(lookup.purpose, ""),
        "overview": overview_of(lookup, desk.act.on),
        "unmasked": unmasked,
        "kinds": handlers.kinds() if desk.user.role == Role.CLERK else [],
        "office": desk.office,
    }
    return render(request, "counter/person.html", context)
