"""手机号: the eleven digits of a mobile number of the mainland."""

import re

from yibao.lib.values import BadValueError, half_width

_MOBILE = re.compile(r"1[3-9]\d{9}", re.ASCII)
_SEPARATORS = re.compile(r"[\s\-‐–—−()]")  # hyphens come in many lengths
_COUNTRY = re.compile(r"(\+|00)?86(?=1\d{10}$)|(\+|00)86", re.ASCII)
LENGTH = 11
_EXPONENT = re.compile(r"[\d.]+E\+?\d+", re.ASCII | re.IGNORECASE)


def read_phone(text: str) -> str:
    """Return the eleven digits of a number typed with +86 or 86, spaces, hyphens or full-width digits.

    Raises BadValueError with the reason.
    """
    if _MOBILE.fullmatch(text):
        return text
    digits = _SEPARATORS.sub("", half_width(text))
    digits = _COUNTRY.sub("", digits, count=1) if _COUNTRY.match(digits) else digits
    if not _MOBILE.fullmatch(digits):
        raise BadValueError(_why_not(digits))
    return digits


def _why_not(digits: str) -> str:
    if not digits:
        return "请填手机号"
    if _EXPONENT.fullmatch(digits):
        return "表格软件把手机号当成了数字，末几位已丢失；请把这一列设为文本后重新填写"
    if digits.startswith("0") and digits.isdecimal():
        return "这像是座机号码，请填手机号"
    if re.fullmatch(r"\d+", digits, re.ASCII) and len(digits) != LENGTH:
        more = len(digits) - LENGTH
        return f"手机号{'多' if more > 0 else '少'}了{abs(more)}位，应为{LENGTH}位"
    return f"这不是内地的手机号，应为1开头的{LENGTH}位数字"
