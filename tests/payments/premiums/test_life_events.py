"""Records that become one, accounts that go elsewhere, sign-ins that were a thief's: premiums follow or stand in the way."""

from datetime import timedelta

import pytest

from accounts.identity.actors import Act, Actor
from payments.models import PremiumOrder, PremiumPaid, RefundClaim
from payments.premiums.codes import ClaimState, OrderState
from payments.premiums.operations import claiming, life_events, paying, progress, taking_back
from payments.premiums.queries import orders_of, people_to_pay_for
from payments.premiums.tax_office import batches
from tests.factories.premiums import claim as waiting
from tests.payments.premiums.people import ACT, DAY, HENAN, QUANZHOU, money, payer, pays_for, resident

pytestmark = pytest.mark.usefixtures("policies_loaded")


THIEF = Actor("citizen", "77")


def paid_for(person, actor=ACT.actor):
    rich = payer(3000_00)
    pays_for(rich, person)
    (outcome,) = paying.pay(act=Act(actor, ACT.at), payer=rich, people=[person], key=f"of {rich.pk}")
    return outcome.order


def later(hours=1):
    return Act(ACT.actor, ACT.at + timedelta(hours=hours))


def test_orders_and_what_was_paid_elsewhere_are_the_kept_records():
    gone, kept = resident(), resident()
    order = paid_for(gone)
    PremiumPaid.objects.create(
        person=gone, premium_year=2026, region=QUANZHOU, paid_on=DAY, channel="税务", receipt_no="T1", amount_fen=400_00
    )
    assert list(life_events.why_not_merged(gone, kept)) == []
    life_events.follow(ACT, gone, kept)
    assert list(orders_of(kept)) == [order]
    assert not people_to_pay_for(kept, DAY)[0].can_pay
    assert PremiumPaid.objects.get().person == kept


def test_two_orders_of_one_year_have_to_be_settled_first():
    gone, kept = resident(), resident()
    paid_for(gone)
    paid_for(kept)
    assert list(life_events.why_not_merged(gone, kept)) == ["两份登记都有2027年度居民医保的代缴单，请先退掉一份"]
    assert PremiumOrder.objects.count() == 2


def test_an_order_of_one_record_and_a_claim_of_the_other_have_to_be_settled_first():
    gone, kept = resident(), resident()
    paid_for(gone)
    waiting(payer(1000_00, region=HENAN), kept, ClaimState.WAITING, ACT.at)
    assert list(life_events.why_not_merged(gone, kept)) == [
        "两份登记都有2027年度居民医保的代缴单和返还申请，请先退掉一份"
    ]


def test_an_account_does_not_go_elsewhere_while_its_money_may_come_back():
    order = paid_for(resident())
    assert order.no in life_events.why_not_moved(order.payer, QUANZHOU)
    assert life_events.why_not_moved(order.payer, "330381") == ""
    assert life_events.why_not_moved(order.person, QUANZHOU) == ""
    batches.hand_over(act=later(), region=QUANZHOU)
    assert order.no in life_events.why_not_moved(order.payer, QUANZHOU)
    progress.confirm(act=later(), order_id=order.pk, receipt_no="T1")
    assert life_events.why_not_moved(order.payer, QUANZHOU) == ""


def test_what_a_thief_paid_comes_back_unless_the_tax_office_has_it():
    order = paid_for(resident(), THIEF)
    said = taking_back.stop(later(), order.payer, str(THIEF), ACT.at)
    order.refresh_from_db()
    assert order.state == OrderState.REFUNDED
    assert money(order.payer)[0] == 3000_00
    assert said == [f"退回代缴单 {order.no}"]
    own, late = paid_for(resident()), paid_for(resident(), THIEF)
    batches.hand_over(act=later(), region=QUANZHOU)
    assert taking_back.stop(later(), late.payer, str(THIEF), ACT.at) == [f"代缴单 {late.no}（已交税务，没有退回）"]
    assert taking_back.stop(later(), own.payer, str(THIEF), ACT.at) == []


def test_what_a_thief_claimed_is_refused():
    rich, boy = payer(1000_00, region=HENAN), resident(HENAN, birth_on=DAY.replace(year=2015))
    pays_for(rich, boy, relation="2")
    card, act = "6222000000000000012", Act(THIEF, ACT.at)
    made = claiming.claim(act=act, payer=rich, person=boy, receipt_no="T2026001", bank_card=card)
    assert taking_back.stop(later(), rich, str(THIEF), ACT.at) == [f"退回返还申请 {made.no}"]
    made.refresh_from_db()
    assert made.state == ClaimState.REFUSED


def test_a_thiefs_claim_that_was_paid_in_the_meantime_is_listed_and_stops_nothing():
    rich, boy = payer(1000_00, region=HENAN), resident(HENAN, birth_on=DAY.replace(year=2015))
    made = waiting(rich, boy, ClaimState.PROVEN, ACT.at, actor=str(THIEF))
    RefundClaim.objects.filter(pk=made.pk).update(state=ClaimState.PAID)
    assert claiming.stop(act=later(), claim_id=made.pk, reason="不是本人办的") is False
    assert taking_back.stop(later(), rich, str(THIEF), ACT.at) == [f"返还申请 {made.no}（已付款，没有退回）"]
