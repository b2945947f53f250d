"""A claim may wait for months: it is paid as it was made, whatever year, rules and place are the person's by then."""

from datetime import date

import pytest

from accounts.ledger.verify import findings
from payments.models import PremiumPaid, RefundClaim
from payments.premiums.codes import ClaimState, OrderState, WhyNotCode
from payments.premiums.operations import claiming
from payments.premiums.rules import PremiumRefusedError
from payments.premiums.tax_office.applying import settle_claims
from tests.factories.acts import act_on
from tests.factories.people import EnrolmentFactory
from tests.factories.premiums import claim as waiting
from tests.factories.premiums import order
from tests.payments.premiums.people import ACT, DAY, HENAN, money, payer, pays_for, resident, turned_resident

pytestmark = pytest.mark.usefixtures("policies_loaded")

CARD = "6222000000000000012"
NEXT_SPRING = date(2027, 3, 1)


def claim(who, person, receipt="T2026001"):
    return claiming.claim(act=ACT, payer=who, person=person, receipt_no=receipt, bank_card=CARD)


def shown(person, receipt="T2026001", amount_fen=400_00, year=2027):
    PremiumPaid.objects.create(
        person=person, premium_year=year, region=HENAN, paid_on=DAY, channel="手机税务", receipt_no=receipt,
        amount_fen=amount_fen,
    )  # fmt: skip


@pytest.mark.parametrize("place", ["430000", "360000", ""])
def test_whoever_has_moved_or_left_is_paid_what_was_claimed(place):
    own = payer(1000_00, region=HENAN)
    turned_resident(own, HENAN)
    made = claim(own, own)
    EnrolmentFactory(person=own, region=HENAN, insurance="390", person_type="15", from_on=date(2027, 1, 1), status=4)
    if place:
        EnrolmentFactory(person=own, region=place, insurance="390", person_type="15", from_on=date(2027, 1, 1))
    shown(own)
    settle_claims(act=act_on(NEXT_SPRING))
    assert RefundClaim.objects.get(pk=made.pk).state == ClaimState.PAID
    assert money(own, HENAN)[0] == 600_00
    assert list(findings()) == []


def test_the_next_years_amount_is_not_paid_for_this_years_receipt():
    rich, boy = payer(1000_00, region=HENAN), resident(HENAN, birth_on=date(2015, 1, 1))
    pays_for(rich, boy, relation="2")
    of_before = {"premium_year": 2026, "amount_fen": 380_00, "receipt_no": "T2025001"}
    made = waiting(rich, boy, ClaimState.WAITING, ACT.at, **of_before)
    shown(boy, "T2025001", 380_00, 2026)
    assert claiming.settle(act=ACT, claim_id=made.pk).state == ClaimState.PAID
    assert money(rich, HENAN)[0] == 620_00
    assert list(findings()) == []


def test_what_an_account_has_paid_already_is_not_claimed_too():
    rich, boy = payer(1000_00, region=HENAN), resident(HENAN, birth_on=date(2015, 1, 1))
    pays_for(rich, boy, relation="2")
    order(rich, boy, OrderState.CONFIRMED, ACT.at, region=HENAN)
    with pytest.raises(PremiumRefusedError) as refused:
        claim(rich, boy)
    assert [reason.code for reason in refused.value.reasons] == [WhyNotCode.PAID_BY_ACCOUNT]
