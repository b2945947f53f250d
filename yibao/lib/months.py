"""Calendar months as values: what contributions are paid for and credits are labelled with."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

_MONTH = re.compile(r"(\d{4})-(0[1-9]|1[0-2])", re.ASCII)


class BadMonthError(ValueError):
    """The text is not a month written YYYY-MM."""


@dataclass(frozen=True, order=True, slots=True)
class Month:
    year: int
    month: int

    @classmethod
    def parse(cls, text: str) -> "Month":
        """Return the month written "2025-03". Raises BadMonthError."""
        match = _MONTH.fullmatch(text)
        if match is None:
            raise BadMonthError("月份应写作 YYYY-MM，例如 2025-03")
        return cls(int(match[1]), int(match[2]))

    @classmethod
    def of(cls, day: date) -> "Month":
        return cls(day.year, day.month)

    @property
    def first(self) -> date:
        return date(self.year, self.month, 1)

    @property
    def next_first(self) -> date:
        """The first day after this month: months are half-open ranges of days."""
        return (self + 1).first

    def __str__(self) -> str:
        return f"{self.year:04d}-{self.month:02d}"

    def __add__(self, months: int) -> "Month":
        years, month = divmod(self.year * 12 + self.month - 1 + months, 12)
        return Month(years, month + 1)

    def __sub__(self, other: "Month") -> int:
        return (self.year - other.year) * 12 + self.month - other.month


def month_range(start: Month, end: Month) -> Iterator[Month]:
    """Yield the months from start up to, not including, end."""
    for offset in range(end - start):
        yield start + offset
