"""Benefit years (待遇年度): in most regions from January, in 上海 from July. Named after the year they begin in."""

from datetime import date

from accounts.policies.terms import CreditTerms
from yibao.lib.months import Month, month_range


def benefit_year(day: date, terms: CreditTerms) -> int:
    """Return the benefit year a day lies in: with a July start, 2025-06-30 is still 2024."""
    return day.year if day.month >= terms.year_start_month else day.year - 1


def year_range(year: int, terms: CreditTerms) -> tuple[date, date]:
    """Return the first day of a benefit year and the first day after it (half-open)."""
    start = Month(year, terms.year_start_month)
    return start.first, (start + 12).first


def months_of(year: int, terms: CreditTerms) -> tuple[Month, ...]:
    """Return the twelve months of a benefit year in order."""
    start = Month(year, terms.year_start_month)
    return tuple(month_range(start, start + 12))


def months_left(month: Month, terms: CreditTerms) -> int:
    """Return how many months of its benefit year begin with this month: a joiner's share, 13−m from January."""
    return 12 - (month.month - terms.year_start_month) % 12


def age_on(birth_on: date, day: date) -> int:
    """Return full years of age (周岁) on a day; who was born on 29 February is a year older on 1 March."""
    return day.year - birth_on.year - ((day.month, day.day) < (birth_on.month, birth_on.day))
