"""证件号码: reading the number of an identity card, a permit, a passport, a birth certificate (psn_cert_type).

The identity card, the residence permit of people from Hong Kong, Macao and Taiwan (prefixes 81, 82, 83) and the new
permanent-resident card of foreigners (prefix 9) have 18 digits in one format, with a check digit (GB 11643-1999). The
issuing district is not looked up: districts are merged and renamed, numbers stay. The others have a shape and no more.
"""

import re
from dataclasses import dataclass
from datetime import date

from stdnum.cn import ric

from accounts.codes import CertificateType, Gender
from accounts.errors import AccountsError
from yibao.lib.half_width import half_width
from yibao.lib.values.days import EARLIEST_YEAR

LENGTH = 18

_DIGITS = re.compile(r"\d{17}[\dX]", re.ASCII)
_EXPONENT = re.compile(r"[\d.]+E\+?\d+", re.ASCII)
_OLD_RESIDENT = re.compile(r"[A-Z]{3}\d{12}", re.ASCII)  # nationality, district, YYMMDD, serial, check digit
_SHAPES = {
    CertificateType.HONG_KONG_PERMIT: (r"H\d{8}", "字母H加8位数字"),
    CertificateType.MACAO_PERMIT: (r"M\d{8}", "字母M加8位数字"),
    CertificateType.TAIWAN_PERMIT: (r"\d{8}", "8位数字"),
    CertificateType.PASSPORT: (r"[A-Z]\d{8}|[A-Z]{2}\d{7}", "字母和数字，共9位"),
    CertificateType.FOREIGN_PASSPORT: (r"(?=.*\d)[A-Z0-9]{5,15}", "5至15位字母和数字"),
    CertificateType.BIRTH: (r"[A-Z]\d{9}", "一个字母加9位数字"),
}
_PREFIXES = {
    CertificateType.RESIDENCE_PERMIT: (("81", "82", "83"), "以81、82或83开头的18位号码"),
    CertificateType.PERMANENT_RESIDENT: (("9",), "以9开头的18位号码，旧证为3个字母加12位数字"),
}
# A passport's number where nothing says that it is one: other numbers with slips of the pen are longer.
_LIKE_A_PASSPORT = re.compile(r"(?=.*[A-Z])(?=.*\d)[A-Z0-9]{6,12}", re.ASCII)
_OLD_PERMIT = re.compile(r"[HM]\d{10}", re.ASCII)
# In this order a number whose kind is not said is tried.
_TOLD_BY_SHAPE = (
    CertificateType.HONG_KONG_PERMIT,
    CertificateType.MACAO_PERMIT,
    CertificateType.TAIWAN_PERMIT,
    CertificateType.PASSPORT,
    CertificateType.BIRTH,
)


class BadCertificateError(AccountsError, ValueError):
    """The text is not a certificate number. The message says why in Chinese and never repeats the number."""

    message = "证件号码不对"


@dataclass(frozen=True, slots=True, repr=False)
class Certificate:
    """A number whose format is right, and its birth date and check digit where it has them.

    That a person holds it is another matter.
    """

    number: str
    birth_on: date | None  # None: the number does not tell
    cert_type: CertificateType = CertificateType.IDENTITY_CARD

    @property
    def gender(self) -> Gender | None:
        """The gender that the number tells: odd in the 17th place for a man (GB 11643-1999)."""
        if self.birth_on is None:
            return None
        return Gender.MALE if int(self.number[16]) % 2 else Gender.FEMALE

    def allows_birth(self, day: date) -> bool:
        """Say whether somebody born on this day can have the number. Old cards of foreigners tell YYMMDD."""
        if _OLD_RESIDENT.fullmatch(self.number) and self.cert_type == CertificateType.PERMANENT_RESIDENT:
            return self.number[7:13] == f"{day:%y%m%d}"
        return self.birth_on in (None, day)


def normalise(text: str) -> str:
    """Return the number as it is kept: half-width, capital letters, no spaces. Checks nothing."""
    return half_width(text).upper()


