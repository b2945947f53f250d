"""Who comes in at the counter: a role there, an office on file, asked of the account as it is now."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache

from accounts.codes import CaseState, Role
from accounts.errors import AccountsError
from accounts.identity import audit
from accounts.identity.access import act_of, current_user, role_required
from accounts.identity.actors import Act
from accounts.models import Case, Office, User
from accounts.operations.cases.access import CaseError, on_case, staff_at_counter, why_not_on_case
from accounts.queries.cases import case_at

View = Callable[..., HttpResponse]


@dataclass(frozen=True, slots=True)
class Desk:
    """窗口：谁、在哪个网点、现在。"""

    act: Act
    user: User
    office: Office


def counter_required(*roles: str) -> Callable[[View], View]:
    """Let only staff of these roles in whose office is on file; the view gets their Desk after the request."""

    def guard(view: View) -> View:
        @never_cache
        @role_required(*roles)
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            act = act_of(request)
            try:
                user, office = staff_at_counter(act, roles)
            except CaseError as error:
                audit.record_refusal(act=act, verb="counter.opened", error=error)
                return render(request, "counter/no_office.html", {"why": error.message}, status=403)
            return view(request, Desk(act, user, office), *args, **kwargs)

        return guarded

    return guard


def refused(
    request: HttpRequest, act: Act, verb: str, error: AccountsError, case: Case | None = None, status: int = 403
) -> HttpResponse:
    """Say why an operation refused, and write down that it did."""
    if case:
        act = on_case(act, case)
    audit.record_refusal(act=act, verb=verb, error=error, subject=case.subject if case else None)
    return refusal_page(request, error, case, status)


def refusal_page(request: HttpRequest, error: AccountsError, case: Case | None, status: int) -> HttpResponse:
    """Say why nothing was done, and lead on: to the case, except whoever may not see it."""
    may_see = case and not why_not_on_case(current_user(request), case)
    context = {"why": error.message, "case": case if may_see else None}
    return render(request, "counter/refused.html", context, status=status)


def case_or_404(desk: Desk, number: str) -> Case:
    """Return a case of the office's region. Raises Http404."""
    case = case_at(desk.office, number)
    if case is None:
        raise Http404
    return case


def own_family(request: HttpRequest, desk: Desk, case: Case) -> HttpResponse | None:
    """Return the page that refuses a member of staff the case of their own or of their family; None for others."""
    if why := why_not_on_case(desk.user, case):
        return refused(request, desk.act, "case.shown", CaseError(why), case)
    return None


def holds(desk: Desk, case: Case) -> bool:
    """Say whether the clerk works on the case now, at this office."""
    held_at = (case.holder_id, case.office)
    return desk.user.role == Role.CLERK and case.state == CaseState.OPEN and held_at == (desk.user.pk, desk.office.code)
