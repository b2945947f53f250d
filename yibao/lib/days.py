"""Days and months in running Chinese text. Pages that can use <time> have filters for it."""

from datetime import date

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
