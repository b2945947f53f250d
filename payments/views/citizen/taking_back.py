"""撤回和退费 (C20, C21): the payer takes an order back within its minutes, or asks for the money back later."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from accounts.identity.access import person_required
from family.views.citizen.current_account import own_act
from payments.forms.premiums import RefundForm
from payments.premiums.codes import OrderState, RefundReason
from payments.premiums.operations import progress
from payments.premiums.queries import orders_of
from payments.premiums.rules import OrderStateError
from payments.views.citizen.order_words import Told
from payments.views.citizen.refusals import answering


@person_required
@require_POST
@answering
def undo(request: HttpRequest, no: str) -> HttpResponse:
    act = own_act(request)
    progress.undo(act=act, payer=act.person, no=no)
    return redirect("premium_order", no)


@never_cache
@person_required
@require_http_methods(["GET", "POST"])
@answering
def refund(request: HttpRequest, no: str) -> HttpResponse:
    """Ask why, say until when and where the money goes; the button asks for it."""
    act = own_act(request)
    order = orders_of(act.person).get(no=no, payer=act.person)
    if order.state == OrderState.REFUNDED:  # by the first of two clicks
        return redirect("premium_order", no)
    reasons = progress.refund_reasons(order, act.on)
    if not reasons:
        raise OrderStateError(progress.why_never_refunded(order, act.on) or progress.NOT_SHOWN)
    form = RefundForm(request.POST if request.method == "POST" else None, reasons=reasons)
    if form.is_valid():
        progress.refund(act=act, payer=act.person, no=no, reason=RefundReason(form.cleaned_data["reason"]))
        return redirect("premium_order", no)
    context = {
        "form": form,
        "told": Told(order, act.person, act.at),
        "last_on": progress.last_refund_on(order) if order.state == OrderState.CONFIRMED else None,
        "back_url": reverse("premium_order", args=[no]),
    }
    return render(request, "payments/refund.html", context, status=422 if form.errors else 200)
