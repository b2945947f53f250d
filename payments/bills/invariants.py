"""What must hold of bills, added to `verify_ledger`: one query each that finds offending rows."""

_BACK = """
    SELECT reverses_id AS bill, sum(amount_fen) AS amount_fen, sum(account_fen) AS account_fen
    FROM payments_bill WHERE reverses_id IS NOT NULL GROUP BY reverses_id
"""

INVARIANTS: dict[str, str] = {
    "退回的不超过结算单，退回账户的不超过账户付的": f"""
        SELECT b.id AS bill, b.amount_fen, r.amount_fen AS back_fen, b.account_fen, r.account_fen AS account_back_fen
        FROM payments_bill b JOIN ({_BACK}) r ON r.bill = b.id
        WHERE r.amount_fen > b.amount_fen OR r.account_fen > b.account_fen
    """,
    "冲正结算凭证的都有退单": """
        SELECT v.id AS voucher, v.reverses_id FROM accounts_voucher v
        WHERE (EXISTS (SELECT 1 FROM payments_bill b WHERE b.voucher_id = v.reverses_id)
               OR EXISTS (SELECT 1 FROM payments_billshare s WHERE s.voucher_id = v.reverses_id))
          AND NOT EXISTS (SELECT 1 FROM payments_bill b WHERE b.voucher_id = v.id AND b.reverses_id IS NOT NULL)
          AND NOT EXISTS (SELECT 1 FROM payments_billshare s WHERE s.voucher_id = v.id)
    """,
}
