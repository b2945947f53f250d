"""Two records of one person become one: their premiums follow, and one person keeps one order a year."""

import pytest

from payments.models import PremiumOrder, PremiumPaid
from payments.premiums.operations import merging, paying
from payments.premiums.queries import orders_of, people_to_pay_for
from tests.payments.premiums.people import ACT, DAY, QUANZHOU, payer, pays_for, resident

pytestmark = pytest.mark.usefixtures("policies_loaded")


def paid_for(person):
    rich = payer(3000_00)
    pays_for(rich, person)
    (outcome,) = paying.pay(act=ACT, payer=rich, people=[person], key=f"of {rich.pk}")
    return outcome.order


def test_orders_and_what_was_paid_elsewhere_are_the_kept_records():
    gone, kept = resident(), resident()
    order = paid_for(gone)
    PremiumPaid.objects.create(
        person=gone, premium_year=2026, region=QUANZHOU, paid_on=DAY, channel="税务", receipt_no="T1", amount_fen=400_00
    )
    assert list(merging.why_not_merged(gone, kept)) == []
    merging.follow(ACT, gone, kept)
    assert list(orders_of(kept)) == [order]
    assert not people_to_pay_for(kept, DAY)[0].can_pay
    assert PremiumPaid.objects.get().person == kept


def test_two_orders_of_one_year_have_to_be_settled_first():
    gone, kept = resident(), resident()
    paid_for(gone)
    paid_for(kept)
    assert list(merging.why_not_merged(gone, kept)) == ["两份登记都有2027年度居民医保的代缴单，请先退掉一份"]
    assert PremiumOrder.objects.count() == 2
