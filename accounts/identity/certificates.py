"""证件号码: reading the 18-digit number of an identity card or residence permit.

Three documents share the format and the check digit (GB 11643-1999): the resident identity card, the residence
permit of people from Hong Kong, Macao and Taiwan (prefixes 81, 82, 83) and the permanent-resident card of foreigners
(prefix 9). The issuing district is not looked up: districts are merged and renamed, numbers stay.
"""

import re
import unicodedata
from dataclasses import dataclass
from datetime import date

from stdnum.cn import ric

from accounts.errors import AccountsError

LENGTH = 18

_DIGITS = re.compile(r"\d{17}[\dX]", re.ASCII)


class BadCertificateError(AccountsError, ValueError):
    """The text is not a certificate number. The message says why in Chinese and never repeats the number."""


@dataclass(frozen=True, slots=True, repr=False)
class Certificate:
    """A number whose format, birth date and check digit are right; that a person holds it is another matter."""

    number: str
    birth_on: date


def normalise(text: str) -> str:
    """Return the number as it is kept: half-width, capital X, no spaces. Checks nothing."""
    return "".join(unicodedata.normalize("NFKC", text).upper().split())


def read(text: str) -> Certificate:
    """Return the certificate written in the text, typed in full or half width.

    Raises BadCertificateError with the reason: nothing typed, digits missing or too many, other characters,
    a birth date that does not exist, a wrong check digit.
    """
    number = normalise(text)
    if not _DIGITS.fullmatch(number):
        raise BadCertificateError(_why_not_digits(number))
    try:
        birth_on = date(int(number[6:10]), int(number[10:12]), int(number[12:14]))
    except ValueError:
        raise BadCertificateError("证件号码第7至14位不是一个存在的出生日期") from None
    if birth_on.year < 1850:
        raise BadCertificateError("证件号码第7至14位的出生年份太早")
    if ric.calc_check_digit(number) != number[-1]:
        raise BadCertificateError("证件号码的最后一位（校验位）对不上，请逐位核对")
    return Certificate(number, birth_on)


def _why_not_digits(number: str) -> str:
    if not number:
        return "没有填写证件号码"
    if len(number) == 15 and number.isdecimal():
        return "这是15位的旧号码，请改用18位的证件号码"
    if len(number) < LENGTH:
        return f"证件号码少了{LENGTH - len(number)}位，应为{LENGTH}位"
    if len(number) > LENGTH:
        return f"证件号码多了{len(number) - LENGTH}位，应为{LENGTH}位"
    return "证件号码前17位应为数字，最后一位应为数字或 X"
