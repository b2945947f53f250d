"""Amounts as people read them: ¥1,070.88, −38.50 with the word 使用, 壹仟零柒拾元捌角捌分. All take integer fen.

An amount that is not known (None) is said in words, never drawn as dashes.
"""

import re

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

from yibao.lib import fen as money

register = template.Library()

UNKNOWN = "暂时查不到"
MINUS = "\u2212"
_AMOUNT = re.compile(r"¥?(\d[\d,]*\.\d\d)( ?元)?", re.ASCII)


def _positive(fen: int) -> str:
    return money.grouped(fen).replace("-", MINUS)


@register.filter
def yuan(fen: int | None) -> str | SafeString:
    """Return ¥1,070.88 for running text. In tables use `amount` and put 元 in the caption."""
    if fen is None:
        return UNKNOWN
    sign = MINUS if fen < 0 else ""
    return format_html('<span class="money">{}¥{}</span>', sign, money.grouped(abs(fen)))


@register.filter
def yuan_moved(fen: int) -> SafeString:
    """Return what moved in or out with its sign: +¥200.00, −¥50.00."""
    sign = MINUS if fen < 0 else "+" if fen > 0 else ""
    return format_html('<span class="money">{}¥{}</span>', sign, money.grouped(abs(fen)))


@register.filter
def yuan_or(fen: int | None, words: str) -> str | SafeString:
    """Return the amount, or these words where none is set: {{ limit_fen|yuan_or:"不限" }}."""
    return yuan(fen) if fen else words


@register.filter
def yuan_large(fen: int | None) -> str | SafeString:
    """Return the amount of a balance card: ¥ smaller than its figures, which shrink before they overflow."""
    if fen is None:
        return UNKNOWN
    figures = money.grouped(abs(fen))
    sign = MINUS if fen < 0 else ""
    return format_html('<span class="money amount-l">{}<span class="yen">¥</span>{}</span>', sign, figures)


@register.filter
def amount(fen: int | None) -> str | SafeString:
    """Return 1,070.88 without ¥, for table cells under a caption that says 元."""
    if fen is None:
        return UNKNOWN
    return format_html('<span class="money">{}</span>', _positive(fen))


@register.filter
def signed(fen: int | None, word: str = "") -> str | SafeString:
    """Return +1,070.88 or −38.50 (U+2212) after a hidden word, because screen readers drop the sign.

    The word is 记入 or 使用 by sign; pass another, such as 退回, where the entry is something else.
    """
    if fen is None:
        return UNKNOWN
    sign = MINUS if fen < 0 else "+" if fen > 0 else ""
    word = word or ("使用" if fen < 0 else "记入")
    return format_html(
        '<span class="money"><span class="vh">{} </span>{}{}</span>', word, sign, money.grouped(abs(fen))
    )


@register.filter
def capitals(fen: int) -> str:
    """Return the amount in capital Chinese for printed forms."""
    return money.capitals(fen)


@register.filter
def capitals_moved(fen: int) -> str:
    """Return what moved in capital Chinese, 负 before what went out: 负壹佰元整."""
    return f"{'负' if fen < 0 else ''}{money.capitals(abs(fen))}"


@register.filter
def capitals_beside(text: str) -> str:
    """Return the words with each amount of money in them said in capital Chinese too, for printed forms."""
    return _AMOUNT.sub(
        lambda found: f"{found[0]}（{money.capitals(money.parse_yuan(found[1].replace(',', '')))}）", text
    )
