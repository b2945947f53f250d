"""Paying a bill from accounts, one's own and one's relatives', and giving the money back."""

from collections import defaultdict
from collections.abc import Callable, Iterable
from datetime import date

from django.db import connection, transaction
from django.db.models import Sum

from accounts.codes import InstitutionKind, PotKind, Scope, VoucherKind
from accounts.identity.actors import Act
from accounts.ledger import reversing
from accounts.ledger.errors import AlreadyReversedError, KeyReusedError, PostingError, StaleError, refusing_taken_keys
from accounts.ledger.locking import lock_years_and_pots
from accounts.ledger.posting import Place
from accounts.ledger.retry import retrying
from accounts.ledger.writing import VOUCHER_ID
from accounts.models import Person, Pot, Transfer, Voucher
from accounts.policies import registry
from family.operations import draws
from family.queries.plan import why_stopped
from family.rules import Where, spending_plan
from family.rules.use import refusal
from payments.bills.codes import BillKind
from payments.bills.errors import BillRefusedError
from payments.bills.models import Bill, BillShare, Institution
from payments.bills.rules import account_part
from yibao.lib import pipeline
from yibao.lib.fen import yuan
from yibao.lib.pipeline import Insertion

MOST_NUMBER_LENGTH = 60


@retrying
def pay(
    *,
    act: Act,
    institution: Institution,
    bill_no: str,
    person: Person,
    region: str,
    amount_fen: int,
    on: date,
    kind: str = "",
    category: str = "",
) -> Bill:
    """Pay the individual's share of a bill (fen) from accounts, in the region's order; the rest is cash.

    `region` is where the person is insured, `on` the day of the bill; `kind` is what is usual at the institution where
    none is said, `category` one of codes.CATEGORIES or "". A number of an institution counts once, for ever: the same
    bill sent again returns the first outcome. Relatives whose money is used are told.
    Raises KeyReusedError where the number was another bill's; BillRefusedError where the region's terms let no account
    pay for this; PostingError for an amount that is not positive, and where nothing pays because the region stops the
    account of somebody who is suspended.
    """
    kind = kind or BillKind.usual_at(institution.kind)
    asked = Bill(
        institution=institution,
        bill_no=bill_no,
        person=person,
        region=region,
        on=on,
        kind=kind,
        category=category,
        amount_fen=amount_fen,
    )
    _refuse_misfits(asked)
    try:
        return _once(asked, lambda: _pay(act, asked, late=True))
    except StaleError:
        return _once(asked, lambda: _pay(act, asked, late=False))


def _pay(act: Act, asked: Bill, *, late: bool) -> Bill:
    place, person, region, on = asked.institution, asked.person, asked.region, asked.on
    where = Where(place.kind, place.level, BillKind(asked.kind).paid_for, asked.category)
    if why := refusal(where, registry.spending(region, on)):
        raise BillRefusedError(why)
    locked = draws.lock_sources(
        act=act, person=person, region=region, on=on, scope=Scope.MEDICAL, where=where, late=late
    )
    takes = spending_plan(asked.amount_fen, locked.sources)
    if not takes and locked.facts:
        raise StaleError  # nothing is written that could make sure of it
    if not takes and (reason := why_stopped(person, region, on)):
        raise PostingError(reason)
    asked.account_fen = sum(take.amount_fen for take in takes)
    if not takes:
        return _kept(asked, [])
    asked.voucher, *others = draws.post(
        act=act,
        kind=VoucherKind.SPENDING,
        person=person,
        region=region,
        locked=locked,
        takes=takes,
        target=PotKind.INSTITUTIONS,
        on=on,
        key=f"bill:{place.pk}:{asked.bill_no}",
        payload={"institution": place.pk, "person": person.pk, "amount_fen": asked.amount_fen},
        reason=BillKind(asked.kind).label,
        place=Place(place.kind_shown, place.name),
        along=[Insertion(asked, voucher_id=VOUCHER_ID)],
        commit=True,
    )
    _keep_shares(asked, others)
    return asked


@retrying
def refund(
    *, act: Act, bill: Bill, bill_no: str, reason: str, amount_fen: int | None = None, on: date | None = None
) -> Bill:
    """Give back `amount_fen` of a bill, all that is left where it is None: to the pots that paid, the last payer first.

    Cash was paid last, so it goes back first, at the institution; then relatives' money, then one's own. `bill_no` is the
    number under which the bill's institution gives it back, and counts once as any other; `on` is the day of the
    refund, where that is not the day of the act. Sent again it returns the first outcome.
    Raises AlreadyReversedError where less is left, KeyReusedError, PostingError for a reversal and for a day before the
    bill's.
    """
    if bill.reverses_id is not None:
        raise PostingError("退回的单子不能再退")
    asked = Bill(
        institution=bill.institution,
        bill_no=bill_no,
        person_id=bill.person_id,
        region=bill.region,
        on=on or act.on,
        kind=bill.kind,
        category=bill.category,
        amount_fen=bill.amount_fen if amount_fen is None else amount_fen,
        reverses=bill,
    )
    _refuse_misfits(asked)
    every = amount_fen is None

    def give_back() -> Bill:
        _lock_refunds(bill)
        if earlier := _settled(asked, whatever_is_left=every):
            return earlier
        if asked.on < bill.on:
            raise PostingError(f"退回的日期 {asked.on} 早于结算的日期 {bill.on}，请核对")
        asked.before_fen = _given_back_fen(bill)
        asked.amount_fen = _within(bill.amount_fen - asked.before_fen, amount_fen)
        return _kept(asked, _give_back(act, bill, asked, reason))

    return _once(asked, give_back, whatever_is_left=every)


