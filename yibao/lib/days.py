"""Days, months and spans of time in running Chinese text. Pages that can use <time> have filters for it."""

from datetime import date, timedelta

from yibao.lib.months import Month


def day_words(day: date) -> str:
    """Return 2026年11月18日."""
    return f"{day.year}年{day.month}月{day.day}日"


def short_day_words(day: date) -> str:
    """Return 11月18日, where the year is plain."""
    return f"{day.month}月{day.day}日"


def month_words(month: Month | date) -> str:
    """Return 2026年11月."""
    return f"{month.year}年{month.month}月"


_UNITS = ((timedelta(days=1), "天"), (timedelta(hours=1), "小时"), (timedelta(minutes=1), "分钟"))


def span_words(span: timedelta) -> str:
    """Return 3天, 6小时, 10分钟 or 45秒: in the largest unit that leaves no rest."""
    unit, name = next((one for one in _UNITS if not span % one[0]), (timedelta(seconds=1), "秒"))
    return f"{span // unit}{name}"
