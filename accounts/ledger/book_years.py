"""Benefit years as open and closed books of a region."""

from datetime import date, datetime

from django.db import connection

from accounts.models import BookYear
from accounts.policies import formulas, registry
from accounts.policies.terms import CreditTerms


def year_of(region: str, day: date) -> int:
    """Return the benefit year of this region that the day lies in (上海 begins in July)."""
    return formulas.benefit_year(day, registry.credit(region, day))


def next_year_on(region: str, day: date) -> date:
    """Return the first day after the benefit year of this region that the day lies in."""
    terms = registry.credit(region, day)
    return formulas.year_range(formulas.benefit_year(day, terms), terms)[1]


def is_closed(region: str, year: int) -> bool:
    return BookYear.objects.filter(region=region, year=year, closed_at__isnull=False).exists()


def closed_since(region: str, day: date) -> list[int]:
    """Return the closed benefit years of a region that end after this day, the earliest first."""
    closed = BookYear.objects.filter(region=region, closed_at__isnull=False).order_by("year")
    years = list(closed.values_list("year", flat=True))
    versions = registry.versions(region, CreditTerms)  # none: no year was ever opened
    return [year for year in years if formulas.year_range(year, versions[0].terms)[1] > day] if versions else []


def lock_open(region: str, year: int) -> int:
    """Share-lock the first open year from this one on, and return it.

    Posters hold the share lock until they commit; `close` needs the row for itself. So a year closes after the
    last posting in flight, and a late posting goes to the next open year. Checking a flag instead loses that race.
    """
    with connection.cursor() as cursor:
        while True:
            cursor.execute(
                "SELECT closed_at FROM accounts_bookyear WHERE region = %s AND year = %s FOR SHARE", [region, year]
            )
            row = cursor.fetchone()
            if row is None:
                cursor.execute(
                    "INSERT INTO accounts_bookyear (region, year) VALUES (%s, %s) ON CONFLICT DO NOTHING",
                    [region, year],
                )
            elif row[0] is None:
                return year
            else:
                year += 1


def close(*, region: str, year: int, at: datetime) -> bool:
    """Close the year's books; False when they were closed already. Waits for postings in flight."""
    BookYear.objects.get_or_create(region=region, year=year)
    return BookYear.objects.filter(region=region, year=year, closed_at=None).update(closed_at=at) == 1


def was_opened(region: str, year: int) -> bool:
    """Say whether anything was ever posted in that year."""
    return BookYear.objects.filter(region=region, year=year).exists()
