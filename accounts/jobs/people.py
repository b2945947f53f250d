"""What a chunk needs to know about its people: status histories and pots, one query each."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from django.db import connection

from accounts.enums import InsuranceType, PotKind
from accounts.ledger.bulk import Line
from accounts.models import Chunk
from accounts.policies.standing import Status


@dataclass(frozen=True, slots=True)
class Pots:
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
            SELECT person_id, from_on, status, person_type, flex, pension_fen FROM accounts_enrolment
            WHERE region = %s AND insurance = %s AND person_id >= %s AND person_id < %s AND from_on < %s
                  {"" if only is None else "AND person_id = ANY(%s)"}
            ORDER BY person_id, from_on
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


def pots(chunk: Chunk, region: str, *, only: Sequence[int] | None = None) -> dict[int, Pots]:
    """Return person id → pots."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            SELECT c.person_id, n.id, n.year, c.id, r.id, coalesce(-r.balance_fen, 0)
            FROM accounts_pot c
            LEFT JOIN accounts_pot n ON (n.person_id, n.region, n.kind) = (c.person_id, c.region, %s)
            LEFT JOIN accounts_pot r ON (r.person_id, r.region, r.kind) = (c.person_id, c.region, %s)
            WHERE c.kind = %s AND c.region = %s AND c.person_id >= %s AND c.person_id < %s
                  {"" if only is None else "AND c.person_id = ANY(%s)"}
            """,
            [PotKind.CURRENT, PotKind.RECEIVABLE, PotKind.CARRIED, region, chunk.from_person, chunk.until_person, *([list(only)] if only is not None else [])],
        )
        return {person: Pots(*row) for person, *row in cursor.fetchall()}


def credit_lines(fund: int, pots: Pots, year: int, amount_fen: int, facts: str) -> list[Line]:
    """Return the transfers of one credit of a benefit year: it pays back an earlier over-credit first (domain 3.4, 4)."""
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
