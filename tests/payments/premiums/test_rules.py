"""Every reason against paying a premium, all at once, each with what to do (seeds S1, S2; domain 1.7)."""

from dataclasses import replace
from datetime import date

import pytest

from accounts.policies.preset_files import read_preset, shipped
from family.rules.use import Blocked
from payments.premiums.codes import OrderState, WhyNotCode
from payments.premiums.rules import CHANGE_BOND, NEXT, Candidate, Claimed, Ordered, Paid, no_money, reasons

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
        ({"claimed": Claimed()}, WhyNotCode.CLAIMED),
        ({"left_fen": 399_99}, WhyNotCode.LIMIT),
    ],
)
def test_each_fact_that_stands_in_the_way_is_told_with_what_to_do(facts, code):
    (reason,) = reasons(replace(FINE, **facts), QUANZHOU, DAY)
    assert reason.code == code
    assert reason.why
    assert reason.found
    assert reason.remedy


def test_all_reasons_are_told_at_once():
    many = replace(FINE, identity_type="2303", born=date(2026, 11, 1), blocked=Blocked.SUSPENDED, claimed=Claimed())
    found = codes(many, on=date(2027, 3, 1))
    assert found == [WhyNotCode.BOND, WhyNotCode.CLOSED, WhyNotCode.PARTIAL_RELIEF, WhyNotCode.CLAIMED]
    assert WhyNotCode.NEWBORN in codes(many)


def test_of_whoever_has_not_agreed_nothing_is_told():
    paid = (Paid(date(2026, 10, 12), "单位代扣"),)
    assert codes(replace(FINE, has_bond=False, paid=paid, identity_type="2303")) == [WhyNotCode.NO_BOND]


def test_a_limit_that_holds_the_premium_and_one_of_whoever_has_paid_are_no_reason():
    assert codes(replace(FINE, left_fen=400_00)) == []
    assert codes(replace(FINE, left_fen=0, ordered=Ordered(confirmed=True))) == [WhyNotCode.PAID_BY_ACCOUNT]


@pytest.mark.parametrize("why", [why for why in Blocked if why not in (Blocked.SCOPE, Blocked.PLACE, Blocked.EMPTY)])
def test_why_a_bond_gives_nothing_is_said_to_the_one_who_pays(why):
    (reason,) = reasons(replace(FINE, blocked=why), QUANZHOU, DAY)
    assert "出钱的人" not in reason.found
    assert "用钱的人" not in reason.found


def test_one_is_sent_to_family_sharing_only_for_what_can_be_changed_there():
    changeable = {Blocked.SUSPENDED, Blocked.NOT_YET, Blocked.OVER, Blocked.LIMIT}
    for why in Blocked:
        if why not in (Blocked.SCOPE, Blocked.PLACE, Blocked.EMPTY):
            (reason,) = reasons(replace(FINE, blocked=why), QUANZHOU, DAY)
            assert (reason.remedy == CHANGE_BOND) == (why in changeable), why


def test_what_to_do_without_a_bond_for_premiums_can_be_done():
    (reason,) = reasons(replace(FINE, has_bond=False), QUANZHOU, DAY)
    assert "先在家庭共济里移除，再邀请一次" in reason.remedy  # who is bound already cannot be invited
    (reason,) = reasons(replace(FINE, has_bond=False, is_bonded=False), QUANZHOU, DAY)
    assert reason.remedy == "请先在家庭共济里邀请"
    (reason,) = reasons(replace(FINE, has_bond=False, may_agree=False), QUANZHOU, DAY)
    assert "邀请" not in reason.remedy


@pytest.mark.parametrize(
    ("facts", "on", "said"),
    [
        ({}, DAY, "先用手机税务或到窗口缴 400.00 元"),
        ({"paid": (Paid(date(2026, 10, 12), "手机税务"),)}, DAY, "凭税票到这里申请返还"),
        ({}, date(2027, 1, 1), "缴费期里缴过的"),
    ],
)
def test_nobody_is_told_to_pay_first_who_has_or_who_is_too_late(facts, on, said):
    told = next(one for one in reasons(replace(FINE, **facts), HENAN, on) if one.code == WhyNotCode.PAY_FIRST)
    assert told.remedy.startswith(said)


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


def test_what_has_to_stay_in_the_account_explains_what_is_missing():
    assert (
        no_money(400_00, 0, reserve_fen=2_000_00).found == "要交 400.00 元，没有能用的钱（个人账户里要留 2,000.00 元）"
    )
    assert no_money(400_00, 300_00).found == "要交 400.00 元，能用的只有 300.00 元"
