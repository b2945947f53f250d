"""What a month and a year are worth. Expected amounts were worked out by hand; vectors hold those of the documents."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounts.policies.formulas import CannotCreditError, Credit, MonthFacts, Span, monthly_credit, year_credit
from tests.accounts.policies.samples import credit_terms

pytestmark = pytest.mark.unit

BASES = st.integers(min_value=0, max_value=10**8)
AGES = st.integers(min_value=0, max_value=120)
MONTHS = st.integers(min_value=1, max_value=12)
BY_AGE = [{"from_age": 0, "rate": "0.8%"}, {"from_age": 35, "rate": "1%"}, {"from_age": 45, "rate": "2%"}]


def employee(base_fen: int | None, age: int = 40) -> MonthFacts:
    return MonthFacts("employee", base_fen, age)


def year_of(*spans: tuple[MonthFacts, int], **changes) -> Credit:
    terms = {"v": credit_terms(accrual="yearly", **changes)}
    return year_credit(tuple(Span(facts, months, "v") for facts, months in spans), terms)


class TestMonth:
    def test_half_a_fen_is_rounded_up(self):
        # 25 fen × 2% = 0.5 fen; 24 fen × 2% = 0.48 fen
        assert monthly_credit(employee(25), credit_terms()).amount_fen == 1
        assert monthly_credit(employee(24), credit_terms()).amount_fen == 0

    def test_personal_and_employer_parts_are_added_before_rounding(self):
        # 17 fen × (2% + 1%) = 0.51 fen: rounded apart it would be 0 + 0
        terms = credit_terms(employer_share_of="base", employer_share=[{"from_age": 0, "rate": "1%"}])
        assert monthly_credit(employee(17), terms).amount_fen == 1

    @pytest.mark.parametrize(
        ("declared", "amount"),
        [(446_199, 8924), (446_200, 8924), (446_250, 8925), (1_500_000, 30_000), (1_500_001, 30_000), (9**9, 30_000)],
    )
    def test_a_base_outside_the_bounds_counts_as_the_bound(self, declared, amount):
        terms = credit_terms(base_floor="4462.00", base_ceiling="15000.00")
        assert monthly_credit(employee(declared), terms).amount_fen == amount

    def test_flexible_workers_have_the_regions_base_unless_they_declared_one(self):
        terms = credit_terms(flex_base="4462.00")
        assert monthly_credit(MonthFacts("flex", None, 40), terms).amount_fen == 8924
        assert monthly_credit(MonthFacts("flex", 500_000, 40), terms).amount_fen == 10_000

    def test_flexible_workers_get_no_employers_share(self):
        terms = credit_terms(employer_share_of="base", employer_share=BY_AGE)
        assert monthly_credit(MonthFacts("flex", 500_000, 40), terms).amount_fen == 10_000
        assert monthly_credit(employee(500_000, 40), terms).amount_fen == 15_000

    @pytest.mark.parametrize(("age", "amount"), [(34, 14_000), (35, 15_000), (44, 15_000), (45, 20_000)])
    def test_the_age_tier_begins_on_its_own_age(self, age, amount):
        terms = credit_terms(employer_share_of="base", employer_share=BY_AGE)
        assert monthly_credit(employee(500_000, age), terms).amount_fen == amount

    def test_what_is_owed_and_not_credited_is_told_apart(self):
        terms = credit_terms(owed_only="3.00", owed_only_name="大额互助")
        assert monthly_credit(employee(500_000), terms) == Credit(amount_fen=10_000, owed_fen=10_300)

    @pytest.mark.parametrize(
        ("facts", "changes", "reason"),
        [
            (MonthFacts("employee", None, 40), {}, "no_base"),
            (MonthFacts("flex", None, 40), {}, "no_base"),
            (
                MonthFacts("retiree", None, 65),
                {"retiree_mode": "pct_own_pension", "retiree_rates": [{"from_age": 0, "rate": "4.8%"}]},
                "no_pension",
            ),
            (
                MonthFacts("retiree", None, 65, 400_000, pension_is_current=True),
                {"retiree_mode": "pct_own_pension", "retiree_rates": [{"from_age": 0, "rate": "4.8%"}]},
                "no_pension",
            ),
            (
                MonthFacts("retiree", None, 65),
                {"accrual": "yearly", "retiree_mode": "fixed_yearly"},
                "yearly_quota",
            ),
        ],
    )
    def test_what_cannot_be_worked_out_is_refused_with_a_reason(self, facts, changes, reason):
        with pytest.raises(CannotCreditError) as refusal:
            monthly_credit(facts, credit_terms(**changes))
        assert refusal.value.reason_code == reason
        assert refusal.value.message

    def test_an_unknown_capacity_is_a_mistake_of_the_caller(self):
        with pytest.raises(ValueError, match="capacity"):
            monthly_credit(MonthFacts("student", 500_000, 20), credit_terms())


class TestYear:
    def test_the_year_is_rounded_once_or_month_by_month_as_the_region_says(self):
        # 4462.33 × 2% = 89.2466: × 12 = 1070.9592; or 89.25 × 12 = 1071.00
        assert year_of((employee(446_233), 12), rounding="year").amount_fen == 107_096
        assert year_of((employee(446_233), 12), rounding="month").amount_fen == 107_100

    def test_a_joiner_in_march_has_ten_months(self):
        # 4462 × 2% × 10
        assert year_of((employee(446_200), 10)).amount_fen == 89_240

    def test_a_new_base_counts_from_its_month_on(self):
        # 4462 × 2% × 3 + 6000 × 2% × 9 = 267.72 + 1080.00
        assert year_of((employee(446_200), 3), (employee(600_000), 9)).amount_fen == 134_772

    def test_two_spans_are_rounded_together_not_apart(self):
        # 17 fen × 2% × 6 = 2.04 twice is 4.08 → 4; 13 fen: 1.56 twice is 3.12 → 3, rounded apart 2 + 2
        assert year_of((employee(13, 40), 6), (employee(13, 41), 6), rounding="year").amount_fen == 3

    def test_the_yearly_quota_counts_by_months(self):
        quota = {"retiree_mode": "fixed_yearly", "retiree_amounts": [{"from_age": 0, "amount": "1000.00"}]}
        retiree = MonthFacts("retiree", None, 62)
        assert year_of((retiree, 12), **quota).amount_fen == 100_000
        assert year_of((retiree, 5), **quota).amount_fen == 41_667  # 416.666…
        assert year_of((retiree, 6), (MonthFacts("retiree", None, 63), 6), **quota).amount_fen == 100_000

    def test_retiring_in_july_stops_contributions_and_starts_the_quota(self):
        # 5000 × 2% × 6 + 900 ÷ 12 × 6 = 600 + 450
        quota = {"retiree_mode": "fixed_yearly", "retiree_amounts": [{"from_age": 0, "amount": "900.00"}]}
        assert year_of((employee(500_000), 6), (MonthFacts("retiree", None, 60), 6), **quota).amount_fen == 105_000

    def test_each_span_counts_under_its_own_version(self):
        # 5000 × (2% + 7% × 30%) × 3 + 5000 × 2% × 9 = 615 + 900
        before = credit_terms(
            employer_rate="7%", employer_share_of="employer", employer_share=[{"from_age": 0, "rate": "30%"}]
        )
        versions = {"before": before, "after": credit_terms()}
        spans = (Span(employee(500_000), 3, "before"), Span(employee(500_000), 9, "after"))
        assert year_credit(spans, versions) == Credit(amount_fen=151_500, owed_fen=120_000)
        assert year_credit(spans, versions.__getitem__) == year_credit(spans, versions)

    def test_no_months_are_worth_nothing(self):
        assert year_credit((), {}) == Credit(0, 0)

    @pytest.mark.parametrize("months", [(0,), (13,), (7, 6), (-1,)])
    def test_a_year_has_one_to_twelve_months(self, months):
        with pytest.raises(ValueError, match="twelve"):
            year_of(*((employee(500_000), number) for number in months))


class TestProperties:
    @given(BASES, AGES)
    def test_a_month_is_never_negative_and_never_more_than_the_base(self, base, age):
        terms = credit_terms(employer_share_of="base", employer_share=BY_AGE)
        assert 0 <= monthly_credit(employee(base, age), terms).amount_fen <= base + 1

    @given(BASES, BASES, AGES)
    def test_a_higher_base_never_gives_less(self, one, other, age):
        low, high = sorted((one, other))
        for terms in (
            credit_terms(),
            credit_terms(employer_share_of="base", employer_share=BY_AGE),
            credit_terms(base_floor="4462.00", base_ceiling="22311.00"),
        ):
            assert monthly_credit(employee(low, age), terms) <= monthly_credit(employee(high, age), terms)

    @given(BASES, MONTHS)
    def test_months_rounded_each_are_that_many_times_one_month(self, base, months):
        month = monthly_credit(employee(base), credit_terms()).amount_fen
        assert year_of((employee(base), months), rounding="month").amount_fen == months * month

    @given(BASES, MONTHS)
    def test_rounding_the_year_differs_by_less_than_half_a_fen_a_month(self, base, months):
        by_month = year_of((employee(base), months), rounding="month").amount_fen
        by_year = year_of((employee(base), months), rounding="year").amount_fen
        assert abs(by_month - by_year) * 2 <= months + 1

    @given(BASES, st.integers(min_value=1, max_value=11))
    def test_splitting_a_year_of_one_base_changes_nothing(self, base, first):
        whole = year_of((employee(base, 40), 12), rounding="year")
        assert year_of((employee(base, 40), first), (employee(base, 41), 12 - first), rounding="year") == whole

    @given(BASES)
    def test_a_year_is_exact_to_half_a_fen(self, base):
        amount = year_of((employee(base), 12), rounding="year").amount_fen
        assert abs(amount * 10_000 - base * 200 * 12) * 2 <= 10_000
