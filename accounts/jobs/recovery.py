"""Taking back what was credited too much: from 当年, then 历年, then as a debt that later credits pay (domain 3.4, 4).

Money that was spent rightly stays spent; no settlement is undone for it.
"""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

from django.db import connection

from accounts.codes import PotKind, VoucherKind
from accounts.jobs.people import Pots
from accounts.ledger.bulk import Batch, Line
from accounts.ledger.pots import receivables, system_pot
from yibao.lib.periods import Period


class Overcredit(NamedTuple):
    """What one person had too much of a benefit year (fen), the number of the correction, and the stored facts."""

    person: int
    year: int
    fen: int
    period: Period
    version: int
    facts: str


def take_back(
    region: str, kind: VoucherKind, on: date, overcredits: Sequence[Overcredit], pots: dict[int, Pots]
) -> list[Batch]:
    """Return the batches that recover each of them. Locks the people's pots: how much is left is only certain then."""
    if not overcredits:
        return []
    fund = system_pot(region, PotKind.FUND)
    people = [overcredit.person for overcredit in overcredits]
    debts, balances = receivables(region, people), _locked_balances(region, people)
    groups: dict[tuple[Period, int], list[Line]] = defaultdict(list)
    for overcredit in overcredits:
        lines, rest, own = groups[overcredit.period, overcredit.version], overcredit.fen, pots[overcredit.person]
        for pot in dict.fromkeys([own.for_year(overcredit.year), own.carried]):
            part = min(rest, balances[pot])
            if part:
                lines.append((pot, fund, part, overcredit.facts))
                balances[pot] -= part
                rest -= part
        if rest:
            lines.append((debts[overcredit.person], fund, rest, overcredit.facts))
    return [
        Batch(kind, on, period, version, lines, source_personal=True, target_personal=False)
        for (period, version), lines in sorted(groups.items())
    ]


def _locked_balances(region: str, person_ids: list[int]) -> dict[int, int]:
    with connection.cursor() as cursor:
        cursor.execute(
            # In the order of accounts.ledger.posting.lock_pots.
            """SELECT id, balance_fen FROM accounts_pot WHERE region = %s AND person_id = ANY(%s)
               ORDER BY kind <> %s, id FOR UPDATE""",
            [region, person_ids, PotKind.CURRENT],
        )
        return dict(cursor.fetchall())
