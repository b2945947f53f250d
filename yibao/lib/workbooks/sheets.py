"""What the readers of the formats share: a sheet, its cells as text, and refusing."""

from collections.abc import Callable, Iterator
from datetime import datetime, time, timedelta
from typing import NamedTuple

Rows = Iterator[tuple[int, list[str]]]


class RefusedError(Exception):
    """The workbook is not to be read; the message says why in Chinese."""


class Sheet(NamedTuple):
    name: str
    is_hidden: bool
    load: Callable[[], tuple[int, Rows]]  # how many rows there are, and those that hold anything with their numbers


def text_of(value: object) -> str:
    """Return a cell as a person would type it: 15 digits are all that a sheet keeps of a number, and seconds of time."""
    if isinstance(value, bool):
        return str(value).upper()
    if isinstance(value, int | float):
        whole = abs(value) < 1e15 and value == int(value)
        return str(int(value)) if whole else f"{value:.15g}"  # beyond 15 digits with an exponent: the end is lost
    if isinstance(value, datetime):
        value = (value + timedelta(microseconds=500_000)).replace(microsecond=0)
        return value.date().isoformat() if value.time() == time() else value.isoformat()
    return str(value)
