"""What a chunk needs to know about its people: status histories and pots, one query each."""

from collections.abc import Sequence
from dataclasses import fields
from datetime import date
from typing import NamedTuple

from django.db import connection

from accounts.codes import InsuranceType
from accounts.jobs import rows
from accounts.ledger.bulk import Line
from accounts.models import Chunk
from accounts.policies.status import Status


class Pots(NamedTuple):
    """A person's pots in the region: ids, and what they still owe."""

    person: int
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


# The columns of Status, in its order.
STATUS = ", ".join(field.name for field in fields(Status))


def histories(chunk: Chunk, region: str, *, until: date, only: Sequence[int] | None = None) -> dict[int, list[Status]]:
    """Return person id → status rows in 职工医保 before the day `until`, oldest first."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            SELECT person_id, {STATUS} FROM accounts_enrolment
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


# One pass over a chunk's pots: they stand in the index by person, so grouping them costs nothing.
_POTS = """
    SELECT person_id AS person, max(id) FILTER (WHERE kind = 'current') AS current, max(year) AS current_year,
           max(id) FILTER (WHERE kind = 'carried') AS carried, max(id) FILTER (WHERE kind = 'receivable') AS receivable,
           coalesce(max(-balance_fen) FILTER (WHERE kind = 'receivable'), 0) AS owed_fen
    FROM accounts_pot WHERE person_id >= %(low)s AND person_id < %(high)s AND region = %(region)s
"""


def pots(chunk: Chunk, region: str, *, only: Sequence[int] | None = None) -> dict[int, Pots]:
    """Return person id → pots, of everybody in the chunk who has any, or of these people."""
    some = "" if only is None else "AND person_id = ANY(%(only)s)"
    found = rows.fetch(
        Pots,
        f"{_POTS} {some} GROUP BY person_id",
        {"region": region, "low": chunk.from_person, "high": chunk.until_person, "only": only and list(only)},
    )
    return {pots.person: pots for pots in found}


def credit_lines(fund: int, pots: dict[int, Pots], person: int, year: int, amount_fen: int, facts: str) -> list[Line]:
    """Return the transfers of one credit: it pays back an earlier over-credit first (domain 3.4, 4).

    What is paid back is no longer owed in `pots`: several credits at once pay a debt back only once.
    """
    own = pots[person]
    repaid = min(amount_fen, own.owed_fen)
    lines: list[Line] = []
    if repaid and own.receivable is not None:
        lines.append((fund, own.receivable, repaid, facts))
        pots[person] = own._replace(owed_fen=own.owed_fen - repaid)
    if amount_fen > repaid:
        lines.append((fund, own.for_year(year), amount_fen - repaid, facts))
    return lines


def births(person_ids: Sequence[int]) -> dict[int, date]:
    """Return person id → day of birth."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT id, birth_on FROM accounts_person WHERE id = ANY(%s)", [list(person_ids)])
        return dict(cursor.fetchall())
