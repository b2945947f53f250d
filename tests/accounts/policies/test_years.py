"""Benefit years from January and from July."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounts.policies.formulas import age_on, benefit_year, months_left, months_of, year_range
from tests.accounts.policies.samples import credit_terms
from yibao.lib.months import Month

pytestmark = pytest.mark.unit

JANUARY, JULY = credit_terms(), credit_terms(year_start_month=7)


def test_a_january_year_is_the_calendar_year():
    assert benefit_year(date(2024, 12, 31), JANUARY) == 2024
    assert year_range(2024, JANUARY) == (date(2024, 1, 1), date(2025, 1, 1))


def test_a_july_year_is_named_after_the_year_it_begins_in():
    assert benefit_year(date(2025, 6, 30), JULY) == 2024
    assert benefit_year(date(2025, 7, 1), JULY) == 2025
    assert year_range(2024, JULY) == (date(2024, 7, 1), date(2025, 7, 1))
    assert [str(month) for month in months_of(2024, JULY)][::11] == ["2024-07", "2025-06"]


@pytest.mark.parametrize(
    ("terms", "month", "left"),
    [
        (JANUARY, "2025-01", 12),
        (JANUARY, "2025-03", 10),
        (JANUARY, "2025-12", 1),
        (JULY, "2024-07", 12),
        (JULY, "2024-12", 7),
        (JULY, "2025-01", 6),
        (JULY, "2025-06", 1),
    ],
)
def test_a_joiner_has_the_months_that_are_left(terms, month, left):
    assert months_left(Month.parse(month), terms) == left


@given(st.dates(date(2000, 1, 1), date(2100, 12, 31)), st.integers(1, 12))
def test_every_day_lies_in_exactly_the_year_it_is_said_to(day, start):
    terms = credit_terms(year_start_month=start)
    first, after = year_range(benefit_year(day, terms), terms)
    assert first <= day < after
    assert months_left(Month.of(day), terms) == after.year * 12 + after.month - day.year * 12 - day.month


def test_age_changes_on_the_birthday():
    assert age_on(date(1955, 5, 20), date(2025, 5, 19)) == 69
    assert age_on(date(1955, 5, 20), date(2025, 5, 20)) == 70
    assert age_on(date(2008, 2, 29), date(2023, 2, 28)) == 14
    assert age_on(date(2008, 2, 29), date(2023, 3, 1)) == 15
