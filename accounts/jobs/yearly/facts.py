"""What a chunk's people paid, for a benefit year: one query each."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from django.db import connection

from accounts.models import Chunk, Run
from yibao.lib.months import Month

Bases = list[tuple[Month, int]]  # the month from which a base (fen) holds, in order


@dataclass(slots=True)
class PaidMonths:
    """The months paid for, as bits counted from a first month: a city's run makes millions."""

    first: Month
    bits: int = 0

    def __contains__(self, month: object) -> bool:
        assert isinstance(month, Month)
        number = month - self.first
        return number >= 0 and bool(self.bits >> number & 1)

    def __iter__(self) -> Iterator[Month]:
        return (self.first + number for number in range(self.bits.bit_length()) if self.bits >> number & 1)

    def __len__(self) -> int:
        return self.bits.bit_count()


def bases_of(run: Run, chunk: Chunk, start: date, end: date) -> dict[int, Bases]:
    """Return person id → (month, base) in order: the last base before the year, and each month of it with another."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            (SELECT DISTINCT ON (person_id) person_id, month, base_fen FROM accounts_contribution
             WHERE region = %(region)s AND person_id >= %(low)s AND person_id < %(high)s AND month < %(start)s AND counts
             ORDER BY person_id, month DESC)
            UNION ALL
            SELECT person_id, month, base_fen FROM (
                SELECT person_id, month, base_fen, lag(base_fen) OVER (PARTITION BY person_id ORDER BY month) AS before
                FROM accounts_contribution
                WHERE region = %(region)s AND person_id >= %(low)s AND person_id < %(high)s
                  AND month >= %(start)s AND month < %(end)s AND counts
            ) paid WHERE base_fen IS DISTINCT FROM before
            ORDER BY person_id, month
            """,
            {"region": run.region, "low": chunk.from_person, "high": chunk.until_person, "start": start, "end": end},
        )
        found: dict[int, Bases] = defaultdict(list)
        for person, first, base in cursor.fetchall():
            found[person].append((Month.of(first), base))
        return found


def paid_months(run: Run, chunk: Chunk, first: Month, end: date) -> dict[int, PaidMonths]:
    """Return person id → the months from `first` up to `end` that are paid for in the run's region."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT person_id, bit_or(1::bigint << ((date_part('year', month) - %(year)s) * 12
                                                   + date_part('month', month) - %(month)s)::integer)
            FROM accounts_contribution
            WHERE region = %(region)s AND month >= %(start)s AND month < %(end)s
              AND person_id >= %(low)s AND person_id < %(high)s AND counts
            GROUP BY person_id
            """,
            {
                "region": run.region,
                "low": chunk.from_person,
                "high": chunk.until_person,
                "start": first.first,
                "end": end,
                "year": first.year,
                "month": first.month,
            },
        )
        return {person: PaidMonths(first, bits) for person, bits in cursor.fetchall()}
