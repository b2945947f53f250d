"""Periods (所属期) as values: what runs and postings are labelled with. Nobody else knows how they are written."""

import re
from dataclasses import dataclass, replace
from functools import lru_cache

from yibao.lib.months import Month

# No region had personal accounts before the nineties: an earlier year is a slip of the pen.
_PERIOD = re.compile(r"(199\d|2[01]\d\d)(?:-(0[1-9]|1[0-2]))?(?:/([1-9]\d*))?", re.ASCII)

# The stored periods that are months, for the lookup `period__regex`.
MONTHS = r"^\d{4}-\d{2}$"


class BadPeriodError(ValueError):
    """The text is neither a year nor a month."""


@dataclass(frozen=True, order=True, slots=True)
class Period:
    """A benefit year ("2025") or a month ("2025-03"), or the n-th correction of one ("2025/2").

    >>> Period.parse("2025") == Period(2025)
    True
    >>> Period.parse("2025-03").month
    Month(year=2025, month=3)
    >>> str(Period(2025).corrected(2))
    '2025/2'
    >>> [str(period) for period in sorted(map(Period.parse, ["2025-01", "2025/10", "2025/2", "2025", "2024-12"]))]
    ['2024-12', '2025', '2025/2', '2025/10', '2025-01']
    """

    year: int
    month_number: int = 0  # 0: the year
    correction: int = 0  # 0: none

    @classmethod
    @lru_cache(maxsize=4096)
    def parse(cls, text: str) -> "Period":
        """Return the period that a text names. Raises BadPeriodError.

        >>> Period.parse("2025-13")
        Traceback (most recent call last):
        ...
        yibao.lib.periods.BadPeriodError: 所属期 '2025-13' 不对：应写年度（例如 2025）或月份（例如 2025-03）
        """
        match = _PERIOD.fullmatch(text)
        if match is None:
            raise BadPeriodError(f"所属期 {text!r} 不对：应写年度（例如 2025）或月份（例如 2025-03）")
        year, month, correction = match.groups()
        return cls(int(year), int(month or 0), int(correction or 0))

    @classmethod
    def of(cls, month: Month) -> "Period":
        """Return the period of one month.

        >>> str(Period.of(Month(2025, 3)))
        '2025-03'
        """
        return cls(month.year, month.month)

    def __str__(self) -> str:
        month = f"-{self.month_number:02d}" if self.month_number else ""
        correction = f"/{self.correction}" if self.correction else ""
        return f"{self.year:04d}{month}{correction}"

    @property
    def is_year(self) -> bool:
        """Whether it is a benefit year, or a correction of one."""
        return not self.month_number

    @property
    def is_month(self) -> bool:
        return not self.is_year

    @property
    def month(self) -> Month:
        """The month that it is.

        >>> Period(2025).month
        Traceback (most recent call last):
        ...
        ValueError: 2025 is a year
        """
        if self.is_year:
            raise ValueError(f"{self} is a year")
        return Month(self.year, self.month_number)

    @property
    def original(self) -> "Period":
        """What a correction corrects; any other period itself.

        >>> str(Period.parse("2025/2").original)
        '2025'
        """
        return replace(self, correction=0)

    @property
    def year_before(self) -> "Period | None":
        """The same period a year before; a correction has none.

        >>> str(Period.parse("2025-03").year_before)
        '2024-03'
        >>> Period.parse("2025/2").year_before
        """
        return None if self.correction else replace(self, year=self.year - 1)

    @property
    def corrections_like(self) -> str:
        """The pattern of its corrections, for SQL's LIKE.

        >>> Period(2025).corrections_like
        '2025/%'
        """
        return f"{self.original}/%"

    @property
    def or_corrections_regex(self) -> str:
        """The pattern of it and its corrections, for the lookup `period__regex`.

        >>> Period(2025).or_corrections_regex
        '^2025(/[0-9]+)?$'
        """
        return f"^{self.original}(/[0-9]+)?$"

    def corrected(self, number: int) -> "Period":
        """Return its correction of this number, from 1."""
        return replace(self, correction=number)


def year_in_sql(column: str) -> str:
    """Return the SQL for the year of a stored period."""
    return f"left({column}, 4)::int"


def month_in_sql(column: str) -> str:
    """Return the SQL for how a month is stored, given its first day."""
    return f"to_char({column}, 'YYYY-MM')"


def first_day_in_sql(column: str) -> str:
    """Return the SQL for the first day of a stored month."""
    return f"to_date({column}, 'YYYY-MM')"
