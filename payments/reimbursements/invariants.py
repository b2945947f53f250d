"""What must hold of reimbursements, added to `verify_ledger`: one query each that finds offending rows."""

INVARIANTS: dict[str, str] = {
    "手工报销付出的钱与凭证相等，收回的都已冲正": """
        SELECT r.id AS reimbursement, r.state, r.account_fen, coalesce(sum(t.fen), 0) AS books_fen
        FROM payments_reimbursement r LEFT JOIN LATERAL (
            SELECT CASE WHEN v.reverses_id IS NULL THEN t.amount_fen ELSE -t.amount_fen END AS fen
            FROM accounts_voucher v JOIN accounts_transfer t ON t.voucher_id = v.id
            WHERE v.id = r.voucher_id OR v.reverses_id = r.voucher_id) t ON TRUE
        GROUP BY r.id HAVING coalesce(sum(t.fen), 0) <> CASE r.state WHEN 'paid' THEN r.account_fen ELSE 0 END
    """,
    "手工报销的金额等于发票合计，发票与报销一起有效": """
        SELECT r.id AS reimbursement, r.state, r.amount_fen, coalesce(sum(i.amount_fen), 0) AS invoices_fen
        FROM payments_reimbursement r LEFT JOIN payments_reimbursedinvoice i
          ON i.reimbursement_id = r.id AND i.counts = (r.state = 'paid') AND i.issuer_code = r.issuer_code
        GROUP BY r.id HAVING coalesce(sum(i.amount_fen), 0) <> r.amount_fen
    """,
}
