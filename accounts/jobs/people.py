"""What a chunk needs to know about its people: status histories and pots, one query each."""

from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

from django.db import connection

from accounts.codes import InsuranceType
from accounts.ledger.bulk import Line
from accounts.models import Chunk
from accounts.policies.status import Status


class Pots(NamedTuple):
    """A person's pots in the region: ids, and what they still owe."""

    current: int | None
    current_year: int | None
    carried: int
    receivable: int | None
    owed_fen: int

    def for_year(self, year: int) -> int:
        """Return the pot that a credit of this benefit year goes to: 当年, or 历年 once the year is over."""
        if self.current is None or self.current_year is None or self.current_year > year:
            return self.carried
        return self.current


def histories(chunk: Chunk, region: str, *, until: date, only: Sequence[int] | None = None) -> dict[int, list[Status]]:
    """Return person id → status rows in 职工医保 before the day `until`, oldest first."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            SELECT person_id, from_on, status, person_type, flex, pension_fen, end_reason FROM accounts_enrolment
            WHERE region = %s AND insurance = %s AND person_id >= %s AND person_id < %s AND from_on < %s AND counts
                  {"" if only is None else "AND person_id = ANY(%s)"}
            ORDER BY person_id, from_on, seq
            """,
            [
                region,
                InsuranceType.EMPLOYEE,
                chunk.from_person,
                chunk.until_person,
                until,
                *([list(only)] if only is not None else []),
            ],
        )
        found: dict[int, list[Status]] = {}
        for person, *row in cursor.fetchall():
            found.setdefault(person, []).append(Status(*row))
    return found


# As Pots names them.
POT_COLUMNS = "pots.current, pots.current_year, pots.carried, pots.receivable, pots.owed_fen"

# One pass over a chunk's pots: they stand in the index by person, so grouping them costs nothing.
POTS = """
    SELECT person_id, max(id) FILTER (WHERE kind = 'current') AS current, max(year) AS current_year,
           max(id) FILTER (WHERE kind = 'carried') AS carried, max(id) FILTER (WHERE kind = 'receivable') AS receivable,
           coalesce(max(-balance_fen) FILTER (WHERE kind = 'receivable'), 0) AS owed_fen
    FROM accounts_pot WHERE person_id >= %(low)s AND person_id < %(high)s AND region = %(region)s GROUP BY person_id
"""


def pots(chunk: Chunk, region: str, *, only: Sequence[int]) -> dict[int, Pots]:
    """Return person id → pots, of these people."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT * FROM ({POTS}) pots WHERE person_id = ANY(%(only)s)",
            {"region": region, "low": chunk.from_person, "high": chunk.until_person, "only": list(only)},
        )
        return {person: Pots(*row) for person, *row in cursor.fetchall()}


def credit_lines(fund: int, pots: Pots, year: int, amount_fen: int, facts: str) -> list[Line]:
    """Return the transfers of one credit: it pays back an earlier over-credit first (domain 3.4, 4)."""
    repaid = min(amount_fen, pots.owed_fen)
    rows: list[Line] = []
    if repaid and pots.receivable is not None:
        rows.append((fund, pots.receivable, repaid, facts))
    if amount_fen > repaid:
        rows.append((fund, pots.for_year(year), amount_fen - repaid, facts))
    return rows


def births(person_ids: Sequence[int]) -> dict[int, date]:
    """Return person id → day of birth."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT id, birth_on FROM accounts_person WHERE id = ANY(%s)", [list(person_ids)])
        return dict(cursor.fetchall())
