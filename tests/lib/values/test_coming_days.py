"""A last day as people write it: with its year, or as the next such day."""

from datetime import date

import pytest

from yibao.lib.values import BadValueError
from yibao.lib.values.days import read_coming_day

pytestmark = pytest.mark.unit

TODAY = date(2026, 3, 10)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("12月31日", date(2026, 12, 31)),
        (" １２月３１号 ", date(2026, 12, 31)),
        ("十二月三十一日", date(2026, 12, 31)),
        ("3月10日", date(2026, 3, 10)),
        ("3月9日", date(2027, 3, 9)),
        ("2月29日", date(2028, 2, 29)),
        ("20271231", date(2027, 12, 31)),
        ("2027年12月31日", date(2027, 12, 31)),
        ("2026-03-09", date(2026, 3, 9)),
    ],
)
def test_a_day_without_its_year_is_the_next_one(typed, meant):
    assert read_coming_day(typed, TODAY) == meant


@pytest.mark.parametrize("typed", ["2月30日", "13月1日", "31日", "12月", "年底"])
def test_what_is_no_day_is_refused_with_a_reason(typed):
    with pytest.raises(BadValueError, match="没有这一天|日期要写"):
        read_coming_day(typed, TODAY)
