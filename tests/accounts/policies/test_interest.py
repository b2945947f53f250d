"""Year-end interest (domain 3.3), worked out by hand."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounts.policies.formulas import CannotCreditError, InterestFacts, interest
from accounts.policies.terms import parse_terms
from tests.accounts.policies.samples import interest_terms

pytestmark = pytest.mark.unit

PRODUCTS = st.integers(min_value=-(10**9), max_value=10**10)


def test_each_account_earns_at_its_own_rate():
    # 12,000 × 0.05% ÷ 12 = 0.50; 24,000 × 1.1% ÷ 12 = 22.00
    assert interest(InterestFacts(1_200_000, 2_400_000), interest_terms()).amount_fen == 2250


def test_an_overdrawn_current_account_is_taken_off_the_carried_one():
    # (24,000 − 6,000) × 1.1% ÷ 12 = 16.50; adding the overdraft, as printed, would give 27.50
    assert interest(InterestFacts(-600_000, 2_400_000), interest_terms()).amount_fen == 1650


def test_interest_is_never_negative():
    assert interest(InterestFacts(-2_400_001, 2_400_000), interest_terms()).amount_fen == 0


def test_both_parts_are_rounded_together():
    # 96.00 × 0.05% ÷ 12 = 0.4 fen, twice: 0.8 fen; rounded apart it would be nothing
    assert interest(InterestFacts(9_600, 9_600), interest_terms("0.05%", "0.05%")).amount_fen == 1


def test_without_a_rate_nothing_is_computed():
    terms = parse_terms("interest", {"pays_interest": False})
    with pytest.raises(CannotCreditError) as refusal:
        interest(InterestFacts(1_200_000, 0), terms)
    assert refusal.value.reason_code == "no_interest_rate"


@given(PRODUCTS, PRODUCTS.filter(lambda fen: fen >= 0))
def test_more_money_never_earns_less(current, carried):
    terms = interest_terms()
    less = interest(InterestFacts(current, carried), terms).amount_fen
    assert 0 <= less <= interest(InterestFacts(current, carried + 1000), terms).amount_fen
