"""Codes of residents' premiums: how an order and a claim stand, why not, and why money is given back."""

from yibao.lib.codes import TextCode


class OrderState(TextCode):
    """Where an order stands. From debited on, until undone, rejected or refunded, its money is out of the accounts."""

    CHECKED = "checked", "已核对"
    DEBITED = "debited", "已扣款"
    HANDED_OVER = "handed_over", "已交税务"
    CONFIRMED = "confirmed", "已确认"
    REJECTED = "rejected", "税务退回"
    REFUNDED = "refunded", "已退费"
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

    WAITING = "waiting", "等税务核对"
    PROVEN = "proven", "已证明"
    PAID = "paid", "已返还"
    REFUSED = "refused", "不予返还"

    @property
    def is_live(self) -> bool:
        """Stands for the person's premium of that year: it is not claimed a second time."""
        return self != ClaimState.REFUSED


LIVE_CLAIMS = tuple(state for state in ClaimState if state.is_live)
OPEN_CLAIMS = (ClaimState.WAITING, ClaimState.PROVEN)  # nothing is paid yet, and nothing is refused


class RefundReason(TextCode):
    """Why a premium that was paid may be given back on request; for a mistake only while nobody else has it."""

    DUPLICATE = "duplicate", "重复缴费"
    DEATH = "death", "参保人去世"
    EMPLOYEE = "employee", "参加了职工医保"
    MISTAKE = "mistake", "交错了"


class AnswerResult(TextCode):
    """What the tax office answers about an order."""

    CONFIRMED = "confirmed", "确认"
    REJECTED = "rejected", "退回"


class WhyNotCode(TextCode):
    """Why a premium cannot be paid from an account now. Stable; the label is what people read first."""

    NO_RULES = "no_rules", "参保地还不能代缴"
    NOT_OPEN = "not_open", "还没到缴费的时候"
    CLOSED = "closed", "缴费期已经结束"
    NO_BOND = "no_bond", "没有约定可以用您的钱交居民医保"
    BOND = "bond", "现在不能用您的钱"
    DEAD = "dead", "已经登记去世"
    NOT_INSURED = "not_insured", "没有查到居民医保的参保登记"
    NOT_RESIDENT = "not_resident", "参加的是职工医保，不用交居民医保"
    NEWBORN = "newborn", "新生儿网上交不了"
    PARTIAL_RELIEF = "partial_relief", "医疗救助对象只交一部分，网上交不了"
    SPECIAL = "special", "缴费方式特殊，网上交不了"
    BUDGET_PAID = "budget_paid", "由财政代缴，自己不用交"
    FIRST_TIME = "first_time", "上一年度没有参保，网上交不了"
    PRIOR_YEAR = "prior_year", "上一年度没有正常参保，网上交不了"
    PAID = "paid", "已经交过了"
    PAID_BY_ACCOUNT = "paid_by_account", "已经用医保账户交过了"
    IN_ORDER = "in_order", "正在交"
    CLAIMED = "claimed", "已经申请返还"
    PAY_FIRST = "pay_first", "当地是先缴费，再申请返还"
    LIMIT = "limit", "今年的额度不够"
    NO_MONEY = "no_money", "账户的钱不够"
    CHANGED = "changed", "刚刚有变化，这一笔没有办"
