"""A period is a year, a month, or a numbered correction, and is read as it is written."""

import doctest

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yibao.lib import periods
from yibao.lib.months import Month
from yibao.lib.periods import BadPeriodError, Period

pytestmark = pytest.mark.unit

PERIODS = st.builds(Period, st.integers(1990, 2199), st.integers(0, 12), st.integers(0, 30))


def test_the_examples_of_its_documentation_hold():
    outcome = doctest.testmod(periods)
    assert outcome.attempted
    assert not outcome.failed


@given(PERIODS)
def test_a_period_is_read_as_it_is_written(period):
    assert Period.parse(str(period)) == period


@given(PERIODS)
def test_it_is_either_a_year_or_a_month(period):
    assert period.is_year != period.is_month
    if period.is_month:
        assert period.original == Period.of(period.month)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "25",
        "1989",
        "2200",
        "2025-3",
        "2025-13",
        "2025-00",
        "2025/0",
        "2025/",
        "2025/x",
        "2025-03-01",
        " 2025",
        "２０２５",
    ],
)
def test_anything_else_is_refused_and_says_what_to_write(text):
    with pytest.raises(BadPeriodError, match="应写年度（例如 2025）或月份（例如 2025-03）"):
        Period.parse(text)


@given(st.integers(1990, 2199), st.integers(1, 12), st.integers(1990, 2199), st.integers(1, 12))
def test_months_come_in_the_order_of_the_calendar(year, month, other_year, other_month):
    one, other = Month(year, month), Month(other_year, other_month)
    assert (Period.of(one) < Period.of(other)) == (one < other)
    assert (str(Period.of(one)) < str(Period.of(other))) == (one < other)


def test_the_tenth_correction_comes_after_the_second():
    assert Period(2025).corrected(2) < Period(2025).corrected(10) < Period(2026)


@given(PERIODS, st.integers(1, 30))
def test_a_correction_knows_what_it_corrects(period, number):
    corrected = period.corrected(number)
    assert corrected.original == period.original
    assert str(corrected).startswith(period.corrections_like.removesuffix("%"))
    assert corrected.year_before is None
