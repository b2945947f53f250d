"""What people type and spreadsheets write: which spellings are understood, and that what is refused says why."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from yibao.lib.fen import yuan
from yibao.lib.months import Month
from yibao.lib.values import BadValueError
from yibao.lib.values.amounts import read_yuan
from yibao.lib.values.days import read_day, read_month
from yibao.lib.values.phones import read_phone

pytestmark = pytest.mark.unit

PHONE = "19900000001"


@pytest.mark.parametrize(
    "text",
    [
        "2025-01-05", "2025/1/5", "2025-1-5", "2025.01.05", "2025.1.5", "20250105", "2025年1月5日", "2025年01月05号",
        "2025 年 1 月 5 日", "2025 1 5", "２０２５年１月５日", "2025/1/5 0:00", "2025-01-05T00:00:00", " 2025/1/5 ",
        "2025-01-05 14:30:22", "2025年1月5日 星期日", "2025年1月5日星期日", "二〇二五年一月五日",
    ],
)  # fmt: skip
def test_a_day_may_be_written_in_any_way_that_begins_with_the_year(text: str) -> None:
    assert read_day(text) == date(2025, 1, 5)


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("二〇二五年十月十日", date(2025, 10, 10)),
        ("二〇二五年十一月二十日", date(2025, 11, 20)),
        ("二〇二五年十二月三十一日", date(2025, 12, 31)),
    ],
)
def test_a_day_in_chinese_numerals_is_what_it_says(text: str, day: date) -> None:
    assert read_day(text) == day


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "没有填写日期"),
        ("2025-02-30", "没有这一天"),
        ("2025年13月1日", "没有这一天"),
        ("20250230", "没有这一天"),
        ("1/5/2025", "年份四位写在前面"),
        ("25/1/5", "年份四位写在前面"),
        ("2025-01", "要写全年、月、日"),
        ("45662", "表格软件内部的日期数字"),
        ("0025-01-05", "年份太早"),
        ("2025-01-05" + " " * 80 + "x", "超过60个字"),
    ],
)
def test_what_is_no_day_is_refused_with_its_reason(text: str, reason: str) -> None:
    with pytest.raises(BadValueError, match=reason):
        read_day(text)


@pytest.mark.parametrize(
    "text",
    [
        "2025-01", "202501", "2025.01", "2025/1", "2025/01", "2025年1月", "2025年01月份", "2025-1", "２０２５年１月",
        "2025-01-01", "2025/1/1", "20250101", "2025年1月1日", "2025/1/1 0:00:00", "Jan-25", "二〇二五年一月",
    ],
)  # fmt: skip
def test_a_month_may_be_written_by_itself_or_as_its_first_day(text: str) -> None:
    assert read_month(text) == Month(2025, 1)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "没有填写月份"),
        ("2025-13", "没有这个月份"),
        ("202500", "没有这个月份"),
        ("2025-01-15", "只认每月1日"),
        ("2025.1", "分不清是几月"),
        ("45658", "表格软件内部的日期数字"),
        ("1月", "年份四位写在前面"),
        ("2025", "要写年和月"),
    ],
)
def test_what_is_no_month_is_refused_with_its_reason(text: str, reason: str) -> None:
    with pytest.raises(BadValueError, match=reason):
        read_month(text)


@pytest.mark.parametrize(
    "text",
    [
        "4462.20", "4462.2", "4,462.20", "¥4462.20", "￥4,462.20", "¥ 4,462.20", "4462.20元", "４４６２．２０",
        " 4462.20 ", "4462.2000", "4462.200000000001", "4462.19999999999999", "004462.20",
    ],
)  # fmt: skip
def test_an_amount_may_carry_signs_separators_and_the_dust_of_a_sheet(text: str) -> None:
    assert read_yuan(text) == 446_220


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "没有填写金额"),
        ("-1", "不能是负数"),
        ("(100.00)", "不能是负数"),
        ("¥-100", "不能是负数"),
        ("4462.005", "最多两位小数"),
        ("4462.205000000001", "最多两位小数"),
        ("44,62.00", "千位的逗号"),
        ("1e3", "金额只写数字"),
        ("1.5万", "金额只写数字"),
        ("100 200", "金额只写数字"),
        ("NaN", "金额只写数字"),
        ("12345678901", "金额太大"),
        ("9999999999.9999999", "金额太大"),
    ],
)
def test_what_is_no_amount_is_refused_with_its_reason(text: str, reason: str) -> None:
    with pytest.raises(BadValueError, match=reason):
        read_yuan(text)


@pytest.mark.parametrize(
    "text",
    [
        PHONE, "199 0000 0001", "199-0000-0001", "199–0000–0001", "+8619900000001", "+86 199 0000 0001",
        "86 19900000001", "8619900000001", "0086-19900000001", "(+86)199-0000-0001",
    ],
)  # fmt: skip
def test_a_phone_may_carry_the_country_spaces_and_hyphens(text: str) -> None:
    assert read_phone(text) == PHONE


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "请填手机号"),
        ("1990000001", "少了1位，应为11位"),
        ("199000000012", "多了1位，应为11位"),
        ("0580-1234567", "座机"),
        ("1.99E+10", "末几位已丢失"),
        ("19900000001/19900000002", "1开头的11位数字"),
        ("+852 5123 4567", "1开头的11位数字"),
    ],
)
def test_what_is_no_phone_is_refused_with_its_reason(text: str, reason: str) -> None:
    with pytest.raises(BadValueError, match=reason):
        read_phone(text)


SIGNS = st.text("0123456789０１２-/.,年月日元¥￥+() :TJan星期一十〇−E", max_size=20)


@pytest.mark.parametrize(
    ("read", "written"),
    [(read_day, str), (read_month, str), (read_yuan, yuan), (read_phone, str)],
)
@given(
    text=SIGNS | st.text(max_size=20) | st.dates().map(str) | st.from_regex(r"\d{1,12}(\.\d{1,18})?", fullmatch=True)
)
@example(text="9999-12-31")
@example(text="9999999999.99")
def test_what_is_accepted_is_accepted_again_unchanged(
    read: Callable[[str], Any], written: Callable[[Any], str], text: str
) -> None:
    try:
        value = read(text)
    except BadValueError:
        return
    assert read(written(value)) == value
