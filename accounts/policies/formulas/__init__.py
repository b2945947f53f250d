"""How much? Pure functions of (facts, terms), written once: runs, explanation pages and checks call the same ones."""

from accounts.policies.formulas.credit import credited_base, monthly_credit, year_credit
from accounts.policies.formulas.facts import (
    CannotCreditError,
    Credit,
    Facts,
    InterestFacts,
    MonthFacts,
    Span,
    YearFacts,
    capacity_in_sql,
    contributor_months_in_sql,
    pack,
    unpack,
)
from accounts.policies.formulas.interest import interest
from accounts.policies.formulas.origins import Origin
from accounts.policies.formulas.words import (
    Explanation,
    explain_interest,
    explain_month,
    explain_trueup,
    explain_year,
    formula_words,
)
from accounts.policies.formulas.years import age_on, benefit_year, months_left, months_of, year_range

__all__ = [
    "CannotCreditError",
    "Credit",
    "Explanation",
    "Facts",
    "InterestFacts",
    "MonthFacts",
    "Origin",
    "Span",
    "YearFacts",
    "age_on",
    "benefit_year",
    "capacity_in_sql",
    "contributor_months_in_sql",
    "credited_base",
    "explain_interest",
    "explain_month",
    "explain_trueup",
    "explain_year",
    "formula_words",
    "interest",
    "monthly_credit",
    "months_left",
    "months_of",
    "pack",
    "unpack",
    "year_credit",
    "year_range",
]
