"""How one parameter of a region's rules is declared, read from a readable file, checked, and shown again.

Values in files are what policy staff write: "2%", "4462.00", 2023-01-01. Floats are refused: 0.1 is not a tenth.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import MISSING, Field, dataclass, field, fields
from datetime import date
from typing import Any

from accounts.errors import AccountsError
from yibao.lib.fen import BadAmountError, grouped, parse_yuan

_RATE = re.compile(r"(\d{1,3})(?:\.(\d{1,2}))?%", re.ASCII)


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong in a policy: in which file, at which dotted key, and why (Chinese)."""

    file: str
    key: str
    reason: str

    def __str__(self) -> str:
        return "：".join(part for part in (self.file, self.key, self.reason) if part)


class PolicyError(AccountsError):
    """A policy that cannot be accepted. Lists every problem found, not only the first."""

    def __init__(self, problems: list[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in problems))


@dataclass(frozen=True, slots=True)
class AgeTier:
    """From this age on (周岁, inclusive), up to the next tier: an amount in fen or a rate in bp."""

    from_age: int
    value: int


@dataclass(frozen=True, slots=True)
class Parameter:
    """The Chinese name of a parameter, how it is read (raises ValueError with a reason) and shown."""

    label: str
    read: Callable[[object], Any]
    show: Callable[[Any], str]


def percent(bp: int) -> str:
    """Return basis points as people write them: 200 → "2%", 80 → "0.8%", 250 → "2.5%"."""
    whole, rest = divmod(bp, 100)
    return f"{whole}.{rest:02d}".rstrip("0") + "%" if rest else f"{whole}%"


def _read_rate(value: object) -> int:
    match = _RATE.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        raise ValueError('比例应写成带引号的百分数，最多两位小数，例如 "2%"、"0.8%"，不能为负')
    bp = int(match[1]) * 100 + int((match[2] or "").ljust(2, "0"))
    if bp > 10_000:
        raise ValueError("比例不能超过 100%")
    return bp


def _read_money(value: object) -> int:
    if not isinstance(value, str):
        raise ValueError('金额应写成带引号的元，例如 "4462.00"')
    try:
        return parse_yuan(value)
    except BadAmountError as error:
        raise ValueError(str(error)) from error


def _read_day(value: object) -> date:
    if isinstance(value, str):
        try:
            return date.fromisoformat(value)
        except ValueError:
            pass
    elif type(value) is date:
        return value
    raise ValueError("日期应写作 2023-01-01")


def _read_text(value: object) -> str:
    if not isinstance(value, str) or not value.strip():
        raise ValueError("应为文字，不能为空")
    return value


def _read_bool(value: object) -> bool:
    if not isinstance(value, bool):
        raise ValueError("应为 true（是）或 false（否）")
    return value


def _reader_of_whole(low: int, high: int) -> Callable[[object], int]:
    def read(value: object) -> int:
        if isinstance(value, bool) or not isinstance(value, int):
            raise ValueError("应为整数，不带引号")
        if not low <= value <= high:
            raise ValueError(f"应在 {low} 到 {high} 之间")
        return value

    return read


def _reader_of_one(choices: Mapping[Any, str]) -> Callable[[object], Any]:
    def read(value: object) -> Any:
        if isinstance(value, bool | list | dict) or value not in choices:
            listed = "、".join(f"{code}（{label}）" for code, label in choices.items())
            raise ValueError(f"只能是：{listed}")
        return value

    return read


def _reader_of_several(choices: Mapping[Any, str]) -> Callable[[object], tuple[Any, ...]]:
    read_one = _reader_of_one(choices)

    def read(value: object) -> tuple[Any, ...]:
        if not isinstance(value, list):
            raise ValueError("应为列表，例如 [ … ]")
        items = tuple(read_one(item) for item in value)
        if len(set(items)) != len(items):
            raise ValueError("列表里有重复")
        return items

    return read


