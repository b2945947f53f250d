"""The terms of a bond in words, as the form that is signed says them."""

from datetime import date

from yibao.lib.days import day_words
from yibao.lib.fen import grouped


def limit_words(limit_fen: int | None) -> str:
    """Return a yearly limit (fen, None for none) in words."""
    return "不限" if limit_fen is None else f"{grouped(limit_fen)} 元"


def until_words(until_on: date | None) -> str:
    """Return a last day in words."""
    return "长期有效" if until_on is None else f"{day_words(until_on)}为止"
