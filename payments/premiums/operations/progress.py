"""What becomes of an order after the debit: undone, confirmed, rejected, looked into, refunded.

Handing over is done for many at once (tax_office.batches).
Each locks the order first, then what moves money (docs/locking.md).
"""

from datetime import date

from django.db import transaction

from accounts.codes import EnrolmentStatus
from accounts.identity.actors import Act
from accounts.ledger.freezing import known_deaths
from accounts.ledger.retry import retrying
from accounts.models import Person
from accounts.policies import registry
from family.queries.facts import Insured
from payments.premiums.codes import OrderState, RefundReason
from payments.premiums.models import PremiumOrder, PremiumPaid, TaxRefund
from payments.premiums.operations.debiting import give_back
from payments.premiums.operations.history import record
from payments.premiums.rules import OrderStateError, refundable_until
from yibao.lib.clock import SHANGHAI
from yibao.lib.days import day_words

TOO_LATE = "已经过了可以撤回的时间。还没交给税务的，可以申请退费。"
WAITING = "税务还没有答复，现在不能退。答复以后再申请。"
NOT_SHOWN = "名册和税务的记录里还没有查到可以退费的原因。有材料的，请带到窗口办。"


@retrying
def undo(*, act: Act, payer: Person, no: str) -> PremiumOrder:
    """Take an order back within its minutes: all of it goes back to the very pots that paid.

    Undoing twice is undoing once. Raises PremiumOrder.DoesNotExist for anybody else's, OrderStateError when it is too
    late.
    """
    with transaction.atomic():
        order = _locked(PremiumOrder.objects.get(no=no, payer=payer).pk)
        if order.state == OrderState.UNDONE:
            return order
        if order.state != OrderState.DEBITED or order.undo_until is None or act.at >= order.undo_until:
            raise OrderStateError(TOO_LATE)
        give_back(act=act, vouchers=order.vouchers, reason="撤回代缴")
        record(act, order, OrderState.UNDONE)
        return order


def confirm(*, act: Act, order_id: int, receipt_no: str) -> PremiumOrder:
    """Say that the tax office has the money, and its receipt. The same answer again changes nothing.

    Raises OrderStateError where the answer contradicts what is known.
    """
    with transaction.atomic():
        order = _locked(order_id)
        if (order.state, order.receipt_no) == (OrderState.CONFIRMED, receipt_no):
            return order
        if order.state == OrderState.REFUNDED:
            raise OrderStateError("这张代缴单已经退费，不能再确认")
        order.receipt_no, order.decided_at = receipt_no, act.at
        record(act, order, OrderState.CONFIRMED)
        return order


@retrying
def reject(*, act: Act, order_id: int, reason: str) -> PremiumOrder:
    """Say that the tax office has refused it: the money goes back at once. The same answer again changes nothing.

    Raises OrderStateError where the answer contradicts what is known.
    """
    with transaction.atomic():
        order = _locked(order_id)
        if order.state == OrderState.REJECTED:
            return order
        order.decided_at = act.at
        record(act, order, OrderState.REJECTED, reason)
        give_back(act=act, vouchers=order.vouchers, reason="税务退回")
        return order


def look_into(*, act: Act, order_id: int, reason: str) -> PremiumOrder:
    """Say that nobody knows what became of it: the money stays out until the answer is found, never a guess."""
    with transaction.atomic():
        order = _locked(order_id)
        if order.state != OrderState.UNKNOWN:
            record(act, order, OrderState.UNKNOWN, reason)
        return order


@retrying
def refund(*, act: Act, payer: Person, no: str, reason: RefundReason) -> PremiumOrder:
    """Give a premium back on request, whole, to the very pots that paid.

    Before it is handed over nothing else is asked; once it is confirmed the reason has to show in the records, before
    the benefits begin (rules.refundable_until). Refunding twice is refunding once. Raises
    PremiumOrder.DoesNotExist for anybody else's, OrderStateError with what stands in the way.
    """
    with transaction.atomic():
        order = _locked(PremiumOrder.objects.get(no=no, payer=payer).pk)
        if order.state == OrderState.REFUNDED:
            return order
        if why := why_not_refunded(order, reason, act.on):
            raise OrderStateError(why)
        if order.state == OrderState.CONFIRMED:
            TaxRefund.objects.create(order=order, at=act.at)  # the next file tells the tax office
        give_back(act=act, vouchers=order.vouchers, reason=f"退费：{reason.label}")
        record(act, order, OrderState.REFUNDED, reason.label)
        return order


@retrying
def stop(*, act: Act, order_id: int, reason: str) -> bool:
    """Give an order back that must not go to the tax office: not the payer's own doing, or for somebody who has died.

    False where it is too late, or nothing is out any more.
    """
    with transaction.atomic():
        order = _locked(order_id)
        if order.state != OrderState.DEBITED:
            return False
        give_back(act=act, vouchers=order.vouchers, reason=reason)
        record(act, order, OrderState.REFUNDED, reason)
        return True


def why_not_refunded(order: PremiumOrder, reason: RefundReason, on: date) -> str:
    """Return why an order is not given back for this reason; "" where it is."""
    if why := why_never_refunded(order, on):
        return why
    is_ours = order.state == OrderState.DEBITED
    return "" if is_ours or _is_shown(order, reason, on) else f"名册里还没有查到“{reason.label}”，请带材料到窗口办"


def refund_reasons(order: PremiumOrder, on: date) -> tuple[RefundReason, ...]:
    """Return for which reasons an order is given back when it is asked for on that day; none where it is not."""
    if why_never_refunded(order, on):
        return ()
    is_ours = order.state == OrderState.DEBITED
    return tuple(reason for reason in RefundReason if is_ours or _is_shown(order, reason, on))


def why_never_refunded(order: PremiumOrder, on: date) -> str:
    """Return why an order is not given back on that day, whatever the reason; "" where it depends on the reason."""
    if order.state == OrderState.DEBITED:
        return ""
    if order.state in (OrderState.HANDED_OVER, OrderState.UNKNOWN):
        return WAITING
    if order.state != OrderState.CONFIRMED:
        return f"这张代缴单{order.get_state_display()}，没有可退的钱"
    if TaxRefund.objects.filter(order=order).exists():
        return "税务已经答复这一笔不退"
    last = last_refund_on(order)
    if last is not None and on > last:
        return f"{day_words(last)}以后不能退费，因为待遇已经开始"
    return ""


def last_refund_on(order: PremiumOrder) -> date | None:
    """Return the last day on which a confirmed order may be given back, by the rules under which it was paid."""
    terms = registry.premium_or_none(order.region, order.created_at.astimezone(SHANGHAI).date())
    return refundable_until(terms) if terms else None


def _is_shown(order: PremiumOrder, reason: RefundReason, on: date) -> bool:
    if reason == RefundReason.MISTAKE:
        return False
    if reason == RefundReason.DUPLICATE:
        return (
            PremiumPaid.objects.filter(person=order.person_id, premium_year=order.premium_year)
            .exclude(receipt_no=order.receipt_no)
            .exists()
        )
    if reason == RefundReason.DEATH:
        return order.person_id in known_deaths([order.person_id])
    now = Insured([order.person_id], on).as_user(order.person_id)
    return now.status == EnrolmentStatus.NORMAL and not now.is_resident


def _locked(order_id: int) -> PremiumOrder:
    return PremiumOrder.objects.select_for_update(of=("self",), no_key=True).get(pk=order_id)
