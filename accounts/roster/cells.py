"""What may stand in a cell of an imported file. Each function returns the value or raises ValueError saying why not.

Columns with few different values are cached: a million rows hold some thousand days and a handful of regions.
"""

import re
import unicodedata
from collections.abc import Callable
from datetime import date
from functools import lru_cache

from accounts.codes import InsuranceType, PersonType
from accounts.identity import certificates, phones
from accounts.models.people import MAX_BASE_FEN, NAME_LENGTH, STREET_LENGTH
from accounts.policies import registry
from yibao.lib.fen import parse_yuan, yuan
from yibao.lib.months import Month

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_NAME = re.compile(r"[\u4e00-\u9fff]{1,10}")
_CODE = re.compile(r"\d{0,6}", re.ASCII)
_PERSON_TYPE = re.compile(rf"({'|'.join(PersonType)})\d{{0,4}}", re.ASCII)
_EXPONENT = re.compile(r"[\d.]+[eE]\+?\d+", re.ASCII)
_FORBIDDEN_IN_TEXT = re.compile(r"[\\<>{}|^`~\"]")


def certificate(text: str) -> certificates.Certificate:
    """A certificate number (certificates.read), with a word about spreadsheets that take it for a number."""
    if _EXPONENT.fullmatch(text):
        raise ValueError("表格软件把证件号码当成了数字，末几位已丢失；请把这一列设为文本后重新填写")
    return certificates.read(text)


@lru_cache(maxsize=65_536)
def day(text: str) -> date:
    """A day written YYYY-MM-DD."""
    if not _DAY.fullmatch(text):
        raise ValueError("日期应写作 YYYY-MM-DD，例如 2025-03-01" if text else "没有填写日期")
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ValueError("没有这一天") from None


@lru_cache(maxsize=4_096)
def month(text: str) -> Month:
    """A month written YYYY-MM, or as its first day: that is how a spreadsheet keeps a month."""
    if _DAY.fullmatch(text) and text.endswith("-01"):
        return Month.parse(text[:7])
    if _DAY.fullmatch(text):
        raise ValueError("月份应写作 YYYY-MM；表格软件会把它变成日期，请把这一列设为文本")
    return Month.parse(text)


def name(text: str) -> str:
    """A name as registered: Chinese of any rarity, letters, the middle dot; no longer than its field."""
    if _NAME.fullmatch(text):
        return text
    text = unicodedata.normalize("NFC", text)
    if not text:
        raise ValueError("没有填写姓名")
    if len(text) > NAME_LENGTH:
        raise ValueError(f"姓名超过{NAME_LENGTH}个字")
    # Co: characters that are not in Unicode yet and stand in the private area of GB18030.
    if not all(
        unicodedata.category(char)[0] in "LM" or unicodedata.category(char) == "Co" or char in "·•.-' ,，（）()"
        for char in text
    ):
        raise ValueError("姓名里有不该出现的字符")
    return text


def phone(text: str) -> str:
    """A mobile number of 11 digits, or nothing."""
    if text and not phones.MOBILE.fullmatch(text):
        raise ValueError(f"手机号应为{phones.LENGTH}位数字，没有可以空着")
    return text


def yuan_or_nothing(text: str) -> int | None:
    """An amount in yuan as fen, or None."""
    return base(text) if text else None


@lru_cache(maxsize=65_536)
def base(text: str) -> int:
    """A monthly amount in yuan as fen, not negative."""
    if text.startswith("-"):
        raise ValueError("金额不能是负数")
    fen = parse_yuan(text)
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
