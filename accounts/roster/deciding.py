"""Months of a file that are not plainly new: each is decided payment by payment, a slice of them at a time."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from datetime import date
from itertools import groupby
from typing import NamedTuple

from django.db import connection

from accounts.codes import FactChangeKind, HeldReason, PaymentType
from accounts.roster.contributions_sql import execute
from accounts.roster.payments import PaidMonth, Payment
from accounts.roster.problems import Problems

_SLICE = 20_000

_ROWS = """
    WITH months AS (SELECT * FROM contributions_special ORDER BY region, month, person_id LIMIT %s OFFSET %s)
    SELECT region, month, person_id, NULL AS row, '' AS shown, k.id, k.base_fen, k.received_on, k.clct_type, k.payer,
           k.paid_fen, k.counts, c.kind
    FROM months JOIN accounts_contribution k USING (region, month, person_id)
    LEFT JOIN accounts_factchange c ON c.id = k.changed_by_id
    WHERE c.kind IS DISTINCT FROM %s
    UNION ALL
    SELECT months.region, months.month, months.person_id, f.row, s.shown, NULL, f.base_fen, f.received_on, f.clct_type,
           f.payer, f.paid_fen, false, NULL
    FROM months JOIN contributions_found f USING (region, month, person_id) JOIN contributions_staged s USING (row)
    ORDER BY region, month, person_id, row NULLS FIRST, id
"""


class _Found(NamedTuple):
    region: str
    month: date
    person: int
    row: int | None
    shown: str
    id: int | None
    base_fen: int
    received_on: date
    clct_type: int
    payer: str
    paid_fen: int | None
    counts: bool
    change: str | None

    def payment(self) -> Payment:
        return Payment(
            base_fen=self.base_fen,
            received_on=self.received_on,
            clct_type=PaymentType(self.clct_type),
            payer=self.payer,
            paid_fen=self.paid_fen,
            id=self.id,
            row=self.row or 0,
            counts=self.counts,
            change=FactChangeKind(self.change) if self.change else None,
        )


@dataclass(slots=True)
class Decided:
    """How many rows count, wait to be refunded, are refunds, correct kept ones; and the kinds of change they make."""

    counting: int = 0
    second_payers: int = 0
    refunds: int = 0
    corrected: int = 0
    kinds: set[FactChangeKind] = field(default_factory=set)

    def note(self, payment: Payment) -> None:
        if payment.change:
            self.kinds.add(payment.change)
        if payment.is_new:
            self.counting += payment.counts
            self.second_payers += payment.waits
            self.refunds += payment.clct_type == PaymentType.REFUND
        else:
            self.corrected += payment.change == FactChangeKind.CORRECTED


def decide(problems: Problems, believed: Collection[int]) -> Decided:
    """Fill contributions_decided and contributions_changed; note the rows that contradict what is kept.

    `believed` are rows that a person has found right: what they contradict is corrected.
    """
    execute("TRUNCATE contributions_decided, contributions_changed")
    decided = Decided()
    for offset in range(0, _count_months(), _SLICE):
        new: list[tuple] = []
        changed: list[tuple] = []
        for (region, month, person), group in groupby(_slice(offset), key=lambda row: row[:3]):
            for payment in _decided(list(group), problems, believed):
                decided.note(payment)
                if payment.is_new:
                    new.append((payment.row, person, region, month, *_columns(payment)))
                else:
                    changed.append((payment.id, payment.counts, str(payment.change)))
        _copy("contributions_decided", new)
        _copy("contributions_changed", changed)
    return decided


def _decided(found: list[_Found], problems: Problems, believed: Collection[int]) -> Iterator[Payment]:
    """Yield the payments of one month that are new or that something has become of."""
    kept = [row.payment() for row in found if row.id is not None]
    before = [(payment.counts, payment.change) for payment in kept]
    month = PaidMonth(kept)
    for row in found:
        if row.row is None:
            continue
        fault = month.take(row.payment(), is_believed=row.row in believed)
        if fault:
            reason = fault.reason.format(month=f" {row.month:%Y-%m} ")
            problems.add_masked(
                row.row, fault.column, row.shown, reason, HeldReason.CONTRADICTS_KNOWN, decidable=fault.decidable
            )
    for payment, was in zip(kept, before, strict=True):
        if (payment.counts, payment.change) != was:
            yield payment
    yield from (payment for payment in month.payments if payment.is_new)


def _columns(payment: Payment) -> tuple:
    return (
        payment.base_fen,
        payment.received_on,
        int(payment.clct_type),
        payment.payer,
        payment.paid_fen,
        payment.counts,
        str(payment.change) if payment.change else None,
    )


def _count_months() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM contributions_special")
        return cursor.fetchone()[0]


def _slice(offset: int) -> list[_Found]:
    with connection.cursor() as cursor:
        cursor.execute(_ROWS, [_SLICE, offset, FactChangeKind.WITHDRAWN])
        return list(map(_Found._make, cursor.fetchall()))


def _copy(table: str, rows: list[tuple]) -> None:
    with connection.cursor() as cursor, cursor.copy(f"COPY {table} FROM STDIN") as copy:
        for row in rows:
            copy.write_row(row)
