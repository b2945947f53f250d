"""What was posted already? Asked before anything is posted: of a benefit year, of its months, of its interest."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any, NamedTuple

from django.db import connection

from accounts.codes import CORRECTION_KINDS, VoucherKind
from accounts.jobs import rows
from accounts.ledger.legs import LEGS
from accounts.models import Chunk, Run
from accounts.policies.formulas import contributor_months_in_sql
from yibao.lib.periods import Period, month_in_sql


class Posted(NamedTuple):
    """What one person was posted for a benefit year: net fen, and in how many corrections."""

    person: int
    net_fen: int
    corrections: int


class PostedFacts(NamedTuple):
    """What one person was posted of a kind in a period under one version and from the same facts: net fen."""

    person: int
    kind: str
    period: str
    version: int
    facts: str
    fen: int


# The legs of some kinds on the pots of a chunk's people, a debt among them.
_LEGS = f"""
    FROM accounts_pot pot JOIN ({LEGS}) leg ON leg.pot = pot.id
    WHERE pot.region = %(region)s AND pot.person_id >= %(low)s AND pot.person_id < %(high)s AND leg.kind = ANY(%(kinds)s)
"""
_OF_SOME = " AND pot.person_id = ANY(%(only)s)"

# What the month of a contribution `c` was credited with.
OF_MONTH = f"""
    SELECT 1 FROM accounts_pot pot JOIN ({LEGS}) leg ON leg.pot = pot.id
    WHERE pot.person_id = c.person_id AND pot.region = c.region
      AND leg.kind = '{VoucherKind.ACCRUAL}' AND leg.period = {month_in_sql("c.month")}
"""

# Of everybody in a region whom a benefit year was credited in advance: the contributors' months that were credited last.
LAST_OF_YEAR = f"""
    SELECT DISTINCT ON (pot.person_id) pot.person_id, {contributor_months_in_sql("leg.facts")} AS months
    FROM accounts_pot pot JOIN ({LEGS}) leg ON leg.pot = pot.id
    WHERE pot.region = %(region)s AND leg.kind = ANY(%(year_kinds)s)
      AND (leg.period = %(year)s OR leg.period LIKE %(corrections)s)
    ORDER BY pot.person_id, leg.id DESC
"""
YEAR_KINDS = (VoucherKind.PRECREDIT, *CORRECTION_KINDS)


def of_year(run: Run, chunk: Chunk, year: Period) -> dict[int, Posted]:
    """Return person id → what was posted for a pre-credited year, of whoever was posted anything."""
    found = rows.fetch(
        Posted,
        f"""
        SELECT pot.person_id AS person, sum(leg.change)::bigint AS net_fen,
               count(DISTINCT leg.period) FILTER (WHERE leg.period <> %(year)s) AS corrections
        {_LEGS} AND (leg.period = %(year)s OR leg.period LIKE %(corrections)s)
        GROUP BY pot.person_id
        """,
        _parameters(run, chunk, *YEAR_KINDS) | {"year": str(year), "corrections": year.corrections_like},
    )
    return {posted.person: posted for posted in found}


def with_facts(run: Run, chunk: Chunk, *, only: Sequence[int]) -> dict[int, list[PostedFacts]]:
    """Return person id → every month that these people were credited and every correction since, by period."""
    found: dict[int, list[PostedFacts]] = defaultdict(list)
    for row in rows.fetch(
        PostedFacts,
        f"""
        SELECT person, leg.kind, leg.period, voucher.policy_id AS version, leg.facts, sum(change)::bigint AS fen
        FROM (SELECT pot.person_id AS person, leg.kind, leg.period, leg.voucher_id, leg.facts::text AS facts, leg.change
              {_LEGS} {_OF_SOME}) leg
        JOIN accounts_voucher voucher ON voucher.id = leg.voucher_id
        GROUP BY person, leg.kind, leg.period, voucher.policy_id, leg.facts ORDER BY person, leg.period
        """,
        _parameters(run, chunk, VoucherKind.ACCRUAL, *CORRECTION_KINDS) | {"only": list(only)},
    ):
        found[row.person].append(row)
    return found


def people_with(run: Run, chunk: Chunk, kind: VoucherKind, *, only: Sequence[int]) -> set[int]:
    """Return who of these people was posted something of a kind in the period of the run."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT DISTINCT pot.person_id {_LEGS} {_OF_SOME} AND leg.period = %(period)s",
            _parameters(run, chunk, kind) | {"only": list(only), "period": run.period},
        )
        return {row[0] for row in cursor.fetchall()}


def _parameters(run: Run, chunk: Chunk, *kinds: VoucherKind) -> dict[str, Any]:
    return {"region": run.region, "low": chunk.from_person, "high": chunk.until_person, "kinds": list(kinds)}
