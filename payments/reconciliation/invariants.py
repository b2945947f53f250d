"""What must hold between bills and the books on every day and in every region, added to `verify_ledger`."""

from payments.reconciliation.books import BILL_VOUCHERS

INVARIANTS: dict[str, str] = {
    "结算单的账户支付与凭证相等，使用人是凭证的使用人": f"""
        SELECT b.id AS bill, b.account_fen AS bill_fen, coalesce(sum(t.amount_fen), 0) AS books_fen
        FROM payments_bill b LEFT JOIN ({BILL_VOUCHERS}) paid ON paid.bill = b.id
        LEFT JOIN accounts_voucher v ON v.id = paid.voucher LEFT JOIN accounts_transfer t ON t.voucher_id = v.id
        GROUP BY b.id
        HAVING b.account_fen <> coalesce(sum(t.amount_fen), 0) OR bool_or(v.subject_id IS DISTINCT FROM b.person_id
                                                                          AND v.id IS NOT NULL)
    """,
}
