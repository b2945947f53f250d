"""Money is integer fen (分). Yuan exist only at the edges: what people type, read and print."""

import re

MAX_FEN = 10**12  # ten billion yuan: no personal account or bill comes near it

_YUAN = re.compile(r"(\d{1,10})(?:\.(\d{1,2}))?", re.ASCII)
_DIGITS = "零壹贰叁肆伍陆柒捌玖"
_GROUPS = ("", "万", "亿")


class BadAmountError(ValueError):
    """The text is not an amount in yuan with at most two decimals."""


def half_up(numerator: int, denominator: int) -> int:
    """Divide and round half away from zero (四舍五入). The only rounding of money in the project."""
    if denominator <= 0:
        raise ValueError("denominator must be positive")
    sign = -1 if numerator < 0 else 1
    return sign * ((2 * abs(numerator) + denominator) // (2 * denominator))


def yuan(fen: int) -> str:
    """Return fen as plain yuan for files and JSON: 107088 → "1070.88", -50 → "-0.50"."""
    sign = "-" if fen < 0 else ""
    whole, rest = divmod(abs(fen), 100)
    return f"{sign}{whole}.{rest:02d}"


def grouped(fen: int) -> str:
    """Return fen as yuan with thousands separators for people: 107088 → "1,070.88"."""
    sign = "-" if fen < 0 else ""
    whole, rest = divmod(abs(fen), 100)
    return f"{sign}{whole:,}.{rest:02d}"


def signed(fen: int, *, plus: str = "+") -> str:
    """Return what moved, for people: 20000 → "+200.00", -5000 → "−50.00" (U+2212), 0 → "0.00"."""
    sign = "\u2212" if fen < 0 else plus if fen > 0 else ""
    return sign + grouped(abs(fen))


def parse_yuan(text: str) -> int:
    """Return the fen of a strictly written amount ("1070.88", "100"); no sign, no separators.

    Raises BadAmountError for anything else: full-width digits, exponents, three decimals, NaN.
    """
    match = _YUAN.fullmatch(text)
    if match is None:
        raise BadAmountError("金额应为不带符号的数字，最多两位小数，例如 1070.88")
    whole, decimals = match.groups()
    return int(whole) * 100 + int((decimals or "").ljust(2, "0"))


def capitals(fen: int) -> str:
    """Return a non-negative amount in capital Chinese (大写), as printed on vouchers: 壹仟零柒拾元捌角捌分."""
    if not 0 <= fen < MAX_FEN:
        raise ValueError("capitals are printed for amounts of 0 up to ten billion yuan")
    whole, cents = divmod(fen, 100)
    jiao, rest = divmod(cents, 10)
    words = _whole_capitals(whole) + "元" if whole or not cents else ""
    if not cents:
        return words + "整"
    if jiao:
        words += _DIGITS[jiao] + "角"
    elif whole:
        words += "零"
    return words + (_DIGITS[rest] + "分" if rest else "整")


def _whole_capitals(number: int) -> str:
    if number == 0:
        return "零"
    words, gap = "", False
    for position in reversed(range(len(str(number)))):
        digit = number // 10**position % 10
        group, place = divmod(position, 4)
        if digit:
            words += ("零" if gap else "") + _DIGITS[digit] + ("", "拾", "佰", "仟")[place]
            gap = False
        else:
            gap = bool(words)
        if place == 0 and number // 10**position % 10**4:
            words += _GROUPS[group]
            # 壹万零壹: a zero that ended the group still has to be spoken before the next digit
    return words
