"""An order's steps: each names its state, who, when and why, is never rewritten, and is told to those it is about."""

from accounts.identity.actors import Act
from accounts.operations.notices import tell
from payments.premiums.codes import OrderState
from payments.premiums.models import BECOMES, PremiumOrder, PremiumOrderEvent
from payments.premiums.notice_words import ordered
from payments.premiums.rules import NEXT, OrderStateError

# What the payer has just done is on the page in front of them.
_BY_PAYER = (OrderState.DEBITED, OrderState.UNDONE)


def record(act: Act, order: PremiumOrder, state: OrderState = OrderState.CHECKED, reason: str = "") -> None:
    """Write that a locked order is in this state now, with whatever else was set on it, in the caller's transaction.

    Raises OrderStateError for a state that cannot follow on the one before.
    """
    if state != OrderState.CHECKED:
        if state not in NEXT.get(OrderState(order.state), ()):
            raise OrderStateError(f"这张代缴单{order.get_state_display()}，不能再改为{state.label}")
        order.state, order.reason = state, reason
        order.save(update_fields=BECOMES)
        _tell(act, order, state, reason)
    PremiumOrderEvent.objects.create(order=order, state=state, at=act.at, actor=str(act.actor), reason=reason)


def _tell(act: Act, order: PremiumOrder, state: OrderState, reason: str) -> None:
    facts = {"order": order.pk, "state": state, "reason": reason}
    for person in {order.payer_id: order.payer, order.person_id: order.person}.values():
        if person.pk != order.payer_id or state not in _BY_PAYER:
            tell(act=act, person=person, template=ordered, facts=facts, about=f"premium:{order.no}")