def _refuse_misfits(asked: Bill) -> None:
    if asked.amount_fen <= 0:
        raise PostingError("金额必须大于零")
    if not 0 < len(asked.bill_no) <= MOST_NUMBER_LENGTH:
        raise PostingError(f"单号要有 1 到 {MOST_NUMBER_LENGTH} 个字")
    if asked.institution.kind == InstitutionKind.PHARMACY and asked.kind != BillKind.PURCHASE:
        raise BillRefusedError(f"药店只能结算{BillKind.PURCHASE.label}，不能结算{BillKind(asked.kind).label}")


def _once(asked: Bill, settle: Callable[[], Bill], *, whatever_is_left: bool = False) -> Bill:
    """Settle a bill unless its number was settled before: what was is returned, whatever would stand in its way now."""
    try:
        with transaction.atomic():
            return settle()
    except PostingError:
        if earlier := _settled(asked, whatever_is_left=whatever_is_left):
            return earlier
        raise


def _settled(asked: Bill, *, whatever_is_left: bool = False) -> Bill | None:
    """Return what was settled under this number before; None when nothing was. Raises KeyReusedError for another bill."""
    earlier = Bill.objects.filter(institution=asked.institution_id, bill_no=asked.bill_no).first()
    if earlier is None:
        return None
    same = ["person_id", "on", "kind", "category", "reverses_id"] + ([] if whatever_is_left else ["amount_fen"])
    if any(getattr(earlier, name) != getattr(asked, name) for name in same):
        raise KeyReusedError("同一个单号已用于另一笔结算，请换一个单号")
    return earlier


def _kept(asked: Bill, vouchers: list[Voucher]) -> Bill:
    """Write the bill down with the vouchers of its accounts. Raises AlreadyPostedError for a number that is taken."""
    asked.voucher = vouchers[0] if vouchers else None
    with refusing_taken_keys():
        pipeline.insert(Insertion(asked))
    _keep_shares(asked, vouchers[1:])
    return asked


def _keep_shares(bill: Bill, vouchers: list[Voucher]) -> None:
    if vouchers:
        BillShare.objects.bulk_create(BillShare(bill=bill, voucher=voucher) for voucher in vouchers)


def _lock_refunds(bill: Bill) -> None:
    """Let one refund of a bill at a time go on: a bill itself is never updated, so it cannot be locked."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"refund:{bill.pk}"])


def _given_back_fen(bill: Bill) -> int:
    return int(Bill.objects.filter(reverses=bill).aggregate(fen=Sum("amount_fen"))["fen"] or 0)


def _within(left_fen: int, asked_fen: int | None) -> int:
    if left_fen == 0:
        raise AlreadyReversedError("这张结算单已经全部退回")
    if asked_fen is not None and asked_fen > left_fen:
        raise AlreadyReversedError(f"这张结算单还没有退回的只剩 {yuan(left_fen)} 元，退不了 {yuan(asked_fen)} 元")
    return left_fen if asked_fen is None else asked_fen


def _give_back(act: Act, bill: Bill, asked: Bill, reason: str) -> list[Voucher]:
    """Post what goes back to accounts: one reversal for each voucher that it takes a part of, the bill's first one first."""
    assert asked.before_fen is not None
    of_bill = {"amount_fen": bill.amount_fen, "account_fen": bill.account_fen}
    before_fen = account_part(**of_bill, before_fen=0, back_fen=asked.before_fen)
    back_fen = account_part(**of_bill, before_fen=asked.before_fen, back_fen=asked.amount_fen)
    asked.account_fen = back_fen
    if back_fen == 0:
        return []
    vouchers = bill.vouchers
    rows = list(Transfer.objects.filter(voucher__in=vouchers).select_related("source"))
    lock_years_and_pots(act=act, on=asked.on, pots=_with_carried(row.source_id for row in rows))
    order = {voucher.pk: place for place, voucher in enumerate(vouchers)}
    # Own accounts of all regions paid first, then relatives'; of several regions' relatives those of one's own first.
    rows.sort(key=lambda row: (row.source.person_id != bill.person_id, order[row.voucher_id], row.pk), reverse=True)
    parts: dict[int, int] = defaultdict(int)
    for row, fen in reversing.last_first(rows, given_back_fen=before_fen, amount_fen=back_fen):
        parts[row.voucher_id] += fen
    return [
        reversing.reverse(
            act=act,
            voucher_id=voucher.pk,
            amount_fen=parts[voucher.pk],
            on=asked.on,
            key=f"refund:{bill.institution_id}:{asked.bill_no}:{voucher.region}",
            reason=reason,
        )
        for voucher in vouchers
        if parts[voucher.pk]
    ]


def _with_carried(pots: Iterable[int]) -> set[int]:
    """Return pots and the 历年 beside them, where money of a year that is over goes back to."""
    found = set(pots)
    owners = Pot.objects.filter(pk__in=found)
    beside = Pot.objects.filter(
        kind=PotKind.CARRIED, person__in=owners.values("person"), region__in=owners.values("region")
    )
    return found | set(beside.values_list("pk", flat=True))
