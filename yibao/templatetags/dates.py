"""Days and instants as people read them, always inside <time datetime>. Instants are shown in Asia/Shanghai."""

from datetime import date, datetime

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

from yibao.lib.clock import SHANGHAI

register = template.Library()

WEEKDAYS = "一二三四五六日"


def _day(value: date | datetime) -> date:
    if isinstance(value, datetime):
        return value.astimezone(SHANGHAI).date() if value.tzinfo else value.date()
    return value


def _month_day(day: date) -> str:
    return f"{day.month}月{day.day}日"


@register.filter
def cn_date(value: date | datetime | None) -> str | SafeString:
    """Return 2026年11月18日（周三）; the weekday may go to the next line, the date itself never breaks."""
    if value is None:
        return ""
    day = _day(value)
    return format_html(
        '<time datetime="{}"><span>{}年{}</span><span>（周{}）</span></time>',
        day.isoformat(), day.year, _month_day(day), WEEKDAYS[day.weekday()],
    )  # fmt: skip


@register.filter
def cn_day(value: date | datetime | None) -> str | SafeString:
    """Return 11月18日（周三）, for lists under a heading that names the year."""
    if value is None:
        return ""
    day = _day(value)
    return format_html(
        '<time datetime="{}"><span>{}</span><span>（周{}）</span></time>',
        day.isoformat(), _month_day(day), WEEKDAYS[day.weekday()],
    )  # fmt: skip


@register.filter
def cn_plain_date(value: date | datetime | None) -> str | SafeString:
    """Return 2026年11月18日 without the weekday, for tables, forms and long sentences."""
    if value is None:
        return ""
    day = _day(value)
    return format_html('<time datetime="{}"><span>{}年{}</span></time>', day.isoformat(), day.year, _month_day(day))


@register.filter
def cn_month(value: date | None) -> str | SafeString:
    """Return 2026年11月. Takes a date or a yibao.lib.months.Month."""
    if value is None:
        return ""
    return format_html(
        '<time datetime="{}-{}"><span>{}年{}月</span></time>',
        f"{value.year:04d}", f"{value.month:02d}", value.year, value.month,
    )  # fmt: skip


@register.filter
def cn_moment(value: datetime | None) -> str | SafeString:
    """Return 2026年11月20日 18:00, 24-hour, in Asia/Shanghai."""
    if value is None:
        return ""
    local = value.astimezone(SHANGHAI) if value.tzinfo else value
    return format_html(
        '<time datetime="{}"><span>{}年{}</span> <span>{}</span></time>',
        local.isoformat(timespec="minutes"), local.year, _month_day(local), f"{local:%H:%M}",
    )  # fmt: skip


@register.filter
def days_left(deadline: date | datetime, today: date) -> str:
    """Return 还有40天, 今天截止 or 已经过期. Write it after the date, never instead of it."""
    days = (_day(deadline) - today).days
    if days < 0:
        return "已经过期"
    return f"还有{days}天" if days else "今天截止"
