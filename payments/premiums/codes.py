"""Codes of residents' premiums: how an order and a claim stand, and why money is given back."""

from yibao.lib.codes import TextCode


class OrderState(TextCode):
    """Where an order stands. From debited on, until undone, rejected or refunded, its money is out of the accounts."""

    CHECKED = "checked", "已核对"
    DEBITED = "debited", "已扣款"
    HANDED_OVER = "handed_over", "已交税务"
    CONFIRMED = "confirmed", "已确认"
    REJECTED = "rejected", "税务退回"
    REFUNDED = "refunded", "已退回"
    UNDONE = "undone", "已撤回"
    UNKNOWN = "unknown", "等待查清"

    @property
    def is_live(self) -> bool:
        """Stands for the person's premium of that year: nobody may pay it a second time."""
        return self not in (OrderState.REJECTED, OrderState.REFUNDED, OrderState.UNDONE)

    @property
    def is_paid(self) -> bool:
        """Exactly its amount has left the accounts and has not come back."""
        return self.is_live and self != OrderState.CHECKED


LIVE_STATES = tuple(state for state in OrderState if state.is_live)
PAID_STATES = tuple(state for state in OrderState if state.is_paid)


class ClaimState(TextCode):
    """Where a claim of pay-then-refund stands."""

    WAITING = "waiting", "等税务证明"
    PROVEN = "proven", "已证明"
    PAID = "paid", "已返还"
    REFUSED = "refused", "不予返还"

    @property
    def is_live(self) -> bool:
        """Stands for the person's premium of that year: it is not claimed a second time."""
        return self != ClaimState.REFUSED


LIVE_CLAIMS = tuple(state for state in ClaimState if state.is_live)


class RefundReason(TextCode):
    """Why a premium that was paid may be given back on request."""

    DUPLICATE = "duplicate", "重复缴费"
    DEATH = "death", "参保人去世"
    EMPLOYEE = "employee", "参加了职工医保"


class AnswerResult(TextCode):
    """What the tax office answers about an order."""

    CONFIRMED = "confirmed", "确认"
    REJECTED = "rejected", "退回"
