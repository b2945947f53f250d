"""What must hold between the ledger and premiums, added to `verify_ledger`: one query each that finds offending rows."""

from payments.premiums.codes import ClaimState, OrderState

_PAID = ", ".join(f"'{state}'" for state in OrderState if state.is_paid)

# What of an order's vouchers has left the accounts and not come back (fen).
_OUT = """
    SELECT l.order_id, l.claim_id, sum(CASE WHEN v.id = l.voucher_id THEN t.amount_fen ELSE -t.amount_fen END) AS fen
    FROM payments_premiumvoucher l
    JOIN accounts_voucher v ON v.id = l.voucher_id OR v.reverses_id = l.voucher_id
    JOIN accounts_transfer t ON t.voucher_id = v.id
    GROUP BY l.order_id, l.claim_id
"""

INVARIANTS: dict[str, str] = {
    "代缴单的状态与付出的钱一致": f"""
        SELECT o.id AS premium_order, o.state, o.amount_fen, coalesce(s.fen, 0) AS out_fen
        FROM payments_premiumorder o LEFT JOIN ({_OUT}) s ON s.order_id = o.id
        WHERE coalesce(s.fen, 0) <> CASE WHEN o.state IN ({_PAID}) THEN o.amount_fen ELSE 0 END
    """,
    "返还申请的状态与付出的钱一致": f"""
        SELECT c.id AS refund_claim, c.state, c.amount_fen, coalesce(s.fen, 0) AS out_fen
        FROM payments_refundclaim c LEFT JOIN ({_OUT}) s ON s.claim_id = c.id
        WHERE coalesce(s.fen, 0) <> CASE WHEN c.state = '{ClaimState.PAID}' THEN c.amount_fen ELSE 0 END
    """,
    "代缴的凭证都有代缴单或返还申请": """
        SELECT v.id AS voucher FROM accounts_voucher v WHERE v.kind = 'premium'
        AND NOT EXISTS (SELECT 1 FROM payments_premiumvoucher l WHERE l.voucher_id = v.id)
    """,
    "代缴单的最后一步是它的状态": """
        SELECT o.id AS premium_order, o.state, e.state AS last_step FROM payments_premiumorder o
        LEFT JOIN LATERAL (SELECT state FROM payments_premiumorderevent WHERE order_id = o.id ORDER BY id DESC LIMIT 1) e
          ON TRUE
        WHERE o.state IS DISTINCT FROM e.state
    """,
    "交税务批次与批次里的代缴单一致": """
        SELECT b.no AS batch, b.rows, count(o.id) AS orders, b.sum_fen, coalesce(sum(o.amount_fen), 0) AS orders_fen
        FROM payments_taxbatch b LEFT JOIN payments_premiumorder o ON o.batch_id = b.id
        GROUP BY b.id HAVING (b.rows, b.sum_fen) <> (count(o.id), coalesce(sum(o.amount_fen), 0))
    """,
    "交过税务的代缴单都在批次里": """
        SELECT id AS premium_order, state FROM payments_premiumorder
        WHERE batch_id IS NULL AND state IN ('handed_over', 'unknown', 'confirmed', 'rejected')
    """,
    "税务确认过的代缴单都有税务的答复": """
        SELECT o.id AS premium_order, o.receipt_no FROM payments_premiumorder o
        WHERE o.state = 'confirmed' AND NOT EXISTS (
            SELECT 1 FROM payments_taxanswer a
            WHERE a.order_id = o.id AND (a.result, a.receipt_no) = ('confirmed', o.receipt_no))
    """,
    "办过的税务答复与代缴单的状态一致": """
        SELECT o.id AS premium_order, o.state, a.result FROM payments_taxanswer a
        JOIN payments_premiumorder o ON o.id = a.order_id
        WHERE a.done_at IS NOT NULL
          AND o.state <> ALL (CASE a.result WHEN 'confirmed' THEN ARRAY['confirmed', 'refunded'] ELSE ARRAY['rejected'] END)
    """,
}
