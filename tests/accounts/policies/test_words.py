"""The words a citizen reads: exactly the formula, exactly the amount."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounts.policies.formulas import (
    CannotCreditError,
    InterestFacts,
    MonthFacts,
    Span,
    explain_interest,
    explain_month,
    explain_trueup,
    explain_year,
    interest,
    monthly_credit,
    year_credit,
)
from tests.accounts.policies.samples import credit_terms, interest_terms
from yibao.lib.fen import grouped

pytestmark = pytest.mark.unit

YEARLY = {"accrual": "yearly", "has_buckets": True, "rounding": "year"}
QUOTA = YEARLY | {"retiree_mode": "fixed_yearly", "retiree_amounts": [{"from_age": 0, "amount": "900.00"}]}


def spans(*parts: tuple[MonthFacts, int]) -> tuple[Span, ...]:
    return tuple(Span(facts, months, "v") for facts, months in parts)


class TestMonth:
    def test_an_employee_reads_base_rate_and_where_the_rest_went(self):
        told = explain_month(MonthFacts("employee", 500_000, 40), credit_terms())
        assert told.words == (
            "缴费基数 5,000.00 元 × 2% = 100.00 元。收到缴费后按月记入个人账户。单位交的部分记入统筹基金，不在这里。"
        )
        assert told.inputs == {"base": "5000.00", "rate": "2%"}

    def test_beijing_says_what_is_owed_and_not_credited(self):
        told = explain_month(
            MonthFacts("employee", 500_000, 40), credit_terms(owed_only="3.00", owed_only_name="大额互助")
        )
        assert told.words.endswith("另缴大额互助 3.00 元，不记入个人账户；本月个人一共缴 103.00 元。")
        assert told.inputs["owed"] == "103.00"

    def test_a_base_below_the_floor_is_said_to_be_raised(self):
        told = explain_month(MonthFacts("employee", 300_000, 40), credit_terms(base_floor="4462.00"))
        assert told.words.startswith("申报的缴费基数 3,000.00 元低于下限，按下限 4,462.00 元算。缴费基数 4,462.00 元")
        assert told.inputs == {"base": "4462.00", "rate": "2%", "declared_base": "3000.00"}

    def test_a_base_above_the_ceiling_is_said_to_be_lowered(self):
        told = explain_month(MonthFacts("employee", 3_000_000, 40), credit_terms(base_ceiling="22311.00"))
        assert told.words.startswith("申报的缴费基数 30,000.00 元高于上限，按上限 22,311.00 元算。")

    def test_rounding_is_admitted(self):
        told = explain_month(MonthFacts("employee", 446_233, 40), credit_terms())
        assert "= 89.25 元（四舍五入到分）。" in told.words

    def test_the_employers_share_before_the_reform_is_shown(self):
        terms = credit_terms(
            employer_rate="7%", employer_share_of="employer", employer_share=[{"from_age": 0, "rate": "30%"}]
        )
        told = explain_month(MonthFacts("employee", 500_000, 40), terms)
        assert told.words.startswith("缴费基数 5,000.00 元 ×（个人 2% + 单位 7% × 30%） = 205.00 元。")
        assert "单位交的其余部分记入统筹基金" in told.words

    def test_a_flexible_worker_is_not_told_about_an_employer(self):
        told = explain_month(MonthFacts("flex", None, 40), credit_terms(flex_base="4462.00"))
        assert told.words.startswith("灵活就业缴费基数 4,462.00 元 × 2% = 89.24 元。")
        assert "单位" not in told.words

    def test_a_retirees_fixed_sum_needs_no_formula(self):
        tiers = [{"from_age": 0, "amount": "100.00"}, {"from_age": 70, "amount": "110.00"}]
        young = explain_month(MonthFacts("retiree", None, 69), credit_terms(retiree_amounts=tiers))
        old = explain_month(MonthFacts("retiree", None, 70), credit_terms(retiree_amounts=tiers))
        assert young.words.startswith("退休人员（不满70周岁）每月定额 100.00 元。")
        assert old.words.startswith("退休人员（70周岁起）每月定额 110.00 元。")

    def test_the_average_pension_of_the_reform_year_is_named(self):
        terms = credit_terms(
            retiree_mode="pct_avg_pension_at_reform",
            retiree_rates=[{"from_age": 0, "rate": "2.5%"}],
            retiree_average_pension="3000.00",
        )
        told = explain_month(MonthFacts("retiree", None, 65), terms)
        assert told.words.startswith("改革当年基本养老金平均水平 3,000.00 元 × 2.5% = 75.00 元。")

    def test_a_pension_of_this_year_is_said_to_be_one(self):
        terms = credit_terms(
            retiree_mode="pct_own_pension",
            retiree_rates=[{"from_age": 0, "rate": "4.8%"}],
            retiree_fallback_rate="5.1%",
        )
        told = explain_month(MonthFacts("retiree", None, 65, 400_000, pension_is_current=True), terms)
        assert told.words.startswith("没有上年度数，本年度月平均养老金 4,000.00 元 × 5.1% = 204.00 元。")


class TestYear:
    def test_the_floor_base_of_zhoushan(self):
        told = explain_year(spans((MonthFacts("employee", 446_200, 40), 12)), {"v": credit_terms(**YEARLY)})
        assert told.words == (
            "缴费基数 4,462.00 元 × 2% × 12个月 = 1,070.88 元。按规定在1月1日一次记入当年账户。"
            "单位交的部分记入统筹基金，不在这里。"
        )
        assert told.inputs == {"base": "4462.00", "rate": "2%", "months": 12}

    def test_a_july_year_is_credited_on_the_first_of_july(self):
        terms = {"v": credit_terms(**YEARLY | {"year_start_month": 7})}
        assert "在7月1日一次记入" in explain_year(spans((MonthFacts("employee", 446_200, 40), 12)), terms).words

    def test_two_bases_are_two_terms_of_one_sum(self):
        told = explain_year(
            spans((MonthFacts("employee", 446_200, 40), 3), (MonthFacts("employee", 600_000, 40), 9)),
            {"v": credit_terms(**YEARLY)},
        )
        assert told.words.startswith(
            "缴费基数 4,462.00 元 × 2% × 3个月 + 缴费基数 6,000.00 元 × 2% × 9个月 = 1,347.72 元。"
        )
        assert told.inputs == {
            "base": "4462.00",
            "rate": "2%",
            "months": 3,
            "base_2": "6000.00",
            "rate_2": "2%",
            "months_2": 9,
        }

    def test_months_that_are_rounded_are_shown_rounded(self):
        terms = {"v": credit_terms(**YEARLY | {"rounding": "month"})}
        told = explain_year(spans((MonthFacts("employee", 446_233, 40), 12)), terms)
        assert told.words.startswith(
            "缴费基数 4,462.33 元 × 2% = 每月 89.25 元（四舍五入到分）。89.25 元 × 12个月 = 1,071.00 元。"
        )

    def test_a_part_of_a_year_says_how_many_months(self):
        told = explain_year(spans((MonthFacts("retiree", None, 60), 5)), {"v": credit_terms(**QUOTA)})
        assert told.words.startswith(
            "退休人员每年定额 900.00 元 ÷ 12 × 5个月 = 375.00 元。按规定一次记入当年账户，共5个月。"
        )

    def test_a_correction_says_what_was_credited_before(self):
        told = explain_trueup(spans((MonthFacts("employee", 446_200, 40), 6)), 107_088, {"v": credit_terms(**YEARLY)})
        assert told.words == (
            "按实际情况全年应记：缴费基数 4,462.00 元 × 2% × 6个月 = 535.44 元。"
            "已经记入 1,070.88 元，多记了 535.44 元，从账户收回。"
        )
        assert told.inputs["credited"] == "1070.88"

    def test_somebody_who_left_before_the_year_gives_it_all_back(self):
        told = explain_trueup((), 107_088, {})
        assert (
            told.words
            == "按实际情况全年应记：这一年没有应记的月份。已经记入 1,070.88 元，多记了 1,070.88 元，从账户收回。"
        )


class TestInterest:
    def test_both_products_and_rates_are_shown(self):
        told = explain_interest(InterestFacts(1_200_000, 2_400_000), interest_terms())
        assert told.words == (
            "当年账户各月月末余额合计 12,000.00 元 × 0.05% ÷ 12 + 历年结余各月月末余额合计 24,000.00 元 × 1.1% ÷ 12"
            " = 22.50 元。年度末记入历年结余。"
        )
        assert told.inputs == {
            "carried_product": "24000.00",
            "carried_rate": "1.1%",
            "current_product": "12000.00",
            "current_rate": "0.05%",
        }

    def test_an_overdraft_is_subtracted_in_words_too(self):
        told = explain_interest(InterestFacts(-600_000, 2_400_000), interest_terms())
        assert "24,000.00 元 − 当年账户透支合计 6,000.00 元） × 1.1% ÷ 12 = 16.50 元" in told.words


CAPACITIES = st.sampled_from(["employee", "flex", "retiree"])
FACTS = st.builds(MonthFacts, CAPACITIES, st.integers(0, 10**8), st.integers(16, 100))
TERMS = st.sampled_from(
    [
        credit_terms(),
        credit_terms(base_floor="4462.00", base_ceiling="22311.00"),
        credit_terms(employer_share_of="base", employer_share=[{"from_age": 0, "rate": "0.8%"}]),
        credit_terms(**YEARLY),
        credit_terms(**YEARLY | {"rounding": "month"}),
    ]
)


@given(FACTS, TERMS)
def test_the_words_of_a_month_name_exactly_the_amount(facts, terms):
    amount = grouped(monthly_credit(facts, terms).amount_fen)
    assert re.search(rf"(= |定额 ){re.escape(amount)} 元", explain_month(facts, terms).words)


@given(st.lists(FACTS, min_size=1, max_size=4), TERMS)
def test_the_words_of_a_year_name_exactly_the_amount(months, terms):
    parts = spans(*((facts, 3) for facts in months))
    amount = grouped(year_credit(parts, {"v": terms}).amount_fen)
    assert f"= {amount} 元" in explain_year(parts, {"v": terms}).words


@given(st.integers(-(10**7), 10**9), st.integers(0, 10**9))
def test_the_words_of_interest_name_exactly_the_amount(current, carried):
    facts, terms = InterestFacts(current, carried), interest_terms()
    words = explain_interest(facts, terms).words
    amount = interest(facts, terms).amount_fen
    assert f"= {grouped(amount)} 元" in words or (amount == 0 and "没有利息" in words)


def test_a_formula_that_cannot_be_worked_out_is_not_explained_either():
    with pytest.raises(CannotCreditError):
        explain_month(MonthFacts("employee", None, 40), credit_terms())
