"""What people type on family pages: amounts, names, certificate numbers and days, in any common way of writing."""

import re
import unicodedata
from datetime import date
from typing import Any

from django import forms

from accounts.identity import certificates
from yibao.lib.fen import BadAmountError, parse_yuan

_YUAN_MARKS = re.compile(r"[¥￥元,，\s]")
_DAY = re.compile(r"(\d{4})\D+(\d{1,2})\D+(\d{1,2})\D*", re.ASCII)


class YuanField(forms.CharField):
    """An amount typed in yuan, with or without ¥, 元, commas, spaces or full-width digits; cleaned to fen."""

    def clean(self, value: Any) -> int | None:
        text = _YUAN_MARKS.sub("", unicodedata.normalize("NFKC", super().clean(value) or ""))
        if not text:
            if self.required:
                raise forms.ValidationError(self.error_messages["required"], code="required")
            return None
        try:
            return parse_yuan(text)
        except BadAmountError:
            raise forms.ValidationError("金额只写数字，最多两位小数，例如 500 或 88.50", code="amount") from None


class CertnoField(forms.CharField):
    """A certificate number; only its shape and check digit are looked at."""

    def __init__(self, **options: Any) -> None:
        options.setdefault("label", "证件号码")
        options.setdefault("help_text", f"{certificates.LENGTH}位，末位是X的直接输入X。")
        options.setdefault("error_messages", {"required": "请填证件号码"})
        super().__init__(**options)

    def clean(self, value: Any) -> str:
        try:
            return certificates.read(super().clean(value)).number
        except certificates.BadCertificateError as error:
            raise forms.ValidationError(str(error), code="certno") from None


class DayField(forms.CharField):
    """A day written as 2027年12月31日, 2027-12-31, 2027.12.31 or 2027 12 31; cleaned to a date, None when empty."""

    def clean(self, value: Any) -> date | None:
        text = unicodedata.normalize("NFKC", super().clean(value) or "").strip()
        if not text:
            return None
        match = _DAY.fullmatch(text)
        try:
            return date(*(int(part) for part in match.groups())) if match else _not_a_day()
        except ValueError:
            raise forms.ValidationError("日期要写成年、月、日，例如 2027年12月31日", code="day") from None


def _not_a_day() -> date:
    raise ValueError


def plain_name(text: str) -> str:
    """Return a name as typed, in half width and without spaces at its ends."""
    return unicodedata.normalize("NFKC", text).strip()
