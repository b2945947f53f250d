"""What the tax office answers about refunds it was told of (退费): written down once; what contradicts is laid aside."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date
from typing import Protocol

from accounts.codes import HeldReason
from accounts.roster.files import File
from payments.premiums.codes import AnswerResult, OrderState
from payments.premiums.models import TaxRefund
from payments.premiums.tax_office.cells import contradicted
from yibao.lib.clock import SHANGHAI
from yibao.lib.fen import grouped

Key = tuple[str, str]  # the numbers of the batch and of the order


class Row(Protocol):
    """An answer of the file, as `answers.Row`. Fen."""

    @property
    def number(self) -> int: ...
    @property
    def batch_no(self) -> str: ...
    @property
    def order_no(self) -> str: ...
    @property
    def result(self) -> AnswerResult: ...
    @property
    def amount_fen(self) -> int: ...
    @property
    def receipt_no(self) -> str: ...
    @property
    def decided_on(self) -> date: ...
    @property
    def reason(self) -> str: ...


def key(row: Row) -> Key:
    return row.batch_no, row.order_no


def told_of(rows: Collection[Row]) -> dict[Key, TaxRefund]:
    """Return the refunds that these rows answer: an order is refunded in another batch than it was paid in."""
    found = TaxRefund.objects.filter(order__no__in={row.order_no for row in rows}).exclude(batch=None)
    return {(one.batch.no, one.order.no): one for one in found.select_related("order", "batch") if one.batch}


def judged(file: File, rows: Sequence[Row], told: Mapping[Key, TaxRefund]) -> tuple[list[TaxRefund], int]:
    """Return the refunds with the answers that are new, and how many rows say what is known; note what contradicts."""
    new: list[TaxRefund] = []
    known = 0
    two_ways = contradicted((key(row), row.result) for row in rows)
    for row in rows:
        refund = told[key(row)]
        column, why = _misfit(row, refund)
        if not why and key(row) in two_ways and refund.result != row.result:
            column, why = "result", "同一份文件里对这笔退费有不同的答复，请向税务核对，对的确认，错的放弃"
        if why:
            file.problems.lay_aside(row.number, column, why, HeldReason.CONTRADICTS_ORDER)
        elif refund.result == row.result:
            known += 1
        else:
            refund.result, refund.decided_on, refund.reason = row.result, row.decided_on, row.reason
            new.append(refund)
    return new, known


def keep(answered: Collection[TaxRefund]) -> None:
    """Write the answers down."""
    TaxRefund.objects.bulk_update(answered, ["result", "decided_on", "reason"], batch_size=1_000)


def _gave_way(row: Row, refund: TaxRefund) -> bool:
    """Say whether the tax office, having been asked again, gives back what it had refused; unless we have taken it back."""
    is_still_out = refund.order.state == OrderState.REFUNDED
    return is_still_out and (refund.result, row.result) == (AnswerResult.REJECTED, AnswerResult.CONFIRMED)


def _misfit(row: Row, refund: TaxRefund) -> tuple[str, str]:
    """Return the column in which a row contradicts the refund, and why; empty where it fits."""
    order = refund.order
    if order.amount_fen != row.amount_fen:
        return "amount", f"退费是{grouped(order.amount_fen)}元，这里写{grouped(row.amount_fen)}元"
    if refund.batch is not None and row.decided_on < refund.batch.made_at.astimezone(SHANGHAI).date():
        return "decided_on", "办理日期早于告知退费的日期，请向税务核对"
    if row.receipt_no not in ("", order.receipt_no):
        return "receipt_no", "税票号码不是这笔退费的，请照交出去的文件抄"
    if refund.result not in ("", row.result) and not _gave_way(row, refund):
        return "result", f"这笔退费以前答复过“{refund.get_result_display()}”，这次不一样，请向税务核对"
    return "", ""
