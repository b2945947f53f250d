"""What may stand in a cell of an imported file. Each function returns the value or raises ValueError saying why not.

Columns with few different values are cached: a million rows hold some thousand days and a handful of regions.
"""

import re
import unicodedata
from collections.abc import Callable
from datetime import date
from functools import lru_cache

from accounts.codes import CertificateType, InsuranceType, PaymentType, PersonType
from accounts.identity import certificates
from accounts.models.people import MAX_BASE_FEN, STREET_LENGTH
from accounts.policies import registry
from yibao.lib.fen import yuan
from yibao.lib.values.amounts import read_yuan
from yibao.lib.values.days import read_day, read_month
from yibao.lib.values.names import read_name
from yibao.lib.values.phones import read_phone

_CODE = re.compile(r"\d{0,6}", re.ASCII)
_PERSON_TYPE = re.compile(rf"({'|'.join(PersonType)})\d{{0,4}}", re.ASCII)
_REGION = re.compile(r"\d{6}", re.ASCII)
_PAYER_LENGTH = 30
_PAYER = re.compile(rf"[0-9A-Za-z_-]{{1,{_PAYER_LENGTH}}}", re.ASCII)
_PAYMENT_TYPES = {"": PaymentType.NORMAL, **{kind.label: kind for kind in PaymentType}}
_FORBIDDEN_IN_TEXT = re.compile(r"[\\<>{}|^`~\"]")

certificate = certificates.read
any_certificate = certificates.read_any
name = read_name
day = lru_cache(maxsize=65_536)(read_day)
month = lru_cache(maxsize=4_096)(read_month)


def certificate_type(text: str) -> str:
    """A kind of certificate (psn_cert_type); an identity card where none is named. Sheets drop the zero in front."""
    if len(text) == 1:
        text = f"0{text}"
    if text and text not in set(CertificateType):
        raise ValueError(f"应为 {certificates.kinds_in_words()}；空着就是 {CertificateType.IDENTITY_CARD}")
    return text or str(CertificateType.IDENTITY_CARD)


def certificate_of(kind: str, text: str) -> certificates.Certificate:
    """A certificate of the kind in another cell; where no such kind is taken, that cell says so, and any will do here."""
    try:
        return certificate(text, certificate_type(kind))
    except certificates.BadCertificateError:
        raise
    except ValueError:
        return any_certificate(text)


def phone(text: str) -> str:
    """A mobile number (read_phone), or nothing."""
    try:
        return read_phone(text) if text else ""
    except ValueError as fault:
        raise ValueError(f"{fault}，没有可以空着") from None


def yuan_or_nothing(text: str) -> int | None:
    """An amount in yuan as fen, or None."""
    return base(text) if text else None


def day_or_nothing(text: str) -> date | None:
    """A day, or None."""
    return day(text) if text else None


def any_certificate_or_nothing(text: str) -> certificates.Certificate | None:
    """A certificate number of a kind told by its shape, or None."""
    return any_certificate(text) if text else None


@lru_cache(maxsize=65_536)
def base(text: str) -> int:
    """A monthly amount in yuan as fen, not negative."""
    fen = read_yuan(text)
    if fen > MAX_BASE_FEN:
        raise ValueError(f"金额超过每月{yuan(MAX_BASE_FEN)}元")
    return fen


def one_of(choices: dict[str, str]) -> Callable[[str], str]:
    """Return a reader of a code that must be one of these (code → name)."""
    listed = "、".join(f"{code}（{label}）" for code, label in choices.items() if code)

    def read(text: str) -> str:
        if text not in choices:
            raise ValueError(f"应为 {listed}" + ("，也可以空着" if "" in choices else ""))
        return text

    return read


def person_type(text: str) -> str:
    """A category of insured people (psn_type)."""
    if not _PERSON_TYPE.fullmatch(text):
        raise ValueError(f"人员类别应以 {'、'.join(f'{kind}（{kind.label}）' for kind in PersonType)}开头")
    return text


def fits(insurance: str, person_type: str) -> bool:
    """Whether a category belongs to the insurance."""
    return PersonType(person_type[:2]).insurance == insurance


def fitting_words() -> str:
    """Return which categories belong to which insurance: 310 应为 11、12 开头，390 应为 14、15、16 开头."""
    return "，".join(
        f"{insurance} 应为 {'、'.join(kind for kind in PersonType if kind.insurance == insurance)} 开头"
        for insurance in InsuranceType
    )


def code(text: str) -> str:
    """An optional code of up to six digits."""
    if not _CODE.fullmatch(text):
        raise ValueError("代码应为至多6位数字，没有可以空着")
    return text


def region_code(text: str) -> str:
    """The code of any region (统筹区) of the country, or nothing."""
    if text and not _REGION.fullmatch(text):
        raise ValueError("统筹区代码应为6位数字，没有可以空着")
    return text


def payment_type(text: str) -> PaymentType:
    """What a payment is (clct_type), in words; an ordinary one where nothing is said."""
    if text not in _PAYMENT_TYPES:
        raise ValueError(f"应为 {'、'.join(filter(None, _PAYMENT_TYPES))}，空着就是正常")
    return _PAYMENT_TYPES[text]


def payer(text: str) -> str:
    """The code of whoever paid (缴费单位), or nothing."""
    if text and not _PAYER.fullmatch(text):
        raise ValueError(f"缴费单位代码应为至多{_PAYER_LENGTH}位的数字和字母，没有可以空着")
    return text


@lru_cache(maxsize=16_384)
def short_text(text: str) -> str:
    """An optional name of a place, not too long for its field."""
    if len(text) > STREET_LENGTH:
        raise ValueError(f"超过{STREET_LENGTH}个字")
    if _FORBIDDEN_IN_TEXT.search(text):
        raise ValueError("有不该出现的字符")
    return unicodedata.normalize("NFC", text)


def region_reader() -> Callable[[str], str]:
    """Return a reader of a region (统筹区) that credit rules are loaded for.

    The regions are asked for here, not cell by cell: cells are read while a COPY holds the connection.
    """
    known = {code for code in registry.region_names() if registry.knows_region(code)}

    def read(text: str) -> str:
        if text not in known:
            raise ValueError("没有这个统筹区的政策，请核对代码，或先用 load_policies 载入")
        return text

    return read
