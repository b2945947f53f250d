"""收回已退的保费: money of a refund that the tax office has refused is taken back; two people say so (双人复核).

The premium stands then, and the order is confirmed again. The account gave it once and got it back, so the money comes
from the very pots it went back to, or from 历年 beside them where their year is over.
"""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from accounts.codes import PotKind, Role, VoucherKind
from accounts.identity.actors import Act
from accounts.ledger.errors import InsufficientFundsError
from accounts.ledger.locking import lock_to_reverse
from accounts.ledger.posting import Locked, Move, post
from accounts.models import Approval, Pot, Transfer, User, Voucher
from accounts.operations.approval_kinds import Content, Kind, register
from accounts.operations.approvals import ApprovalError
from accounts.operations.cases.access import why_not_on
from payments.premiums.codes import LIVE_STATES, AnswerResult, OrderState
from payments.premiums.models import PremiumOrder, PremiumVoucher, TaxRefund
from payments.premiums.operations.history import record
from yibao.lib.days import day_words
from yibao.lib.fen import yuan

RECOVER = "premium.recover"


def subject_of(no: str) -> str:
    return f"premium:{no}"


def _content(subject: str, asked: Mapping[str, Any], on: date) -> Content:
    order = PremiumOrder.objects.select_for_update(of=("self",), no_key=True).filter(no=subject.split(":")[1]).first()
    refund = TaxRefund.objects.filter(order=order, result=AnswerResult.REJECTED).first() if order else None
    if order is None or refund is None or refund.decided_on is None:
        raise ApprovalError("没有税务答复不退的代缴单，请核对编号")
    if order.state != OrderState.REFUNDED:
        raise ApprovalError(f"这张代缴单{order.get_state_display()}，没有要收回的钱")
    person, year = order.person_id, order.premium_year
    if other := PremiumOrder.objects.filter(person=person, premium_year=year, state__in=LIVE_STATES).first():
        raise ApprovalError(f"这一年度退费以后又交了一次（代缴单 {other.no}），请先向税务核对")
    return {
        "order": order.no,
        "payer": order.payer_id,
        "person": person,
        "year": year,
        "fen": order.amount_fen,
        "refused_on": refund.decided_on.isoformat(),
        "why": refund.reason,
    }


def _describe(content: Mapping[str, Any]) -> list[tuple[str, str]]:
    refused = day_words(date.fromisoformat(content["refused_on"]))
    return [
        ("代缴单", f"{content['order']}，参保人 {content['person']} 的{content['year']}年度居民医保"),
        ("税务不退", f"{refused}答复，{content['why'] or '没有写原因'}"),
        ("收回", f"{yuan(content['fen'])}，从参保人 {content['payer']} 当时收到退款的账户"),
    ]


def _why_not(user: User, content: Mapping[str, Any]) -> str:
    order = PremiumOrder.objects.select_related("payer", "person").get(no=content["order"])
    return why_not_on(user, order.payer, order.person)


def _execute(act: Act, approval: Approval) -> str:
    order = PremiumOrder.objects.get(no=approval.content["order"])
    vouchers = order.vouchers
    lock_to_reverse(act=act, vouchers=vouchers)
    for voucher in vouchers:
        taken = _take_again(act, approval, order, voucher)
        PremiumVoucher.objects.create(order=order, voucher=taken)
    record(act, order, OrderState.CONFIRMED, f"税务不退：{approval.content['why'] or approval.reason}"[:200])
    return f"已收回 {yuan(order.amount_fen)}，代缴单 {order.no} 仍然有效"


def _take_again(act: Act, approval: Approval, order: PremiumOrder, paid: Voucher) -> Voucher:
    back = list(Transfer.objects.filter(voucher__reverses=paid).select_related("target").order_by("pk"))
    carried = _carried(row.target for row in back)

    def decide(locked: Locked) -> list[Move]:
        target = locked.system_pot(PotKind.PREMIUMS)
        left = {pot: locked.available_fen(pot) for pot in locked.pots}
        moves = []
        for row in back:
            rest = row.amount_fen
            for pot in dict.fromkeys([row.target_id, carried[row.target.person_id]]):
                part = min(rest, left[pot])
                rest, left[pot] = rest - part, left[pot] - part
                moves += [Move(pot, target, part)] if part else []
            if rest:
                raise InsufficientFundsError(f"账户里的钱不够，还差 {yuan(rest)}。请缴费人补足以后再收，或者核销")
        return moves

    return post(
        act=act,
        kind=VoucherKind.PREMIUM,
        region=paid.region,
        key=f"premium-recovered:{paid.pk}",
        payload={"order": order.no},  # and nobody as its user: the draws of relatives were given back for good
        pots={row.target_id for row in back} | set(carried.values()),
        decide=decide,
        reason="税务不退，收回已退的保费",
        approval_id=approval.pk,
    )


def _carried(pots: Iterable[Pot]) -> dict[int | None, int]:
    """Return person id → id of the 历年 beside these pots."""
    pots = list(pots)
    found = Pot.objects.filter(
        kind=PotKind.CARRIED, person__in={pot.person_id for pot in pots}, region__in={pot.region for pot in pots}
    )
    return dict(found.values_list("person_id", "id"))


register(
    Kind(
        code=RECOVER,
        title="收回已退的保费",
        maker_roles=(Role.CLERK, Role.REVIEWER),
        checker_roles=(Role.REVIEWER, Role.APPROVER),
        content=_content,
        describe=_describe,
        execute=_execute,
        why_not=_why_not,
    )
)
