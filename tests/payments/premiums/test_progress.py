"""What becomes of an order: undone within ten minutes, answered by the tax office, given back to the very pots."""

from datetime import timedelta

import pytest

from accounts.identity.actors import Act
from accounts.ledger.verify import findings
from accounts.models import LifeEvent
from family.models import Draw
from payments.models import PremiumOrder, PremiumPaid
from payments.premiums.codes import OrderState, RefundReason
from payments.premiums.operations import paying, progress
from payments.premiums.rules import OrderStateError
from payments.premiums.tax_office import batches
from tests.factories.acts import ACTOR, act_on
from tests.factories.people import EnrolmentFactory
from tests.payments.premiums.people import ACT, DAY, money, payer, pays_for, resident, turned_resident

pytestmark = pytest.mark.usefixtures("policies_loaded")


def later(minutes):
    return Act(ACTOR, ACT.at + timedelta(minutes=minutes))


@pytest.fixture
def rich():
    return payer(2300_00, pool=1000_00)


@pytest.fixture
def order(rich):
    mother = resident()
    pays_for(rich, mother, limit_fen=400_00)
    (paid,) = paying.pay(act=ACT, payer=rich, people=[mother], key="k")
    assert money(rich) == (2000_00, 900_00)
    return paid.order


@pytest.fixture
def handed_over(order):
    batches.hand_over(act=later(10), region=order.region)
    return PremiumOrder.objects.get(pk=order.pk, state=OrderState.HANDED_OVER)


@pytest.fixture
def confirmed(handed_over):
    return progress.confirm(act=later(60), order_id=handed_over.pk, receipt_no="T1")


def test_within_ten_minutes_all_of_it_goes_back_to_the_very_pots_and_it_can_be_paid_again(rich, order):
    undone = progress.undo(act=later(9.99), payer=rich, no=order.no)
    assert undone.state == OrderState.UNDONE
    assert money(rich) == (2300_00, 1000_00)
    assert progress.undo(act=later(9.99), payer=rich, no=order.no) == undone
    (again,) = paying.pay(act=later(20), payer=rich, people=[order.person], key="again")
    assert again.order != order  # the limit of the bond is free again, too
    assert list(findings()) == []


def test_after_ten_minutes_it_is_too_late_to_undo(rich, order):
    with pytest.raises(OrderStateError, match="申请退费"):
        progress.undo(act=later(10), payer=rich, no=order.no)
    assert money(rich) == (2000_00, 900_00)


def test_nobody_else_undoes_or_refunds_it(order):
    for act in (progress.undo, lambda **asked: progress.refund(**asked, reason=RefundReason.DUPLICATE)):
        with pytest.raises(PremiumOrder.DoesNotExist):
            act(act=later(1), payer=order.person, no=order.no)


def test_a_confirmed_order_keeps_its_receipt_and_its_money(rich, confirmed):
    assert (confirmed.state, confirmed.receipt_no) == (OrderState.CONFIRMED, "T1")
    assert money(rich) == (2000_00, 900_00)
    assert progress.confirm(act=later(90), order_id=confirmed.pk, receipt_no="T1").decided_at == later(60).at


def test_an_answer_that_contradicts_an_earlier_one_is_refused(confirmed):
    with pytest.raises(OrderStateError, match="已确认"):
        progress.reject(act=later(90), order_id=confirmed.pk, reason="已参保")
    with pytest.raises(OrderStateError, match="已确认"):
        progress.confirm(act=later(90), order_id=confirmed.pk, receipt_no="T2")


def test_what_the_tax_office_refuses_is_given_back_at_once_and_once(rich, handed_over):
    for _ in range(2):
        rejected = progress.reject(act=later(60), order_id=handed_over.pk, reason="重复缴费")
        assert (rejected.state, rejected.reason) == (OrderState.REJECTED, "重复缴费")
        assert money(rich) == (2300_00, 1000_00)


def test_an_unknown_outcome_keeps_the_money_out_and_blocks_a_second_order_until_it_is_found(rich, handed_over):
    progress.look_into(act=later(9999), order_id=handed_over.pk, reason="超过7天没有答复")
    assert money(rich) == (2000_00, 900_00)
    (second,) = paying.pay(act=later(9999), payer=rich, people=[handed_over.person], key="second")
    assert second.order is None
    with pytest.raises(OrderStateError, match="还没有答复"):
        progress.refund(act=later(9999), payer=rich, no=handed_over.no, reason=RefundReason.DUPLICATE)
    assert progress.confirm(act=later(9999), order_id=handed_over.pk, receipt_no="T1").state == OrderState.CONFIRMED


def test_before_it_is_handed_over_a_refund_needs_no_proof(rich, order):
    progress.refund(act=later(30), payer=rich, no=order.no, reason=RefundReason.DUPLICATE)
    assert money(rich) == (2300_00, 1000_00)
    assert batches.hand_over(act=later(31), region=order.region) is None


def paid_elsewhere(order):
    PremiumPaid.objects.create(
        person=order.person,
        premium_year=order.premium_year,
        region=order.region,
        paid_on=DAY,
        channel="税务窗口",
        receipt_no="T9",
        amount_fen=order.amount_fen,
    )


def died(order):
    LifeEvent.objects.create(
        kind="death", person=order.person, on=DAY, proof="death_certificate", document="D1", reason="去世",
        actor="system:test", at=ACT.at,
    )  # fmt: skip


def joined(order):
    EnrolmentFactory(person=order.person, region=order.region, from_on=DAY)


SHOWN = [(RefundReason.DUPLICATE, paid_elsewhere), (RefundReason.DEATH, died), (RefundReason.EMPLOYEE, joined)]


@pytest.mark.parametrize(("reason", "happens"), SHOWN)
def test_a_confirmed_premium_is_given_back_once_the_records_show_why(rich, confirmed, reason, happens):
    with pytest.raises(OrderStateError, match="还没有查到"):
        progress.refund(act=later(90), payer=rich, no=confirmed.no, reason=reason)
    happens(confirmed)
    refunded = progress.refund(act=later(90), payer=rich, no=confirmed.no, reason=reason)
    assert (refunded.state, refunded.reason) == (OrderState.REFUNDED, reason.label)
    assert money(rich) == (2300_00, 1000_00)
    assert progress.refund(act=later(91), payer=rich, no=confirmed.no, reason=reason) == refunded


def test_once_the_benefits_have_begun_nothing_is_given_back(rich, confirmed):
    paid_elsewhere(confirmed)
    with pytest.raises(OrderStateError, match="2026年12月31日以后不能退费"):
        progress.refund(
            act=act_on(DAY.replace(year=2027, month=1, day=1)),
            payer=rich,
            no=confirmed.no,
            reason=RefundReason.DUPLICATE,
        )


def test_money_goes_back_after_the_bond_has_ended_and_to_whoever_gave_it(handed_over):
    bond = Draw.objects.get().bond
    bond.state, bond.end_reason = "ended", "removed"
    bond.save()
    progress.reject(act=later(60), order_id=handed_over.pk, reason="不属于本地")
    assert money(bond.payer) == (2300_00, 1000_00)


def test_ones_own_premium_goes_back_part_to_oneself_and_part_to_the_relative(rich):
    me = payer(150_00)
    turned_resident(me)
    pays_for(rich, me)
    (paid,) = paying.pay(act=ACT, payer=me, people=[me], key="own")
    assert (money(me)[0], money(rich)) == (0, (2300_00, 750_00))
    progress.undo(act=later(1), payer=me, no=paid.order.no)
    assert (money(me)[0], money(rich)) == (150_00, (2300_00, 1000_00))