def _reader_of_tiers(key: str, read_value: Callable[[object], int]) -> Callable[[object], tuple[AgeTier, ...]]:
    read_age = _reader_of_whole(0, 150)

    def read(value: object) -> tuple[AgeTier, ...]:
        if not isinstance(value, list) or not value:
            raise ValueError(f"应为年龄档列表，例如 [{{ from_age = 0, {key} = … }}]")
        tiers = []
        for item in value:
            if not isinstance(item, dict) or set(item) != {"from_age", key}:
                raise ValueError(f"每个年龄档只写 from_age（从几周岁起）和 {key}")
            tiers.append(AgeTier(read_age(item["from_age"]), read_value(item[key])))
        if tiers[0].from_age != 0:
            raise ValueError("第一个年龄档应从 0 周岁起，否则有人不在任何档里")
        if any(later.from_age <= earlier.from_age for earlier, later in zip(tiers, tiers[1:], strict=False)):
            raise ValueError("年龄档重叠或没有从小到大排")
        return tuple(tiers)

    return read


def _show_tiers(show_value: Callable[[int], str]) -> Callable[[tuple[AgeTier, ...]], str]:
    def show(tiers: tuple[AgeTier, ...]) -> str:
        if len(tiers) == 1:
            return show_value(tiers[0].value)
        return "；".join(f"{tier.from_age}周岁起 {show_value(tier.value)}" for tier in tiers)

    return show


def _declare(parameter: Parameter, optional: bool) -> Any:
    metadata = {"parameter": parameter}
    return field(default=None, metadata=metadata) if optional else field(metadata=metadata)


def _in_yuan(fen: int) -> str:
    return f"{grouped(fen)} 元"


def rate(label: str, *, optional: bool = False) -> Any:
    return _declare(Parameter(label, _read_rate, percent), optional)


def money(label: str, *, optional: bool = False) -> Any:
    return _declare(Parameter(label, _read_money, _in_yuan), optional)


def day(label: str, *, optional: bool = False) -> Any:
    return _declare(Parameter(label, _read_day, lambda value: f"{value.year}年{value.month}月{value.day}日"), optional)


def text(label: str, *, optional: bool = False) -> Any:
    return _declare(Parameter(label, _read_text, str), optional)


def yes_no(label: str, *, optional: bool = False) -> Any:
    return _declare(Parameter(label, _read_bool, lambda value: "是" if value else "否"), optional)


def whole(label: str, low: int, high: int, unit: str = "", *, optional: bool = False) -> Any:
    return _declare(Parameter(label, _reader_of_whole(low, high), lambda value: f"{value}{unit}"), optional)


def one_of(label: str, choices: Mapping[Any, str], *, optional: bool = False) -> Any:
    return _declare(Parameter(label, _reader_of_one(choices), lambda value: choices[value]), optional)


def several_of(label: str, choices: Mapping[Any, str], *, optional: bool = False) -> Any:
    def show(values: tuple[Any, ...]) -> str:
        return "、".join(choices[value] for value in values) or "无"

    return _declare(Parameter(label, _reader_of_several(choices), show), optional)


def rates_by_age(label: str, *, optional: bool = False) -> Any:
    return _declare(Parameter(label, _reader_of_tiers("rate", _read_rate), _show_tiers(percent)), optional)


def amounts_by_age(label: str, *, optional: bool = False) -> Any:
    return _declare(Parameter(label, _reader_of_tiers("amount", _read_money), _show_tiers(_in_yuan)), optional)


def key_of(declared: Field[Any]) -> str:
    """Return the key a field has in files: its name without the unit, because there the unit is written out."""
    return declared.name.removesuffix("_bp").removesuffix("_fen")


def parameters(cls: type[Any]) -> Iterator[tuple[str, Field[Any], Parameter]]:
    """Yield (key in files, dataclass field, parameter) of one kind of terms, in reading order."""
    for declared in fields(cls):
        yield key_of(declared), declared, declared.metadata["parameter"]


def read_values(cls: type[Any], values: Mapping[str, object]) -> tuple[dict[str, Any], list[tuple[str, str]]]:
    """Read raw values into constructor arguments. Returns them with the problems found, as (key, reason)."""
    arguments: dict[str, Any] = {}
    problems = []
    known = set()
    for key, declared, parameter in parameters(cls):
        known.add(key)
        if key not in values:
            if declared.default is MISSING:
                problems.append((key, f"缺少“{parameter.label}”"))
            continue
        try:
            arguments[declared.name] = parameter.read(values[key])
        except ValueError as error:
            problems.append((key, f"“{parameter.label}”{error}"))
    problems += [(key, "没有这个参数，请检查拼写") for key in values if key not in known]
    return arguments, problems
