"""The plainest rules there can be, with single values changed by the test that uses them."""

from typing import Any

from accounts.policies.terms import CreditTerms, InterestTerms, parse_terms

PLAIN_CREDIT: dict[str, Any] = {
    "accrual": "monthly",
    "year_start_month": 1,
    "has_buckets": False,
    "rounding": "month",
    "employee_rate": "2%",
    "flex_rate": "2%",
    "employer_share_of": "none",
    "retiree_mode": "fixed_monthly",
    "retiree_amounts": [{"from_age": 0, "amount": "75.00"}],
}


def raw_credit(**changes: Any) -> dict[str, Any]:
    """Return raw credit values; a change to None leaves the key out, rates instead of amounts for retirees too."""
    values = PLAIN_CREDIT | changes
    if "retiree_rates" in changes and "retiree_amounts" not in changes:
        values["retiree_amounts"] = None
    return {key: value for key, value in values.items() if value is not None}


def credit_terms(**changes: Any) -> CreditTerms:
    terms = parse_terms("credit", raw_credit(**changes))
    assert isinstance(terms, CreditTerms)
    return terms


def interest_terms(current: str = "0.05%", carried: str = "1.1%") -> InterestTerms:
    terms = parse_terms("interest", {"pays_interest": True, "current_rate": current, "carried_rate": carried})
    assert isinstance(terms, InterestTerms)
    return terms
