"""What a region's books say of a day. Read only; every amount is fen.

A day is the day things belong to (Voucher.occurred_on), as statements and institutions' own lists have it. What is
recorded later belongs to that day all the same, and is counted beside: a day that is reported again says so.
"""

from datetime import date
from typing import Any, NamedTuple

from django.db import connection

from accounts.codes import USE_KINDS, PotKind, VoucherKind


class KindSums(NamedTuple):
    """What happened of one kind: into people's pots, out of them, between them, and what was reversed of it.

    What the treasury pays a tax office (解缴) is spent too, though it leaves a pot of the region's own.
    """

    kind: VoucherKind
    vouchers: int
    credited_fen: int
    spent_fen: int
    moved_fen: int
    refunded_fen: int
    recorded_later: int


class Owed(NamedTuple):
    """What an institution was paid with and gave back on the day, and is owed at its end."""

    code: str
    name: str
    spent_fen: int
    refunded_fen: int
    owed_fen: int


class Shared(NamedTuple):
    """How much of one person's money relatives used on the day, and what came back of it."""

    person: int
    used_fen: int
    refunded_fen: int


def by_kind(region: str, day: date) -> list[KindSums]:
    """Return the sums of each kind of voucher of the day; a reversal counts with the kind it reverses."""
    rows = rows_of(_BY_KIND, region, day)
    sums = {row["kind"]: KindSums(VoucherKind(row.pop("kind")), **row) for row in rows}
    return [sums[kind] for kind in VoucherKind if kind in sums]


def owed_by_institution(region: str, day: date) -> list[Owed]:
    """Return what institutions are owed; those without a bill behind their money under an empty code."""
    return [Owed(**row) for row in rows_of(_OWED_BY_INSTITUTION, region, day)]


def held_for(kind: PotKind, region: str, day: date) -> int:
    """Return the fen that the books hold in one of the region's own pots at the end of the day."""
    (row,) = rows_of(_HELD, region, day, pot=kind)
    return row["fen"]


def shared_by_payer(region: str, day: date) -> list[Shared]:
    """Return whose money relatives used on the day: an account's or a pool's, as each owner's."""
    return [Shared(**row) for row in rows_of(_SHARED, region, day)]


def rows_of(sql: str, region: str, day: date, **more: Any) -> list[dict[str, Any]]:
    """Return the rows of a query about a region and day, each as column → value."""
    about = {"region": region, "day": day, "uses": list(USE_KINDS), **more}
    with connection.cursor() as cursor:
        cursor.execute(sql, about)
        columns = [column.name for column in cursor.description or ()]
        return [dict(zip(columns, row, strict=True)) for row in cursor.fetchall()]


_BY_KIND = """
    SELECT kind, count(DISTINCT voucher) FILTER (WHERE NOT is_reversal) AS vouchers,
           coalesce(sum(fen) FILTER (WHERE NOT is_reversal AND NOT from_person AND to_person), 0)::bigint AS credited_fen,
           coalesce(sum(fen) FILTER (WHERE NOT is_reversal AND NOT to_person AND (from_person OR kind = 'remittance')),
                    0)::bigint AS spent_fen,
           coalesce(sum(fen) FILTER (WHERE NOT is_reversal AND from_person AND to_person), 0)::bigint AS moved_fen,
           coalesce(sum(fen) FILTER (WHERE is_reversal), 0)::bigint AS refunded_fen,
           count(DISTINCT voucher) FILTER (WHERE is_later) AS recorded_later
    FROM (
        SELECT v.id AS voucher, coalesce(o.kind, v.kind) AS kind, o.id IS NOT NULL AS is_reversal, t.amount_fen AS fen,
               t.source_balance_fen IS NOT NULL AS from_person, t.target_balance_fen IS NOT NULL AS to_person,
               (v.recorded_at AT TIME ZONE 'Asia/Shanghai')::date > v.occurred_on AS is_later
        FROM accounts_voucher v JOIN accounts_transfer t ON t.voucher_id = v.id
        LEFT JOIN accounts_voucher o ON o.id = v.reverses_id
        WHERE v.region = %(region)s AND v.occurred_on = %(day)s) leg
    GROUP BY kind
"""

# Every movement of one of the region's own pots up to the day: what it changed, and the voucher that began it.
MOVEMENTS = """
    SELECT v.id AS voucher, coalesce(v.reverses_id, v.id) AS origin, v.occurred_on AS "on",
           CASE WHEN t.target_id = p.id THEN t.amount_fen ELSE -t.amount_fen END AS fen
    FROM accounts_pot p JOIN accounts_transfer t ON p.id IN (t.target_id, t.source_id)
    JOIN accounts_voucher v ON v.id = t.voucher_id
    WHERE p.person_id IS NULL AND p.region = %(region)s AND p.kind = %(pot)s AND v.occurred_on <= %(day)s
"""

_HELD = f"SELECT coalesce(sum(fen), 0)::bigint AS fen FROM ({MOVEMENTS}) movement"

# Each voucher of a bill: its own, and those of other regions that paid a share.
BILL_VOUCHERS = """
    SELECT id AS bill, voucher_id AS voucher, institution_id AS institution FROM payments_bill
    WHERE voucher_id IS NOT NULL
    UNION ALL
    SELECT b.id, s.voucher_id, b.institution_id FROM payments_billshare s JOIN payments_bill b ON b.id = s.bill_id
"""

_OWED_BY_INSTITUTION = f"""
    SELECT coalesce(i.code, '') AS code, coalesce(i.name, '') AS name,
           coalesce(sum(fen) FILTER (WHERE "on" = %(day)s AND fen > 0), 0)::bigint AS spent_fen,
           coalesce(-sum(fen) FILTER (WHERE "on" = %(day)s AND fen < 0), 0)::bigint AS refunded_fen,
           sum(fen)::bigint AS owed_fen
    FROM ({MOVEMENTS.replace("%(pot)s", f"'{PotKind.INSTITUTIONS}'")}) movement
    LEFT JOIN ({BILL_VOUCHERS}) paid ON paid.voucher = movement.origin
    LEFT JOIN payments_institution i ON i.id = paid.institution
    GROUP BY i.code, i.name HAVING bool_or("on" = %(day)s) OR sum(fen) <> 0 ORDER BY i.code NULLS FIRST
"""

_SHARED = """
    SELECT person, coalesce(sum(fen) FILTER (WHERE fen > 0), 0)::bigint AS used_fen,
           coalesce(-sum(fen) FILTER (WHERE fen < 0), 0)::bigint AS refunded_fen
    FROM (
        SELECT p.person_id AS person, CASE WHEN t.source_id = p.id THEN t.amount_fen ELSE -t.amount_fen END AS fen
        FROM accounts_voucher v JOIN accounts_transfer t ON t.voucher_id = v.id
        LEFT JOIN accounts_voucher o ON o.id = v.reverses_id
        JOIN accounts_pot p ON p.id IN (t.source_id, t.target_id) AND p.person_id IS NOT NULL
        WHERE v.region = %(region)s AND v.occurred_on = %(day)s AND coalesce(o.kind, v.kind) = ANY(%(uses)s)
          AND p.person_id <> v.subject_id) leg
    GROUP BY person ORDER BY person
"""
