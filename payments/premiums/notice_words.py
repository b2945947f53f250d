"""What payer and insured person are told of a premium: where an order stands now."""

from django.conf import settings

from accounts import wording
from accounts.codes import NoticeKind
from accounts.wording import Told, Words
from payments.premiums.codes import ClaimState, OrderState
from payments.premiums.models import PremiumOrder, RefundClaim
from yibao.lib.fen import grouped

ORDERS = PremiumOrder.objects.select_related("payer", "person")
CLAIMS = RefundClaim.objects.select_related("payer", "person")


@wording.template("premium_order", NoticeKind.PREMIUM, order=ORDERS)
def ordered(told: Told) -> Words:
    """Facts: `state` that the order came to, and the `reason` the tax office gave, if any.

    One that is confirmed for a reason had been refunded, and the tax office has kept it (operations.recovering).
    """
    order = told.facts["order"]
    yuan, who = f"{grouped(order.amount_fen)} 元", _who(told.person_id, order)
    back = "钱已经退回原来的账户。" if order.payer_id == told.person_id else ""
    titles = {
        OrderState.DEBITED: f"{who}已经从医保账户扣款",
        OrderState.UNDONE: f"{who}已经撤回",
        OrderState.CONFIRMED: f"{who}已经办好",
        OrderState.REJECTED: f"{who}没有办成",
        OrderState.UNKNOWN: f"{who}还没有结果",
        OrderState.REFUNDED: f"{who}已经退费",
    }
    texts = {
        OrderState.DEBITED: f"{yuan}，由{order.payer.name}的账户交，正在交给税务。请不要再交。",
        OrderState.UNDONE: "这一笔没有交。需要的，请在缴费期内再交。",
        OrderState.CONFIRMED: f"{yuan}，税务已经收到，税票号码 {order.receipt_no}。",
        OrderState.REJECTED: f"税务退回了这 {yuan}：{told.facts['reason']}。{back}",
        OrderState.UNKNOWN: f"税务还没有答复，{yuan}可能已经交到，请不要再交。查清以后再通知您。",
        OrderState.REFUNDED: f"{yuan}已经退费（{told.facts['reason']}）。{back}",
    }
    state, reason = OrderState(told.facts["state"]), told.facts["reason"]
    if state == OrderState.CONFIRMED and reason:
        taken = f"以前退的 {yuan}已经从账户收回。" if order.payer_id == told.person_id else ""
        return Words(f"{who}仍然有效", f"{reason}。{taken}有疑问请打{settings.HELP_PHONE}。", is_typed=True)
    return Words(titles[state], texts[state], is_typed=state == OrderState.REJECTED)


@wording.template("premium_paid_twice", NoticeKind.PREMIUM, order=ORDERS)
def paid_twice(told: Told) -> Words:
    """To the payer of an order, once two members of staff have found that it was paid elsewhere too."""
    order = told.facts["order"]
    who = _who(told.person_id, order)
    text = f"税务查到{order.person.name}这一年度在别的渠道也交过。用您的账户交的{grouped(order.amount_fen)} 元，可以在代缴记录里申请退费。"
    return Words(f"{who}交了两次", text)


@wording.template("premium_claim", NoticeKind.PREMIUM, claim=CLAIMS)
def claimed(told: Told) -> Words:
    """Facts: `state` that the claim came to, and the `reason` why it was refused, if it was."""
    claim = told.facts["claim"]
    yuan = f"{grouped(claim.amount_fen)} 元"
    if told.facts["state"] == ClaimState.PAID:
        text = f"{yuan}从医保账户付到您尾号 {str(claim.bank_card)[-4:]} 的银行卡，几天内到账。"
        return Words(f"返还申请 {claim.no} 已经付款", text)
    text = f"{told.facts['reason']}。有疑问请打{settings.HELP_PHONE}。"
    return Words(f"返还申请 {claim.no} 没有通过", text, is_typed=True)


def _who(reader: int, order: PremiumOrder) -> str:
    """Return whose premium of which year it is, for the reader: 给王芳交的2027年度居民医保."""
    year = f"{order.premium_year}年度居民医保"
    return f"您的{year}" if order.person_id == reader else f"给{order.person.name}交的{year}"
