"""What stands between us and a region's tax office at the end of a day: orders by state, batches, and what is owed."""

from datetime import date
from typing import NamedTuple

from accounts.codes import PotKind
from payments.premiums.codes import ClaimState, OrderState
from payments.premiums.tax_office.files import sm3
from payments.premiums.tax_office.models import TaxBatch
from payments.reconciliation.books import MOVEMENTS, rows_of


class StateSums(NamedTuple):
    """Orders of people insured in the region, by the state they were in at the end of the day. Fen."""

    state: OrderState
    orders: int
    sum_fen: int


class ClaimSums(NamedTuple):
    """Claims of pay-then-refund that were made by the end of the day, by the state they are in now. Fen."""

    state: ClaimState
    claims: int
    sum_fen: int


class Batch(NamedTuple):
    """A batch that is not answered in full, or was made on the day: what the tax office said of its orders. Fen.

    One that was given back afterwards is confirmed here: its refund stands in a batch of its own.
    """

    no: str
    rows: int
    sum_fen: int
    confirmed: int
    returned: int
    waiting: int
    refunds: int
    refunds_waiting: int


class OwedTo(NamedTuple):
    """What this region's accounts have paid for people insured in a region, and its tax office gets. Fen.

    `owed_fen` is all that is held for it; `to_pay_fen` what of it was handed over, `paid_fen` what the treasury paid.
    """

    region: str
    owed_fen: int
    to_pay_fen: int
    paid_fen: int


def by_state(region: str, day: date) -> list[StateSums]:
    """Return the orders of a region by their state at the end of the day."""
    rows = {row["state"]: row for row in rows_of(_BY_STATE, region, day)}
    return [StateSums(state, rows[state]["orders"], rows[state]["sum_fen"]) for state in OrderState if state in rows]


def claims_by_state(region: str, day: date) -> list[ClaimSums]:
    """Return the claims of people insured in a region by their state."""
    rows = {row["state"]: row for row in rows_of(_CLAIMS_BY_STATE, region, day)}
    return [ClaimSums(state, rows[state]["claims"], rows[state]["sum_fen"]) for state in ClaimState if state in rows]


def batches(region: str, day: date) -> list[Batch]:
    """Return the batches of a region that somebody still has to look at."""
    return [Batch(**row) for row in rows_of(_BATCHES, region, day)]


def owed_by_region(region: str, day: date) -> list[OwedTo]:
    """Return what the region's accounts owe to the tax office of each region; under "" what no order or claim is behind."""
    return [OwedTo(**row) for row in rows_of(_OWED_BY_REGION, region, day, pot=PotKind.PREMIUMS)]


def damaged_batches(region: str, day: date) -> list[dict[str, object]]:
    """Return the batches made on the day whose content is not what was handed over."""
    made = TaxBatch.objects.filter(region=region, made_at__date=day)
    return [{"batch": batch.no} for batch in made.iterator(chunk_size=1) if not _is_whole(batch)]


def _is_whole(batch: TaxBatch) -> bool:
    body, _, _ = batch.file.content.rstrip("\r\n").rpartition("\n")
    return sm3(f"{body}\n".encode()) == batch.digest


# Events are written in order; the last one not after the day says how an order stood at its end.
_STATES = """
    SELECT o.id, o.region, o.amount_fen, e.state FROM payments_premiumorder o
    JOIN LATERAL (
        SELECT state FROM payments_premiumorderevent e
        WHERE e.order_id = o.id AND (e.at AT TIME ZONE 'Asia/Shanghai')::date <= %(day)s ORDER BY e.id DESC LIMIT 1
    ) e ON TRUE
"""

_BY_STATE = f"""
    SELECT state, count(*) AS orders, sum(amount_fen)::bigint AS sum_fen FROM ({_STATES}) o
    WHERE region = %(region)s GROUP BY state
"""

_CLAIMS_BY_STATE = """
    SELECT state, count(*) AS claims, sum(amount_fen)::bigint AS sum_fen FROM payments_refundclaim
    WHERE region = %(region)s AND (created_at AT TIME ZONE 'Asia/Shanghai')::date <= %(day)s GROUP BY state
"""

_BATCHES = """
    SELECT b.no, b.rows, b.sum_fen, coalesce(o.confirmed, 0) AS confirmed, coalesce(o.returned, 0) AS returned,
           coalesce(o.waiting, 0) AS waiting, b.refund_rows AS refunds, coalesce(r.waiting, 0) AS refunds_waiting
    FROM payments_taxbatch b
    LEFT JOIN LATERAL (
        SELECT count(*) FILTER (WHERE state IN ('confirmed', 'refunded')) AS confirmed,
               count(*) FILTER (WHERE state = 'rejected') AS returned,
               count(*) FILTER (WHERE state IN ('handed_over', 'unknown')) AS waiting
        FROM payments_premiumorder WHERE batch_id = b.id) o ON TRUE
    LEFT JOIN LATERAL (
        SELECT count(*) FILTER (WHERE result = '') AS waiting FROM payments_taxrefund WHERE batch_id = b.id) r ON TRUE
    WHERE b.region = %(region)s AND (b.made_at AT TIME ZONE 'Asia/Shanghai')::date <= %(day)s
      AND ((b.made_at AT TIME ZONE 'Asia/Shanghai')::date = %(day)s OR o.waiting > 0 OR r.waiting > 0)
    ORDER BY b.no
"""

