"""Every reason against paying a premium, all at once, each with what to do (seeds S1, S2; domain 1.7)."""

from dataclasses import replace
from datetime import date

import pytest

from accounts.policies.preset_files import read_preset, shipped
from family.rules.use import Blocked
from payments.premiums.codes import OrderState, WhyNotCode
from payments.premiums.rules import NEXT, Candidate, Ordered, Paid, no_money, reasons

pytestmark = pytest.mark.unit

PRESETS = {preset.code: preset for preset in map(read_preset, shipped())}
DAY = date(2026, 11, 26)
FINE = Candidate(born=date(1955, 1, 1), region_name="泉州市")


def terms_of(region, day=DAY):
    versions = [one for one in PRESETS[region].versions if one.kind == "premium" and one.effective_from <= day]
    return max(versions, key=lambda one: one.effective_from).terms


QUANZHOU, JIANGXI, HENAN = terms_of("350500"), replace(terms_of("360000", date(2024, 10, 1))), terms_of("410000")


def codes(who, terms=QUANZHOU, on=DAY):
    return [reason.code for reason in reasons(who, terms, on)]


def test_a_resident_whose_campaign_is_open_can_be_paid_for():
    assert codes(FINE) == []


@pytest.mark.parametrize(
    ("facts", "code"),
    [
        ({"is_insured": False}, WhyNotCode.NOT_INSURED),
        ({"is_resident": False}, WhyNotCode.NOT_RESIDENT),
        ({"identity_type": "2303"}, WhyNotCode.PARTIAL_RELIEF),
        ({"identity_type": "2304"}, WhyNotCode.BUDGET_PAID),
        ({"identity_type": "2401"}, WhyNotCode.SPECIAL),
        ({"born": date(2026, 9, 1)}, WhyNotCode.NEWBORN),
        ({"is_dead": True}, WhyNotCode.DEAD),
        ({"has_bond": False}, WhyNotCode.NO_BOND),
        ({"blocked": Blocked.LIMIT}, WhyNotCode.BOND),
        ({"blocked": Blocked.FROZEN}, WhyNotCode.BOND),
        ({"paid": (Paid(date(2026, 10, 12), "单位代扣"),)}, WhyNotCode.PAID),
        ({"ordered": Ordered(confirmed=False)}, WhyNotCode.IN_ORDER),
        ({"ordered": Ordered(confirmed=True)}, WhyNotCode.PAID_BY_ACCOUNT),
        ({"claimed": True}, WhyNotCode.PAID),
    ],
)
def test_each_fact_that_stands_in_the_way_is_told_with_what_to_do(facts, code):
    (reason,) = reasons(replace(FINE, **facts), QUANZHOU, DAY)
    assert reason.code == code
    assert reason.why
    assert reason.found
    assert reason.remedy


def test_all_reasons_are_told_at_once():
    many = replace(FINE, identity_type="2303", born=date(2026, 11, 1), blocked=Blocked.SUSPENDED, claimed=True)
    found = codes(many, on=date(2027, 3, 1))
    assert found == [WhyNotCode.BOND, WhyNotCode.CLOSED, WhyNotCode.PARTIAL_RELIEF, WhyNotCode.PAID]
    assert WhyNotCode.NEWBORN in codes(many)


def test_of_whoever_has_not_agreed_nothing_is_told():
    paid = (Paid(date(2026, 10, 12), "单位代扣"),)
    assert codes(replace(FINE, has_bond=False, paid=paid, identity_type="2303")) == [WhyNotCode.NO_BOND]


@pytest.mark.parametrize(
    ("on", "expected"),
    [
        (date(2026, 8, 31), [WhyNotCode.NOT_OPEN]),
        (date(2026, 9, 1), []),
        (date(2027, 2, 28), []),
        (date(2027, 3, 1), [WhyNotCode.CLOSED]),
    ],
)
def test_first_and_last_day_of_the_window_count(on, expected):
    assert codes(FINE, on=on) == expected


@pytest.mark.parametrize(("born", "newborn"), [(date(2026, 8, 29), True), (date(2026, 8, 28), False)])
def test_ninety_days_after_birth_a_child_is_a_resident_like_any_other(born, newborn):
    assert (codes(replace(FINE, born=born)) == [WhyNotCode.NEWBORN]) == newborn


@pytest.mark.parametrize(("born", "paid"), [(date(1956, 11, 26), True), (date(1956, 11, 27), False)])
def test_in_henan_the_budget_pays_from_seventy_on(born, paid):
    assert (WhyNotCode.BUDGET_PAID in codes(replace(FINE, born=born), HENAN)) == paid
    assert WhyNotCode.BUDGET_PAID not in codes(replace(FINE, born=born))


def test_in_henan_one_pays_first_and_is_refunded():
    (reason,) = reasons(replace(FINE, born=date(1990, 1, 1), region_name="河南省"), HENAN, DAY)
    assert reason.code == WhyNotCode.PAY_FIRST
    assert "400.00" in reason.remedy


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        ({"insured_last_year": False, "normal_last_year": False}, [WhyNotCode.FIRST_TIME]),
        ({"normal_last_year": False}, [WhyNotCode.PRIOR_YEAR]),
        ({}, []),
    ],
)
def test_in_jiangxi_whoever_was_not_insured_the_year_before_goes_to_the_counter(facts, expected):
    assert codes(replace(FINE, **facts), JIANGXI, date(2024, 10, 1)) == expected
    assert codes(replace(FINE, **facts)) == []


def test_a_region_without_rules_says_so():
    assert codes(FINE, None) == [WhyNotCode.NO_RULES]


def test_a_payer_is_named_only_where_whoever_asks_may_know():
    (reason,) = reasons(replace(FINE, ordered=Ordered(confirmed=False)), QUANZHOU, DAY)
    assert "2027年度有人正在交" in reason.found
    (reason,) = reasons(replace(FINE, ordered=Ordered(confirmed=False, by="您")), QUANZHOU, DAY)
    assert "2027年度您正在交" in reason.found


def test_what_was_paid_elsewhere_says_where_and_when():
    (reason,) = reasons(replace(FINE, paid=(Paid(date(2026, 10, 12), "单位代扣"),)), QUANZHOU, DAY)
    assert reason.found == "2027年度已在2026年10月12日交（单位代扣）"


def test_too_little_money_says_how_much_there_is():
    assert "399.99" in no_money(400_00, 399_99).found


def test_what_was_undone_or_rejected_stays_so_and_a_refund_can_only_be_taken_back():
    after = {state: NEXT.get(state, ()) for state in OrderState if not state.is_live}
    assert after == {OrderState.UNDONE: (), OrderState.REJECTED: (), OrderState.REFUNDED: (OrderState.CONFIRMED,)}
