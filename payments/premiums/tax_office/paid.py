"""import_premiums_paid: what the tax office says was paid through other channels, by file."""

from collections.abc import Sequence
from datetime import date
from functools import partial
from pathlib import Path
from typing import NamedTuple

from django.db import transaction

from accounts.codes import HeldReason, ImportKind
from accounts.identity.actors import Act
from accounts.models import Person
from accounts.operations.notices import tell
from accounts.queries.people import find_many_by_certno
from accounts.roster import cells
from accounts.roster.drafts import ImportResult, importing
from accounts.roster.files import File, Progress
from payments.premiums.codes import PAID_STATES, OrderState
from payments.premiums.models import PremiumOrder, PremiumPaid
from payments.premiums.notice_words import paid_twice
from payments.premiums.tax_office.applying import settle_claims
from payments.premiums.tax_office.cells import amount, channel, contradicted, premium_year, receipt_no

COLUMNS = ("certno", "premium_year", "insuplc_admdvs", "paid_on", "channel", "receipt_no", "amount")


class Row(NamedTuple):
    """One payment of the file, read. Fen."""

    number: int
    certno: str
    premium_year: int
    region: str
    paid_on: date
    channel: str
    receipt_no: str
    amount_fen: int


class _Known(NamedTuple):
    """What is known of the people and receipts of a file."""

    people: dict[str, Person]
    paid: dict[str, PremiumPaid]
    orders: dict[tuple[int, int], PremiumOrder]  # person and year → an order that is paid
    receipts: dict[str, PremiumOrder]  # receipt → the order it is of


def import_premiums_paid(
    *,
    act: Act,
    path: Path,
    hold: bool = False,
    expect_rows: int | None = None,
    expect_sum_fen: int | None = None,
    progress: Progress | None = None,
) -> ImportResult:
    """Write down what was paid elsewhere; a receipt counts once. The same file again changes nothing.

    Claims of pay-then-refund that wait for one of these receipts are settled, each by itself.
    Whose premium is in an order that has been paid, too, is laid aside: perhaps it was paid twice, perhaps it is this
    very payment. Raises ImportRefusedError, with every bad row, when anything cannot be read or the number of rows or
    their sum (fen) is not what was expected; then nothing is changed. With `hold` bad rows are laid aside.
    """
    file = File(path, COLUMNS, progress)
    result = bring_in(act, file, hold=hold, expect_rows=expect_rows, expect_sum_fen=expect_sum_fen)
    settle_claims(act=act)
    return result


def bring_in(
    act: Act,
    file: File,
    *,
    hold: bool = False,
    expect_rows: int | None = None,
    expect_sum_fen: int | None = None,
) -> ImportResult:
    """As import_premiums_paid, for rows from wherever."""
    with importing(file, ImportKind.PREMIUMS_PAID, act, hold=hold) as draft:
        if draft.known:
            return draft.result
        rows = _rows(file, act.on)
        file.expect(rows=expect_rows, sum_fen=expect_sum_fen)
        new, twice, known = _judged(file, rows)
        source = draft.accept()
        for paid in new:
            paid.source_id = source
        PremiumPaid.objects.bulk_create(new, batch_size=1_000)
        for order in twice:
            tell(
                act=act, person=order.payer, template=paid_twice, facts={"order": order.pk}, about=f"premium:{order.no}"
            )
        draft.count(premiums_paid=len(new), known_rows=known)
    return draft.result


def take_in(act: Act, file: File) -> ImportResult:
    """Bring in rows that were laid aside; claims are settled once the transaction around it is through."""
    transaction.on_commit(partial(settle_claims, act=act))
    return bring_in(act, file)


def _rows(file: File, today: date) -> list[Row]:
    """Return the rows that can be read; note what is wrong with the others."""
    readers = (_certno, premium_year, cells.region_reader(), cells.day, channel, _receipt, amount)
    rows = []
    for number, texts in file.read():
        values = file.values(number, texts, COLUMNS, readers)
        if values is None:
            file.add_unread(texts[COLUMNS.index("amount")])
            continue
        row = Row(number, *values)
        file.add(row.amount_fen)
        if row.paid_on > today:
            file.problems.add(number, "paid_on", row.paid_on.isoformat(), "缴费日期在今天之后")
        elif abs(row.premium_year - row.paid_on.year) > 1:
            why = f"{row.paid_on} 缴的不会是这个年度的，请核对年度和缴费日期"
            file.problems.add(number, "premium_year", str(row.premium_year), why)
        else:
            rows.append(row)
    file.explain_rounded()
    return rows