def read(text: str, cert_type: str = CertificateType.IDENTITY_CARD) -> Certificate:
    """Return the certificate of this kind (psn_cert_type) written in the text, typed in full or half width.

    As an identity card (01) any number of 18 digits is taken: that is how older files give permits too. Raises
    BadCertificateError with the reason: nothing typed, digits missing or too many, other characters, a birth date that
    does not exist, a wrong check digit, not the shape of this kind, a kind that is not taken.
    """
    number = text if _DIGITS.fullmatch(text) else normalise(text)
    if cert_type == CertificateType.IDENTITY_CARD:
        return _of_18_digits(number, CertificateType.IDENTITY_CARD)
    try:
        kind = CertificateType(cert_type)
    except ValueError:
        raise BadCertificateError(f"不收这种证件；能收的证件类型代码：{kinds_in_words()}") from None
    if not number:
        raise BadCertificateError(_why_not_18_digits(number))
    if kind == CertificateType.PERMANENT_RESIDENT and _OLD_RESIDENT.fullmatch(number):
        return _old_resident(number)
    if kind in _PREFIXES:
        prefixes, shape = _PREFIXES[kind]
        if not number.startswith(prefixes):
            raise BadCertificateError(f"不像{kind.label}的号码，应为{shape}")
        return _of_18_digits(number, kind)
    pattern, shape = _SHAPES[kind]
    if not re.fullmatch(pattern, number, re.ASCII):
        raise BadCertificateError(f"不像{kind.label}的号码，应为{shape}")
    return Certificate(number, None, kind)


def read_any(text: str) -> Certificate:
    """Return the certificate written where nothing says of which kind: the kind is told by the shape.

    For people who type their own number and for files that only look people up. Raises BadCertificateError as `read`.
    """
    if _DIGITS.fullmatch(text):
        return _of_18_digits(text, CertificateType.IDENTITY_CARD)
    number = normalise(text)
    return read(number, _told_by_shape(number) or CertificateType.IDENTITY_CARD)


def kinds_in_words() -> str:
    """Return the kinds that can be taken, each with its code."""
    return "、".join(f"{kind} {kind.label}" for kind in CertificateType)


def _told_by_shape(number: str) -> CertificateType | None:
    """Return the kind of a number that has not 18 digits, as far as its shape tells."""
    if _OLD_RESIDENT.fullmatch(number):
        return CertificateType.PERMANENT_RESIDENT
    if _OLD_PERMIT.fullmatch(number):
        return None
    found = (kind for kind in _TOLD_BY_SHAPE if re.fullmatch(_SHAPES[kind][0], number, re.ASCII))
    return next(found, CertificateType.FOREIGN_PASSPORT if _LIKE_A_PASSPORT.fullmatch(number) else None)


def _of_18_digits(number: str, kind: CertificateType) -> Certificate:
    if not _DIGITS.fullmatch(number):
        raise BadCertificateError(_why_not_18_digits(number))
    try:
        birth_on = date(int(number[6:10]), int(number[10:12]), int(number[12:14]))
    except ValueError:
        raise BadCertificateError("证件号码第7至14位不是一个存在的出生日期") from None
    if birth_on.year < EARLIEST_YEAR:
        raise BadCertificateError("证件号码第7至14位的出生年份太早")
    if ric.calc_check_digit(number) != number[-1]:
        raise BadCertificateError("证件号码的最后一位（校验位）对不上，请逐位核对")
    return Certificate(number, birth_on, kind)


def _old_resident(number: str) -> Certificate:
    try:
        date(2000 + int(number[7:9]), int(number[9:11]), int(number[11:13]))  # 2000 has a 29 February
    except ValueError:
        raise BadCertificateError("证件号码第8至13位不是一个存在的出生日期") from None
    return Certificate(number, None, CertificateType.PERMANENT_RESIDENT)


def _why_not_18_digits(number: str) -> str:
    if not number:
        return "没有填写证件号码"
    if _EXPONENT.fullmatch(number):
        return "表格软件把证件号码当成了数字，末几位已丢失；请把这一列设为文本后重新填写"
    if len(number) == 15 and number.isdecimal():
        return "这是15位的旧号码，请改用18位的证件号码"
    if _OLD_PERMIT.fullmatch(number):
        return "这是旧的11位通行证号码，请去掉末两位（换证次数），只留字母和8位数字"
    if kind := _told_by_shape(number):
        return f"这像是{kind.label}，不是身份证；不是身份证的要写明证件类型代码 psn_cert_type：{kinds_in_words()}"
    if len(number) < LENGTH:
        return f"证件号码少了{LENGTH - len(number)}位，应为{LENGTH}位"
    if len(number) > LENGTH:
        return f"证件号码多了{len(number) - LENGTH}位，应为{LENGTH}位"
    return "证件号码前17位应为数字，最后一位应为数字或 X"
