"""An order's steps: each names its state, who, when and why, and is never rewritten."""

from accounts.identity.actors import Act
from payments.premiums.codes import OrderState
from payments.premiums.models import PremiumOrder, PremiumOrderEvent
from payments.premiums.rules import NEXT, OrderStateError


def record(act: Act, order: PremiumOrder, state: OrderState = OrderState.CHECKED, reason: str = "") -> None:
    """Write that a locked order is in this state now, with whatever else was set on it, in the caller's transaction.

    Raises OrderStateError for a state that cannot follow on the one before.
    """
    if state != OrderState.CHECKED:
        if state not in NEXT.get(OrderState(order.state), ()):
            raise OrderStateError(f"这张代缴单{order.get_state_display()}，不能再改为{state.label}")
        order.state, order.reason = state, reason
        order.save()
    PremiumOrderEvent.objects.create(order=order, state=state, at=act.at, actor=str(act.actor), reason=reason)
