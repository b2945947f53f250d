"""Opening balances (期初): what pots held in the old system, posted once per pot for ever, for everybody at once."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from django.db import connection

from accounts.codes import PotKind, VoucherKind
from accounts.identity.actors import Act
from accounts.ledger import book_years
from accounts.ledger.errors import ControlTotalsError, PostingError
from accounts.ledger.pots import system_pot
from yibao.lib import clock
from yibao.lib.periods import Period

# In the order in which everybody locks pots (locking.lock_pots).
_LOCK = """
    SELECT id FROM accounts_pot WHERE id = ANY(%(pots)s::bigint[])
    ORDER BY kind <> %(current)s, id FOR NO KEY UPDATE
"""
_POST = """
    WITH amounts AS (
        SELECT * FROM unnest(%(pots)s::bigint[], %(fen)s::bigint[]) AS a (pot, fen)
    ), opened AS (
        INSERT INTO accounts_voucher (kind, region, occurred_on, period, actor, reason, place_kind, place, key,
                                      payload_hash, recorded_at)
        SELECT %(kind)s, %(region)s, %(on)s, %(period)s, %(actor)s, '', '', '', 'opening:' || pot, '', %(now)s
        FROM amounts ORDER BY pot
        RETURNING id, key
    ), moved AS (
        UPDATE accounts_pot p
        SET balance_fen = p.balance_fen + a.fen, year = CASE WHEN p.kind = %(current)s THEN %(year)s::smallint END
        FROM amounts a
        WHERE p.id = a.pot AND p.person_id IS NOT NULL AND p.region = %(region)s
          AND (p.kind <> %(current)s OR p.year <= %(year)s)
        RETURNING p.id, p.balance_fen
    )
    INSERT INTO accounts_transfer (voucher_id, source_id, target_id, amount_fen, target_balance_fen, kind, period, region)
    SELECT o.id, %(source)s, m.id, a.fen, m.balance_fen, %(kind)s, %(period)s, %(region)s
    FROM amounts a JOIN moved m ON m.id = a.pot JOIN opened o ON o.key = 'opening:' || a.pot
    ORDER BY o.id
"""


def post_openings(*, act: Act, region: str, on: date, amounts: Mapping[int, int]) -> None:
    """Post one voucher per pot (pot id → fen, all positive), dated `on`; in the caller's transaction.

    Balances with which a benefit year ends are what the next one begins with: nothing is booked in the year itself.
    Raises PostingError when the year is closed, ControlTotalsError when a pot is not one of the region's or is in a
    later year already, IntegrityError for a pot that has its opening.
    """
    year = book_years.year_of(region, on)
    if book_years.year_of(region, on + timedelta(days=1)) == year and book_years.lock_open(region, year) != year:
        raise PostingError(f"统筹区 {region} 的 {year} 年度已经结账，不能再记期初")
    parameters: dict[str, Any] = {
        "pots": list(amounts),
        "fen": list(amounts.values()),
        "kind": VoucherKind.OPENING,
        "current": PotKind.CURRENT,
        "region": region,
        "on": on,
        "period": str(Period(year)),
        "year": year,
        "actor": str(act.actor),
        "now": clock.now(),
        "source": system_pot(region, PotKind.OPENING),
    }
    with connection.cursor() as cursor:
        cursor.execute(_LOCK, parameters)
        cursor.execute(_POST, parameters)
        if cursor.rowcount != len(amounts):
            raise ControlTotalsError(f"应记 {len(amounts)} 笔期初，实际 {cursor.rowcount} 笔")
