"""Where the books of a region and what is kept beside them disagree: one query each that finds offending rows."""

from collections.abc import Iterator
from datetime import date
from typing import Any, NamedTuple

from accounts.codes import PotKind
from payments.reconciliation import tax
from payments.reconciliation.books import BILL_VOUCHERS, MOVEMENTS, rows_of

SHOWN = 20


class Difference(NamedTuple):
    """What should agree and does not, and the first rows that show it (amounts in fen, people by id)."""

    name: str
    rows: list[dict[str, Any]]


_OF_INSTITUTIONS = MOVEMENTS.replace("%(pot)s", f"'{PotKind.INSTITUTIONS}'")

CHECKS: dict[str, str] = {
    "统筹区科目与个人账户合计不相抵": """
        SELECT people.fen AS people_fen, books.fen AS books_fen FROM (
            SELECT coalesce(sum(balance_fen), 0) AS fen FROM accounts_pot
            WHERE region = %(region)s AND person_id IS NOT NULL) people,
        (   SELECT coalesce(sum(CASE WHEN source_balance_fen IS NULL THEN amount_fen ELSE 0 END
                              - CASE WHEN target_balance_fen IS NULL THEN amount_fen ELSE 0 END), 0) AS fen
            FROM accounts_transfer WHERE region = %(region)s) books
        WHERE people.fen <> books.fen
    """,
    "待付定点机构的记账没有结算单": f"""
        SELECT origin AS voucher, sum(fen) AS books_fen FROM ({_OF_INSTITUTIONS}) movement
        WHERE NOT EXISTS (SELECT 1 FROM ({BILL_VOUCHERS}) paid WHERE paid.voucher = movement.origin)
        GROUP BY origin
    """,
    "结算单的账户支付与记账不等": f"""
        SELECT b.id AS bill, b.account_fen AS bill_fen, coalesce(sum(t.amount_fen), 0) AS books_fen
        FROM payments_bill b LEFT JOIN ({BILL_VOUCHERS}) paid ON paid.bill = b.id
        LEFT JOIN accounts_transfer t ON t.voucher_id = paid.voucher
        WHERE b."on" <= %(day)s AND (b.region = %(region)s OR b.id IN (  -- all of it, also what other regions paid
            SELECT share.bill FROM ({BILL_VOUCHERS}) share
            JOIN accounts_voucher v ON v.id = share.voucher WHERE v.region = %(region)s))
        GROUP BY b.id, b.account_fen HAVING b.account_fen <> coalesce(sum(t.amount_fen), 0)
    """,
    "退给账户的钱比付出的多": """
        SELECT o.id AS voucher, o.fen AS books_fen, sum(t.amount_fen) AS refunded_fen FROM (
            SELECT v.id, sum(t.amount_fen) AS fen FROM accounts_voucher v
            JOIN accounts_transfer t ON t.voucher_id = v.id
            WHERE v.region = %(region)s AND v.kind = ANY(%(uses)s) GROUP BY v.id) o
        JOIN accounts_voucher r ON r.reverses_id = o.id AND r.occurred_on <= %(day)s
        JOIN accounts_transfer t ON t.voucher_id = r.id
        GROUP BY o.id, o.fen HAVING sum(t.amount_fen) > o.fen
    """,
    "共济使用的登记与记账不等": """
        SELECT v.id AS voucher, p.person_id AS person, sum(t.amount_fen) AS books_fen,
               coalesce(max(d.fen), 0) AS draws_fen
        FROM accounts_voucher v JOIN accounts_transfer t ON t.voucher_id = v.id
        JOIN accounts_pot p ON p.id = t.source_id AND p.person_id <> v.subject_id
        LEFT JOIN (SELECT d.voucher_id, b.payer_id, sum(d.amount_fen) AS fen FROM family_draw d
                   JOIN family_bond b ON b.id = d.bond_id GROUP BY d.voucher_id, b.payer_id) d
          ON (d.voucher_id, d.payer_id) = (v.id, p.person_id)
        WHERE v.region = %(region)s AND v.occurred_on <= %(day)s AND v.kind = ANY(%(uses)s)
        GROUP BY v.id, p.person_id HAVING sum(t.amount_fen) <> coalesce(max(d.fen), 0)
    """,
}


def differences(region: str, day: date) -> Iterator[Difference]:
    """Yield what does not agree at the end of the day, by name."""
    for name, sql in (CHECKS | tax.CHECKS).items():
        if rows := rows_of(f"SELECT * FROM ({sql}) found LIMIT {SHOWN}", region, day):
            yield Difference(name, rows)
    if damaged := tax.damaged_batches(region, day):
        yield Difference("交税务批次的内容与交出去时不同", damaged)
