"""import_premium_results: the tax office's answers, row by row; what does not fit an order is laid aside, never dropped."""

from collections.abc import Callable, Collection, Sequence
from datetime import date
from functools import partial
from pathlib import Path
from typing import NamedTuple

from django.db import transaction

from accounts.codes import HeldReason, ImportKind
from accounts.identity.actors import Act
from accounts.roster import cells
from accounts.roster.drafts import ImportResult, importing
from accounts.roster.files import File, Progress
from payments.premiums.codes import AnswerResult, OrderState
from payments.premiums.models import PremiumOrder, PremiumPaid
from payments.premiums.tax_office import refunds
from payments.premiums.tax_office.applying import apply_answers
from payments.premiums.tax_office.cells import amount, contradicted, receipt_no, said
from payments.premiums.tax_office.files import TaxFile
from payments.premiums.tax_office.models import TaxAnswer
from yibao.lib.clock import SHANGHAI
from yibao.lib.fen import grouped

COLUMNS = ("batch_no", "order_no", "result", "amount", "receipt_no", "decided_on", "reason")
WAITS_FOR_ANSWER = (OrderState.HANDED_OVER, OrderState.UNKNOWN)
_RESULTS = {result.label: result for result in AnswerResult}
REASON_LENGTH = 60


class Row(NamedTuple):
    """One answer of the file, read. Fen."""

    number: int
    batch_no: str
    order_no: str
    result: AnswerResult
    amount_fen: int
    receipt_no: str
    decided_on: date
    reason: str


class Misfit(NamedTuple):
    """What does not fit an order: the code of the row laid aside, the column, and why."""

    code: HeldReason
    column: str
    why: str


def import_premium_results(
    *, act: Act, path: Path, hold: bool = False, progress: Progress | None = None
) -> ImportResult:
    """Write the answers of a file down, then carry each out by itself: an order is confirmed, or its money goes back.

    The same file again changes nothing but carries out what was broken off. A file that is not whole is refused, and so
    is one with rows that cannot be read, unless `hold`: ImportRefusedError. Rows that fit no order, contradict an
    earlier answer or name another amount are laid aside and stop nothing. What is answered about a refund is written
    down: the money is back in the account already.
    """
    file = TaxFile(path, COLUMNS, progress)
    result = bring_in(act, file, hold=hold, check_total=file.check_total)
    apply_answers(act=act)
    return result


def bring_in(
    act: Act, file: File, *, hold: bool = False, check_total: Callable[[], None] | None = None
) -> ImportResult:
    """Write the answers down, for rows from wherever; `check_total` is asked once they have been read."""
    with importing(file, ImportKind.PREMIUM_RESULTS, act, hold=hold) as draft:
        if draft.known:
            return draft.result
        rows = _rows(file, act.on)
        if check_total is not None:
            check_total()
        told = refunds.told_of(rows)
        of_refunds, known_refunds = refunds.judged(file, [row for row in rows if refunds.key(row) in told], told)
        answers, known = _judged(act, file, [row for row in rows if refunds.key(row) not in told])
        source = draft.accept()
        for answer in answers:
            answer.source_id = source
        TaxAnswer.objects.bulk_create(answers, batch_size=1_000)
        refunds.keep(of_refunds)
        draft.count(premium_answers=len(answers) + len(of_refunds), known_rows=known + known_refunds)
    return draft.result


def take_in(act: Act, file: File) -> ImportResult:
    """Bring in rows that were laid aside; they are carried out once the transaction around it is through."""
    transaction.on_commit(partial(apply_answers, act=act))
    return bring_in(act, file)


def _rows(file: File, today: date) -> list[Row]:
    """Return the rows that can be read, the amounts of all added to the file's sum; note what is wrong with the others."""
    readers = (str, str, _result, amount, receipt_no, cells.day, _reason)
    rows = []
    for number, texts in file.read():
        values = file.values(number, texts, COLUMNS, readers)
        if values is None:
            file.add_unread(texts[COLUMNS.index("amount")])
            continue
        row = Row(number, *values)
        file.add(row.amount_fen)
        if (row.result == AnswerResult.CONFIRMED) != bool(row.receipt_no):
            file.problems.add(number, "receipt_no", row.receipt_no, "确认的要有税票号码，退回的没有")
        elif row.decided_on > today:
            file.problems.add(number, "decided_on", row.decided_on.isoformat(), "办理日期在今天之后")
        else:
            rows.append(row)
    return rows


