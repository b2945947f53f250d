"""Bases that are hardly true: above what any real one reaches, or far from the last one of the same person."""

from datetime import date

from django.db import connection

from accounts.codes import HeldReason
from accounts.policies import registry
from accounts.roster.contributions_sql import COUNTING, WAITING, take_out
from accounts.roster.problems import Problems
from yibao.lib.fen import grouped, yuan
from yibao.lib.months import Month

BOUND_FEN = 10_000_000  # a month; assumed where a region's terms name none (base_bound)
TIMES = 3  # more than so many times, or less than that part of the last base, is asked about

# What is written for one month: the last base is that of the month before, else of the latest one kept.
_LAST_KEPT = """
    LEFT JOIN accounts_contribution near
        ON (near.region, near.month, near.person_id) = (f.region, f.before, f.person_id) AND near.counts
    LEFT JOIN LATERAL (
        SELECT near.month, near.base_fen WHERE near.id IS NOT NULL
        UNION ALL
        (SELECT c.month, c.base_fen FROM accounts_contribution c
         WHERE near.id IS NULL AND f.file_month IS DISTINCT FROM f.before
           AND c.person_id = f.person_id AND c.region = f.region AND c.month < f.month AND c.counts
         ORDER BY c.month DESC LIMIT 1)
    ) kept ON true
"""
_JUMPS_FROM_KEPT = f"""
    SELECT f.row, f.base_fen, kept.base_fen, kept.month, f.base_fen - kept.base_fen
    FROM (SELECT n.*, (month - interval '1 month')::date AS before, NULL::date AS file_month FROM ({{rows}}) n) f
    {_LAST_KEPT}
    WHERE f.base_fen > {TIMES} * kept.base_fen OR {TIMES} * f.base_fen < kept.base_fen ORDER BY f.row
"""
_JUMPS_OF_A_MONTH = _JUMPS_FROM_KEPT.format(rows=COUNTING)
_JUMPS_OF_WAITING = _JUMPS_FROM_KEPT.format(rows=WAITING)
# Of several months the one before may stand in the file itself. A jump raises the level, a jump down lowers it: what
# stands on another level than the last base kept rests on a jump that nobody has confirmed.
_JUMPS_OF_MONTHS = f"""
    WITH filed AS (
        SELECT n.*, lag(base_fen) OVER months AS file_fen, lag(month) OVER months AS file_month,
               (month - interval '1 month')::date AS before
        FROM ({COUNTING}) n WINDOW months AS (PARTITION BY person_id, region ORDER BY month)
    ), last AS (
        SELECT f.row, f.person_id, f.region, f.month, f.base_fen, of.is_kept,
               CASE WHEN of.is_kept THEN kept.base_fen ELSE f.file_fen END AS last_fen,
               CASE WHEN of.is_kept THEN kept.month ELSE f.file_month END AS last_month
        FROM filed f {_LAST_KEPT}
        CROSS JOIN LATERAL (SELECT f.file_month IS NULL OR coalesce(f.file_month < kept.month, false) AS is_kept) of
    ), stepped AS (
        SELECT l.*, count(*) FILTER (WHERE is_kept) OVER months AS stretch,
               CASE WHEN base_fen > {TIMES} * last_fen THEN 1 WHEN {TIMES} * base_fen < last_fen THEN -1 ELSE 0 END AS step
        FROM last l WINDOW months AS (PARTITION BY person_id, region ORDER BY month)
    )
    SELECT * FROM (
        SELECT row, base_fen, last_fen, last_month,
               sum(step) OVER (PARTITION BY person_id, region, stretch ORDER BY month) AS level
        FROM stepped
    ) judged WHERE level <> 0 ORDER BY row
"""


def find_implausible(problems: Problems, pairs: list[tuple[str, Month]]) -> None:
    """Note bases above the bound of their region and month, then those that jump; each is taken out when noted.

    So nobody's right base is measured by a wrong one. Amounts in fen; a 补差 counts with the whole base.
    """
    _find_above_bound(problems, pairs)
    if _some_kept():
        _find_jumps(problems, _JUMPS_OF_WAITING)
    regions = [region for region, _ in pairs]
    if len(set(regions)) < len(regions):
        _find_jumps(problems, _JUMPS_OF_MONTHS)
    elif _some_kept():
        _find_jumps(problems, _JUMPS_OF_A_MONTH)


def _find_above_bound(problems: Problems, pairs: list[tuple[str, Month]]) -> None:
    bounds = [(region, month.first, _bound(region, month.first)) for region, month in pairs]
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            SELECT n.row, n.base_fen, b.bound FROM ({COUNTING} UNION ALL {WAITING}) n
            JOIN unnest(%s::text[], %s::date[], %s::bigint[]) AS b (region, month, bound) USING (region, month)
            WHERE n.base_fen > %s AND n.base_fen > b.bound ORDER BY n.row
            """,
            [*(list(column) for column in zip(*bounds, strict=True)), min(bound for _, _, bound in bounds)],
        )
        for row, base, bound in cursor.fetchall():
            reason = f"基数超过可信的上限（每月 {grouped(bound)} 元），可能把分写成了元；核实无误请确认"
            problems.add_masked(row, "base", yuan(base), reason, HeldReason.BASE_ABOVE_BOUND)
    take_out(problems.rows)


def _bound(region: str, day: date) -> int:
    terms = registry.credit_or_none(region, day)
    return (terms and terms.base_bound_fen) or BOUND_FEN


def _some_kept() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT EXISTS (SELECT 1 FROM accounts_contribution)")
        return bool(cursor.fetchone()[0])


def _find_jumps(problems: Problems, query: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(query)
        for row, base, last, month, level in cursor.fetchall():
            far = f"超过上次的{TIMES}倍" if level > 0 else f"不到上次的{TIMES}分之一"
            reason = f"基数{far}（{month:%Y-%m} 为 {grouped(last)} 元）；核实无误请确认"
            problems.add_masked(row, "base", yuan(base), reason, HeldReason.BASE_JUMP)
    take_out(problems.rows)
