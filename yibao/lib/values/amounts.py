"""金额: an amount in yuan, as people type it and spreadsheets show it."""

import re
from decimal import Context, Decimal

from yibao.lib.fen import MAX_FEN, parse_yuan
from yibao.lib.values import BadValueError, half_width

_PLAIN = re.compile(r"\d{1,10}(\.\d{1,2})?", re.ASCII)
_AMOUNT = re.compile(r"¥?\s*(\d+|\d{1,3}(?:,\d{3})+)(?:\.(\d+))?\s*元?", re.ASCII)
_COMMAS = re.compile(r"¥?\s*\d+(,\d*)+(\.\d*)?\s*元?", re.ASCII)
_NEGATIVE = re.compile(r"¥?\s*[-−(]\s*¥?\s*\d")
_SHEET = Context(prec=15)  # significant digits: all that a spreadsheet has, what follows is dust of its arithmetic
_SHAPE = "金额只写数字，最多两位小数，例如 4462.00"


def read_yuan(text: str) -> int:
    """Return the fen of an amount that is not negative, with or without ¥, 元, thousands separators, full width.

    Raises BadValueError with the reason.
    """
    if _PLAIN.fullmatch(text):
        return parse_yuan(text)
    plain = half_width(text)
    if not plain:
        raise BadValueError("没有填写金额")
    if _NEGATIVE.match(plain):
        raise BadValueError("金额不能是负数")
    match = _AMOUNT.fullmatch(plain)
    if match is None:
        raise BadValueError(f"千位的逗号不在该在的地方；{_SHAPE}" if _COMMAS.fullmatch(plain) else _SHAPE)
    whole, decimals = match[1].replace(",", ""), match[2] or ""
    fen = _SHEET.plus(Decimal(f"{whole}.{decimals}0")).scaleb(2)
    if fen != fen.to_integral_value():
        raise BadValueError(_SHAPE)
    if fen >= MAX_FEN:
        raise BadValueError("金额太大，请核对")
    return int(fen)
