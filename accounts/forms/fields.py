"""Fields for what people type, in any common way of writing: the readers of yibao.lib.values, as files use them."""

import json
from collections.abc import Callable
from datetime import date
from typing import Any

from django import forms

from accounts.identity import certificates
from yibao.lib.days import day_words
from yibao.lib.values.amounts import read_yuan
from yibao.lib.values.days import read_coming_day, read_day
from yibao.lib.values.names import read_name
from yibao.lib.values.phones import read_phone


class ReadField(forms.CharField):
    """A text that one reader understands; cleaned to what it returns, None when nothing is typed."""

    def __init__(self, read: Callable[[str], Any], **options: Any) -> None:
        super().__init__(**options)
        self.read = read

    def clean(self, value: Any) -> Any:
        text = super().clean(value)
        try:
            return self.read(text) if text else None
        except ValueError as error:
            raise forms.ValidationError(str(error), code="unreadable") from None


class TypedJSONDecoder(json.JSONDecoder):
    """Reads JSON that came from outside. Numbers of thousands of digits and brackets in brackets without end are no JSON.

    Python refuses to read them too, but not with the one error that forms.JSONField expects.
    """

    def decode(self, s: str, *args: Any) -> Any:
        try:
            return super().decode(s, *args)
        except (ValueError, RecursionError):
            raise json.JSONDecodeError("unreadable", s, 0) from None


class NameField(ReadField):
    def __init__(self, **options: Any) -> None:
        options.setdefault("label", "姓名")
        options.setdefault("error_messages", {"required": "请填姓名"})
        super().__init__(read_name, **options)


class CertnoField(ReadField):
    """A certificate number of any kind; only its shape and check digit are looked at."""

    def __init__(self, **options: Any) -> None:
        options.setdefault("label", "证件号码")
        options.setdefault("help_text", "18位，末位是X的直接输入X；没有身份证的，填参保时用的证件上的号码。")
        options.setdefault("error_messages", {"required": "请填证件号码"})
        super().__init__(_certno, **options)


class PhoneField(ReadField):
    """A mobile number; cleaned to its eleven digits, nothing typed to nothing."""

    def __init__(self, **options: Any) -> None:
        options.setdefault("label", "手机号")
        options.setdefault("widget", forms.TextInput(attrs={"type": "tel"}))
        options.setdefault("error_messages", {"required": "请填手机号"})
        super().__init__(read_phone, **options)

    def clean(self, value: Any) -> str:
        return super().clean(value) or ""


class YuanField(ReadField):
    """An amount typed in yuan; cleaned to fen."""

    def __init__(self, **options: Any) -> None:
        super().__init__(read_yuan, **options)


class DayField(ReadField):
    """A day; cleaned to a date. Of a `today`, a day without its year is the next such day."""

    def __init__(self, **options: Any) -> None:
        super().__init__(read_day, **options)

    def counted_from(self, today: date) -> None:
        """Understand 12月31日 as the next one."""
        self.read = lambda text: read_coming_day(text, today)

    def prepare_value(self, value: Any) -> Any:
        """Show a day as people write it, also one that was kept or typed as 2026-11-18; other text as it was typed."""
        try:
            return day_words(value if isinstance(value, date) else date.fromisoformat(value))
        except (TypeError, ValueError):
            return value

    def clean(self, value: Any) -> date | None:
        day: date | None = super().clean(value)
        return day


def _certno(text: str) -> str:
    return certificates.read_any(text).number
