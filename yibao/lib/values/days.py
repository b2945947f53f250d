"""日期、月份: a day or a month, the year first, as people type it and spreadsheets show it."""

import re
from datetime import date

from yibao.lib.months import Month
from yibao.lib.values import BadValueError, half_width

EARLIEST_YEAR = 1850  # nobody alive was born before
_LEAP_YEARS = 9  # February 29th comes again within eight years

_ISO_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_ISO_MONTH = re.compile(r"\d{4}-(0[1-9]|1[0-2])", re.ASCII)
_DAY = re.compile(
    r"(\d{4})(?:[-/.、 ]|年)(\d{1,2})(?:[-/.、 ]|月)(\d{1,2})[日号]?|(\d{4})(\d\d)(\d\d)",
    re.ASCII,
)
_DAY_OF_YEAR = re.compile(r"(\d{1,2})月(\d{1,2})[日号]?", re.ASCII)
_MONTH = re.compile(r"(\d{4})(?:[-/、 ]|年)(\d{1,2})(?:月份?)?|(\d{4})\.?(\d\d)", re.ASCII)
_ENGLISH_MONTH = re.compile(r"([A-Za-z]{3})-(\d\d)", re.ASCII)  # what Excel makes of a typed 2025-01
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_AROUND_SIGNS = re.compile(r"\s*([-/.、年月日号])\s*")
_WEEKDAY = re.compile(r"(星期|周)[一二三四五六日天]")
_TIME = re.compile(r"[ T日号]?([01]?\d|2[0-3]):[0-5]\d(:[0-5]\d(\.0+)?)?$", re.ASCII)
_DIGITS = str.maketrans("〇○零一二三四五六七八九", "000123456789")
_TENS = re.compile(r"([1-3]?)十(\d?)", re.ASCII)
_DAY_NUMBER = "这是表格软件内部的日期数字，请把这一列的格式设为日期或文本再保存"


def read_day(text: str) -> date:
    """Return the day written 2025-01-15, 2025/1/15, 2025.1.15, 20250115 or 2025年1月15日, also with a time of day.

    Raises BadValueError with the reason.
    """
    if _ISO_DAY.fullmatch(text):
        return _day(text[:4], text[5:7], text[8:])
    plain = _plain(text)
    if not plain:
        raise BadValueError("没有填写日期")
    if match := _DAY.fullmatch(plain):
        return _day(*(part for part in match.groups() if part))
    if re.fullmatch(r"\d{5}", plain, re.ASCII):
        raise BadValueError(_DAY_NUMBER)
    raise BadValueError("日期要写全年、月、日，年份四位写在前面，例如 2025-03-01 或 2025年3月1日")


def read_coming_day(text: str, today: date) -> date:
    """Return a day as `read_day` does; written without its year (12月31日), the next such day, today included.

    Raises BadValueError with the reason.
    """
    match = _DAY_OF_YEAR.fullmatch(_plain(text))
    if match is None:
        return read_day(text)
    month, day = match.groups()
    for year in range(today.year, today.year + _LEAP_YEARS):
        try:
            found = date(year, int(month), int(day))
        except ValueError:
            continue
        if found >= today:
            return found
    raise BadValueError("没有这一天")


def read_month(text: str) -> Month:
    """Return the month written 2025-01, 2025/1, 2025.01, 202501 or 2025年1月, or as its first day.

    2025.1 is not taken: a spreadsheet makes it of 2025.10 too. Raises BadValueError with the reason.
    """
    if _ISO_MONTH.fullmatch(text):
        return Month(int(text[:4]), int(text[5:]))
    plain = _plain(text)
    if not plain:
        raise BadValueError("没有填写月份")
    if _DAY.fullmatch(plain):
        day = read_day(plain)
        if day.day != 1:
            raise BadValueError("这里要写月份，例如 2025-03；写成日期的只认每月1日")
        return Month.of(day)
    if match := _MONTH.fullmatch(plain):
        year, month = (part for part in match.groups() if part)
        return _month(int(year), int(month))
    if (match := _ENGLISH_MONTH.fullmatch(plain)) and match[1].lower() in _MONTHS:
        year = int(match[2])
        return _month(year + (1900 if year >= 90 else 2000), _MONTHS.index(match[1].lower()) + 1)
    raise BadValueError(_why_not_month(plain))


def _why_not_month(plain: str) -> str:
    if re.fullmatch(r"\d{4}\.\d", plain, re.ASCII):
        return "分不清是几月：表格软件会去掉末尾的0，10月也会写成1月；请写作 2025-01 或 2025-10"
    if re.fullmatch(r"\d{5}", plain, re.ASCII):
        return _DAY_NUMBER
    return "月份要写年和月，年份四位写在前面，例如 2025-03 或 2025年3月"


def _plain(text: str) -> str:
    """Return the text in half width, without time, weekday and spaces around signs, Chinese numerals as digits."""
    plain = _WEEKDAY.sub("", half_width(text)).strip()
    without_time = _TIME.sub("", plain).strip()
    digits = _TENS.sub(lambda match: str(int(match[1] or 1) * 10 + int(match[2] or 0)), without_time.translate(_DIGITS))
    return _AROUND_SIGNS.sub(r"\1", digits)


def _day(year: str, month: str, day: str) -> date:
    try:
        found = date(int(year), int(month), int(day))
    except ValueError:
        raise BadValueError("没有这一天") from None
    if found.year < EARLIEST_YEAR:
        raise BadValueError("年份太早，请核对")
    return found


def _month(year: int, month: int) -> Month:
    if not 1 <= month <= 12:
        raise BadValueError("没有这个月份，应为1至12月")
    if year < EARLIEST_YEAR:
        raise BadValueError("年份太早，请核对")
    return Month(year, month)
