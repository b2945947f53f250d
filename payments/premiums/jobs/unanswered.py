"""What the tax office has not answered in time becomes 等待查清: a state of its own, never a guess."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from functools import lru_cache

from accounts.identity.actors import Act
from accounts.policies import registry
from payments.premiums.codes import OrderState
from payments.premiums.models import PremiumOrder
from payments.premiums.operations import progress
from payments.premiums.rules import OrderStateError, answer_within
from yibao.lib.clock import SHANGHAI


def overdue(at: datetime) -> Iterator[PremiumOrder]:
    """Yield the orders that were handed over longer ago than their region's rules give the tax office."""
    within = lru_cache(maxsize=None)(_within)
    waiting = PremiumOrder.objects.filter(state=OrderState.HANDED_OVER, tax_answer=None).order_by("pk")
    for order in waiting.select_related("batch").iterator():
        assert order.handed_over_at is not None
        days = within(order.region, order.handed_over_at.astimezone(SHANGHAI).date())
        if order.handed_over_at + days < at:
            yield order


def look_into(*, act: Act, order: PremiumOrder) -> bool:
    """Set an order to 等待查清; False where its answer has come in the meantime."""
    try:
        progress.look_into(act=act, order_id=order.pk, reason=f"批次 {order.batch.no if order.batch else ''} 没有答复")
    except OrderStateError:
        return False
    return True


def _within(region: str, day: date) -> timedelta:
    return answer_within(registry.premium_or_none(region, day))
