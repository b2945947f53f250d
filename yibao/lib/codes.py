"""Codes: plain enums with a label for people. They know nothing of Django, and still serve its fields and templates."""

import enum
from typing import Any


class _Codes(enum.EnumType):
    @property
    def values(cls: Any) -> list[Any]:
        return list(cls._value2member_map_)

    @property
    def choices(cls: Any) -> list[tuple[Any, str]]:
        """(value, label) of each, as fields of models and forms want them."""
        return [(member.value, member.label) for member in cls]


class TextCode(enum.StrEnum, metaclass=_Codes):
    """A code that is text. Each member is a pair of value and label."""

    do_not_call_in_templates = enum.nonmember(True)
    label: str

    def __new__(cls, value: str, label: str = "") -> "TextCode":
        member = str.__new__(cls, value)
        member._value_, member.label = value, label
        return member


class IntegerCode(enum.IntEnum, metaclass=_Codes):
    """A code that is a number. Each member is a pair of value and label."""

    do_not_call_in_templates = enum.nonmember(True)
    label: str

    def __new__(cls, value: int, label: str = "") -> "IntegerCode":
        member = int.__new__(cls, value)
        member._value_, member.label = value, label
        return member
