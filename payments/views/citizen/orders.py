"""代缴结果、代缴凭证、代缴记录 (C20, C21): how far each order is, for the one who paid it and the one it is for."""

from dataclasses import dataclass
from datetime import date

from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from accounts.identity.access import current_person, person_required
from accounts.queries import page_hooks
from payments.premiums.codes import OrderState, RefundReason
from payments.premiums.operations import progress
from payments.premiums.queries import claims_of, orders_of
from payments.views.citizen.claim_words import ToldClaim
from payments.views.citizen.order_words import Told
from yibao.lib import clock

A_PAGE = 10


@never_cache
@person_required
@require_GET
def order(request: HttpRequest, no: str) -> HttpResponse:
    """Show where one order is now. The page can be kept: it always tells how things stand."""
    told = told_of(request, no)
    return render(request, "payments/order.html", {"told": told, "refund": refund_of(told)})


@never_cache
@person_required
@require_GET
def receipt(request: HttpRequest, no: str) -> HttpResponse:
    """Print the 代缴凭证 of an order whose money has left the accounts."""
    told = told_of(request, no)
    if told.state == OrderState.CHECKED:
        raise Http404
    context = {"told": told, "printed_at": clock.now(), "back_url": reverse("premium_order", args=[no])}
    return render(request, "payments/receipt.html", context)


@never_cache
@person_required
@require_GET
def history(request: HttpRequest) -> HttpResponse:
    """List every order this person paid or that was for them, the latest first."""
    person, now = current_person(request), clock.now()
    page = Paginator(orders_of(person), A_PAGE).get_page(request.GET.get("page"))
    told = [Told(order, person, now) for order in page.object_list]
    names = page_hooks.names_of(person, {one.order.person_id for one in told} - {person.pk})
    rows = [(one, names.get(one.order.person_id, one.who), refund_of(one)) for one in told]
    claims = [ToldClaim(claim, person) for claim in claims_of(person)] if page.number == 1 else []
    context = {"page_obj": page, "rows": rows, "claims": claims}
    return render(request, "payments/history.html", context)


def told_of(request: HttpRequest, no: str) -> Told:
    """Return an order as the signed-in person may know of it; 404 for anybody else's."""
    person = current_person(request)
    return Told(get_object_or_404(orders_of(person), no=no), person, clock.now())


@dataclass(frozen=True, slots=True)
class Refund:
    """How a premium can be had back: until which day (None while it is not handed over), and why it could be now."""

    last_on: date | None
    reasons: tuple[RefundReason, ...]

    @property
    def because(self) -> str:
        """重复缴费、参保人去世。"""
        return "、".join(reason.label for reason in self.reasons)


def refund_of(told: Told) -> Refund | None:
    """Return how the one who looks can have the money back; None where they cannot, or not any more."""
    on = told.now.date()
    if not told.is_payer or told.undo_until or progress.why_never_refunded(told.order, on):
        return None
    last_on = progress.last_refund_on(told.order) if told.state == OrderState.CONFIRMED else None
    return Refund(last_on, progress.refund_reasons(told.order, on))
