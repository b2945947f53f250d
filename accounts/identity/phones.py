"""手机号: the eleven digits of a mobile number of the mainland, as people type them."""

import re
import unicodedata

from accounts.errors import AccountsError

LENGTH = 11
MOBILE = re.compile(r"1[3-9]\d{9}", re.ASCII)
_COUNTRY = re.compile(r"(\+|00)86")


class BadPhoneError(AccountsError, ValueError):
    """The text is not a mobile number. The message says why in Chinese and never repeats the number."""


def read_phone(text: str) -> str:
    """Return the eleven digits of a number typed with +86, spaces, hyphens or full-width digits.

    Raises BadPhoneError with the reason.
    """
    digits = re.sub(r"[\s\-()]", "", unicodedata.normalize("NFKC", text))
    digits = _COUNTRY.sub("", digits, count=1) if _COUNTRY.match(digits) else digits
    if not digits:
        raise BadPhoneError("请填手机号")
    if MOBILE.fullmatch(digits):
        return digits
    if re.fullmatch(r"\d+", digits, re.ASCII) and len(digits) != LENGTH:
        more = len(digits) - LENGTH
        raise BadPhoneError(f"手机号{'多' if more > 0 else '少'}了{abs(more)}位，应为{LENGTH}位")
    raise BadPhoneError(f"这不是内地的手机号，应为1开头的{LENGTH}位数字")
