"""Months are values that count like calendars do."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yibao.lib.months import BadMonthError, Month, month_range

pytestmark = pytest.mark.unit

MONTHS = st.builds(Month, st.integers(1900, 2100), st.integers(1, 12))
SHIFTS = st.integers(-600, 600)


@given(MONTHS)
def test_a_month_is_read_as_it_is_written(month):
    assert Month.parse(str(month)) == month


@pytest.mark.parametrize(
    "text", ["2025", "2025-3", "2025-00", "2025-13", "25-03", "2025-03-01", "2025/03", "２０２５-03", "2025-03\n", ""]
)
def test_anything_but_year_and_month_is_refused(text):
    with pytest.raises(BadMonthError, match="YYYY-MM"):
        Month.parse(text)


@given(MONTHS, SHIFTS)
def test_adding_months_and_taking_the_difference_undo_each_other(month, shift):
    assert (month + shift) - month == shift
    assert (month + shift) + -shift == month


@given(MONTHS, SHIFTS)
def test_months_stand_in_the_order_of_their_days(month, shift):
    assert ((month + shift) > month) == ((month + shift).first > month.first) == (shift > 0)


@given(st.dates(date(1900, 1, 1), date(2099, 12, 31)))
def test_every_day_lies_in_exactly_one_month(day):
    month = Month.of(day)
    assert month.first <= day < month.next_first
    assert Month.of(month.next_first - timedelta(days=1)) == month
    assert Month.of(month.next_first) == month + 1


@given(MONTHS, st.integers(0, 40))
def test_a_range_has_its_start_but_not_its_end(month, length):
    found = list(month_range(month, month + length))
    assert len(found) == length
    assert found[:1] == ([month] if length else [])
    assert month + length not in found
    assert all(later - earlier == 1 for earlier, later in zip(found, found[1:], strict=False))


def test_the_month_after_december_is_january():
    assert Month.parse("2024-12") + 1 == Month.parse("2025-01")
    assert Month.parse("2025-01") + -1 == Month.parse("2024-12")
    assert Month.parse("2024-12").next_first == date(2025, 1, 1)
