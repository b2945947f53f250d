"""What was posted for a benefit year: net of all corrections, per person."""

from dataclasses import dataclass

from django.db import connection

from accounts.codes import CORRECTION_KINDS, VoucherKind
from accounts.models import Chunk, Run
from yibao.lib.periods import Period


@dataclass(frozen=True, slots=True)
class Posted:
    """What was posted to a person for the year so far: net fen, and how many corrections there were."""

    net_fen: int = 0
    corrections: int = 0
    any: bool = False


def posted_for(run: Run, chunk: Chunk) -> dict[int, Posted]:
    """Return person id → what was posted for the year, before this chunk."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT p.person_id,
                   sum(CASE WHEN t.target_id = p.id THEN t.amount_fen ELSE -t.amount_fen END),
                   count(DISTINCT t.period) FILTER (WHERE t.period <> %(period)s)
            FROM accounts_transfer t
            JOIN accounts_voucher v ON v.id = t.voucher_id
            JOIN accounts_pot p ON p.id IN (t.source_id, t.target_id) AND p.person_id IS NOT NULL
            WHERE v.region = %(region)s AND v.kind = ANY(%(kinds)s)
              AND (v.period = %(period)s OR v.period LIKE %(corrections)s)
              AND p.person_id >= %(low)s AND p.person_id < %(high)s
            GROUP BY p.person_id
            """,
            {
                "region": run.region,
                "kinds": [VoucherKind.PRECREDIT, *CORRECTION_KINDS],
                "period": run.period,
                "corrections": Period.parse(run.period).corrections_like,
                "low": chunk.from_person,
                "high": chunk.until_person,
            },
        )
        return {person: Posted(int(net), corrections, True) for person, net, corrections in cursor.fetchall()}