# Each voucher of a premium, with where the money goes; and those by which the treasury has paid.
PREMIUM_VOUCHERS = """
    SELECT l.voucher_id AS voucher, coalesce(o.region, c.region) AS region, b.made_at, FALSE AS is_payment
    FROM payments_premiumvoucher l LEFT JOIN payments_premiumorder o ON o.id = l.order_id
    LEFT JOIN payments_refundclaim c ON c.id = l.claim_id LEFT JOIN payments_taxbatch b ON b.id = o.batch_id
    UNION ALL
    SELECT voucher_id, insured_region, at, TRUE FROM payments_taxpayment
"""

_OWED_BY_REGION = f"""
    SELECT coalesce(paid.region, '') AS region, sum(fen)::bigint AS owed_fen,
           coalesce(sum(fen) FILTER (WHERE (made_at AT TIME ZONE 'Asia/Shanghai')::date <= %(day)s), 0)::bigint
               AS to_pay_fen,
           coalesce(-sum(fen) FILTER (WHERE is_payment), 0)::bigint AS paid_fen
    FROM ({MOVEMENTS}) movement LEFT JOIN ({PREMIUM_VOUCHERS}) paid ON paid.voucher = movement.origin
    GROUP BY paid.region HAVING sum(fen) <> 0 OR bool_or(is_payment) ORDER BY paid.region NULLS FIRST
"""

CHECKS: dict[str, str] = {
    "代缴待解缴的记账没有代缴单": f"""
        SELECT origin AS voucher, sum(fen) AS books_fen
        FROM ({MOVEMENTS.replace("%(pot)s", f"'{PotKind.PREMIUMS}'")}) movement
        WHERE NOT EXISTS (SELECT 1 FROM ({PREMIUM_VOUCHERS}) paid WHERE paid.voucher = movement.origin)
        GROUP BY origin
    """,
    "代缴单的状态与付出的钱不符": f"""
        SELECT o.id AS premium_order, o.state, o.amount_fen, coalesce(sum(t.fen), 0) AS books_fen
        FROM ({_STATES}) o LEFT JOIN payments_premiumvoucher l ON l.order_id = o.id
        LEFT JOIN LATERAL (
            SELECT CASE WHEN v.reverses_id IS NULL THEN t.amount_fen ELSE -t.amount_fen END AS fen
            FROM accounts_voucher v JOIN accounts_transfer t ON t.voucher_id = v.id
            WHERE (v.id = l.voucher_id OR v.reverses_id = l.voucher_id) AND v.occurred_on <= %(day)s) t ON TRUE
        WHERE o.region = %(region)s GROUP BY o.id, o.state, o.amount_fen
        HAVING coalesce(sum(t.fen), 0) <> CASE WHEN o.state IN ('debited', 'handed_over', 'confirmed', 'unknown')
                                               THEN o.amount_fen ELSE 0 END
    """,
    "交税务批次与批次里的代缴单不符": """
        SELECT b.no AS batch, b.rows, count(o.id) AS orders, b.sum_fen, coalesce(sum(o.amount_fen), 0) AS orders_fen
        FROM payments_taxbatch b LEFT JOIN payments_premiumorder o ON o.batch_id = b.id
        WHERE b.region = %(region)s AND (b.made_at AT TIME ZONE 'Asia/Shanghai')::date <= %(day)s
        GROUP BY b.id HAVING (b.rows, b.sum_fen) <> (count(o.id), coalesce(sum(o.amount_fen), 0))
    """,
    "交税务批次与批次里的退费不符": """
        SELECT b.no AS batch, b.refund_rows, count(r.id) AS refunds, b.refund_fen, coalesce(sum(o.amount_fen), 0) AS fen
        FROM payments_taxbatch b LEFT JOIN payments_taxrefund r ON r.batch_id = b.id
        LEFT JOIN payments_premiumorder o ON o.id = r.order_id
        WHERE b.region = %(region)s AND (b.made_at AT TIME ZONE 'Asia/Shanghai')::date <= %(day)s
        GROUP BY b.id HAVING (b.refund_rows, b.refund_fen) <> (count(r.id), coalesce(sum(o.amount_fen), 0))
    """,
    "税务不同意的退费，钱已经退给账户": """
        SELECT r.order_id AS premium_order, r.reason FROM payments_taxrefund r
        JOIN payments_premiumorder o ON o.id = r.order_id
        WHERE o.region = %(region)s AND r.result = 'rejected' AND r.decided_on <= %(day)s AND o.state = 'refunded'
    """,
    "已交税务的代缴单不在任何批次里": """
        SELECT id AS premium_order, state FROM payments_premiumorder
        WHERE region = %(region)s AND batch_id IS NULL AND state IN ('handed_over', 'unknown', 'confirmed', 'rejected')
          AND (handed_over_at AT TIME ZONE 'Asia/Shanghai')::date <= %(day)s
    """,
    "税务的答复登记了，还没有办": """
        SELECT o.id AS premium_order, o.state, a.result, a.trouble FROM payments_taxanswer a
        JOIN payments_premiumorder o ON o.id = a.order_id
        WHERE o.region = %(region)s AND (a.at AT TIME ZONE 'Asia/Shanghai')::date <= %(day)s AND a.done_at IS NULL
    """,
    "税务的答复与代缴单的状态不符": """
        SELECT o.id AS premium_order, o.state, a.result FROM payments_taxanswer a
        JOIN payments_premiumorder o ON o.id = a.order_id
        WHERE o.region = %(region)s AND (a.done_at AT TIME ZONE 'Asia/Shanghai')::date <= %(day)s
          AND o.state <> ALL (CASE a.result WHEN 'confirmed' THEN ARRAY['confirmed', 'refunded'] ELSE ARRAY['rejected'] END)
    """,
}