def _judged(act: Act, file: File, rows: Sequence[Row]) -> tuple[list[TaxAnswer], int]:
    """Return the answers that are new, and how many say what is known; note every row that fits no order."""
    orders = _orders(rows)
    answered = {answer.order_id: answer for answer in TaxAnswer.objects.filter(order__in=orders.values())}
    used = _receipts(rows)
    two_ways = contradicted((row.order_no, (row.result, row.receipt_no)) for row in rows)
    two_orders = contradicted((row.receipt_no, row.order_no) for row in rows if row.receipt_no)
    new: list[TaxAnswer] = []
    known = 0
    for row in rows:
        order = orders.get(row.order_no)
        earlier = answered.get(order.pk) if order else None
        misfit = _misfit(row, order, earlier, used)
        if misfit is None and earlier is None:
            misfit = _contradiction(row, two_ways, two_orders)
        if misfit:
            file.problems.lay_aside(row.number, misfit.column, misfit.why, misfit.code)
        elif earlier is not None:
            known += 1
        elif order is not None:
            answer = TaxAnswer(
                row=row.number,
                order=order,
                result=row.result,
                receipt_no=row.receipt_no,
                decided_on=row.decided_on,
                reason=row.reason,
                at=act.at,
            )
            answered[order.pk] = answer
            used[row.receipt_no] = order.pk
            new.append(answer)
    return new, known


def _misfit(row: Row, order: PremiumOrder | None, earlier: TaxAnswer | None, used: dict[str, int]) -> Misfit | None:
    """Return why a row fits no order; None where it does."""
    if order is None:
        return Misfit(HeldReason.UNKNOWN_ORDER, "order_no", "没有这张代缴单，请向税务核对")
    because = partial(Misfit, HeldReason.CONTRADICTS_ORDER)
    if order.batch is None or order.batch.no != row.batch_no:
        return because("batch_no", "这张代缴单不在这一批里，请核对批次号")
    if order.amount_fen != row.amount_fen:
        return because("amount", f"代缴单是{grouped(order.amount_fen)}元，这里写{grouped(row.amount_fen)}元")
    if order.handed_over_at is not None and row.decided_on < order.handed_over_at.astimezone(SHANGHAI).date():
        return because("decided_on", "办理日期早于交税务的日期，请向税务核对")
    if row.receipt_no and used.get(row.receipt_no, order.pk) != order.pk:
        return because("receipt_no", "这个税票号码已经用在另一笔缴费上")
    if earlier is not None and (earlier.result, earlier.receipt_no) != (row.result, row.receipt_no):
        return because("result", f"以前答复过“{earlier.get_result_display()}”，这次不一样，请向税务核对")
    if earlier is None and order.state not in WAITS_FOR_ANSWER:
        return because("order_no", f"这张代缴单{order.get_state_display()}，没有在等税务答复")
    return None


def _contradiction(row: Row, two_ways: Collection[str], two_orders: Collection[str]) -> Misfit | None:
    """Return why a row is not believed because of another one in its file; None where it is."""
    because = partial(Misfit, HeldReason.CONTRADICTS_ORDER)
    if row.order_no in two_ways:
        return because("result", "同一份文件里对这张代缴单有不同的答复，请向税务核对，对的确认，错的放弃")
    if row.receipt_no in two_orders:
        return because("receipt_no", "同一份文件里这个税票号码写在不止一张代缴单上，请向税务核对，对的确认，错的放弃")
    return None


def _orders(rows: Sequence[Row]) -> dict[str, PremiumOrder]:
    found = PremiumOrder.objects.select_related("batch").filter(no__in={row.order_no for row in rows})
    return {order.no: order for order in found}


def _receipts(rows: Sequence[Row]) -> dict[str, int]:
    """Return receipt → order for those that are known already; 0 for one of a payment that was made elsewhere."""
    named = {row.receipt_no for row in rows if row.receipt_no}
    orders = dict(PremiumOrder.objects.filter(receipt_no__in=named).values_list("receipt_no", "pk"))
    orders |= dict(TaxAnswer.objects.filter(receipt_no__in=named).values_list("receipt_no", "order_id"))
    elsewhere = PremiumPaid.objects.filter(receipt_no__in=named).values_list("receipt_no", flat=True)
    return {**dict.fromkeys(elsewhere, 0), **orders}


def _result(text: str) -> AnswerResult:
    if text not in _RESULTS:
        raise ValueError(f"应为 {'、'.join(_RESULTS)}")
    return _RESULTS[text]


def _reason(text: str) -> str:
    return said(text, REASON_LENGTH)