def _judged(file: File, rows: Sequence[Row]) -> tuple[list[PremiumPaid], list[PremiumOrder], int]:
    """Return what is new, the orders that were paid twice by it, and how many rows say what is known.

    Notes what contradicts, and what looks paid twice.
    """
    known = _known(rows)
    two_ways = contradicted((row.receipt_no, _told(row, known.people.get(row.certno))) for row in rows)
    new: list[PremiumPaid] = []
    twice: list[PremiumOrder] = []
    again = 0
    for row in rows:
        person = known.people.get(row.certno)
        if person is None:
            file.problems.add(row.number, "certno", row.certno, "名册里没有这个人，请先导入参保名册")
            continue
        paid = _paid(row, person)
        order = known.orders.get((person.pk, row.premium_year))
        # What was paid from an account may be told once more.
        earlier = known.paid.get(row.receipt_no) or known.receipts.get(row.receipt_no)
        if earlier is not None:
            again += _is_same(file, row, paid, earlier)
        elif row.receipt_no in two_ways:
            why = "同一份文件里这个税票号码写在不同的人、年度、参保地或金额上，请向税务核对，对的确认，错的放弃"
            file.problems.lay_aside(row.number, "receipt_no", why, HeldReason.CONTRADICTS_ORDER)
        elif order is None or _is_believed(file, row, order):
            known.paid[row.receipt_no] = paid
            new.append(paid)
            twice += [order] if order else []
    return new, twice, again


def _is_same(file: File, row: Row, paid: PremiumPaid, earlier: PremiumPaid | PremiumOrder) -> bool:
    """Say whether a receipt is told once more; note what it says otherwise this time."""
    told = (earlier.person_id, earlier.premium_year, earlier.region, earlier.amount_fen)
    if (paid.person_id, paid.premium_year, paid.region, paid.amount_fen) == told:
        return True
    why = "这个税票号码已登记过，人、年度、参保地或金额与这一行不同"
    file.problems.lay_aside(row.number, "receipt_no", why, HeldReason.CONTRADICTS_ORDER)
    return False


def _is_believed(file: File, row: Row, order: PremiumOrder) -> bool:
    """Note that somebody's premium is in an order too, and say whether two people have found it was paid twice."""
    before = len(file.problems.found)
    waits = "，税务还没有答复，也可能就是这一笔" if order.state != OrderState.CONFIRMED else ""
    why = f"这个人{row.premium_year}年度有代缴单（{order.get_state_display()}{waits}），像是交了两次"
    file.problems.add_masked(row.number, "receipt_no", "", why, HeldReason.PAID_TWICE)
    return len(file.problems.found) == before


def _told(row: Row, person: Person | None) -> tuple[object, ...]:
    """Return what a row tells of a receipt; a person may stand there by an old number too."""
    return person.pk if person else row.certno, row.premium_year, row.region, row.amount_fen


def _paid(row: Row, person: Person) -> PremiumPaid:
    return PremiumPaid(
        person=person,
        premium_year=row.premium_year,
        region=row.region,
        paid_on=row.paid_on,
        channel=row.channel,
        receipt_no=row.receipt_no,
        amount_fen=row.amount_fen,
    )


def _known(rows: Sequence[Row]) -> _Known:
    people = find_many_by_certno({row.certno for row in rows})
    orders = PremiumOrder.objects.filter(person__in=people.values(), state__in=PAID_STATES)
    orders = orders.select_related("payer")
    receipts = {row.receipt_no for row in rows}
    return _Known(
        people=people,
        paid={paid.receipt_no: paid for paid in PremiumPaid.objects.filter(receipt_no__in=receipts)},
        orders={(order.person_id, order.premium_year): order for order in orders},
        receipts={order.receipt_no: order for order in PremiumOrder.objects.filter(receipt_no__in=receipts)},
    )


def _certno(text: str) -> str:
    return cells.any_certificate(text).number


def _receipt(text: str) -> str:
    if not text:
        raise ValueError("没有填写税票号码")
    return receipt_no(text)
