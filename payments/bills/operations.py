"""Paying a bill from accounts, one's own and one's relatives', and giving the money back."""

from collections.abc import Iterable
from datetime import date

from django.db import transaction

from accounts.codes import InstitutionKind, PotKind, Scope, VoucherKind
from accounts.identity.actors import Act
from accounts.ledger import reversing
from accounts.ledger.errors import KeyReusedError, PostingError
from accounts.ledger.locking import lock_years_and_pots
from accounts.ledger.posting import Place
from accounts.ledger.retry import retrying
from accounts.models import Person, Pot, Transfer, Voucher
from family.operations import draws
from family.queries.plan import why_stopped
from family.rules import Where, spending_plan
from payments.bills.models import Bill, BillShare, Institution


@retrying
def pay(
    *, act: Act, institution: Institution, person: Person, region: str, amount_fen: int, on: date, key: str
) -> Bill:
    """Pay the individual's share of a bill (fen) from accounts, in the region's order; the rest is cash.

    `region` is where the person is insured, `on` the day of the bill. `key` makes it idempotent: the same bill sent again returns the first
    outcome. Relatives whose money is used are told. Raises KeyReusedError when the key was used for another bill,
    PostingError for an amount that is not positive, and where nothing pays because the region stops the account of
    somebody who is suspended.
    """
    if amount_fen <= 0:
        raise PostingError("金额必须大于零")
    with transaction.atomic():
        earlier = Bill.objects.filter(key=key).first()
        if earlier is not None:
            return _same(earlier, institution, person, amount_fen, on)
        where = Where(institution.kind, institution.level)
        locked = draws.lock_sources(act=act, person=person, region=region, on=on, scope=Scope.MEDICAL, where=where)
        earlier = Bill.objects.filter(key=key).first()  # the same bill, paid while this one waited for the locks
        if earlier is not None:
            return _same(earlier, institution, person, amount_fen, on)
        takes = spending_plan(amount_fen, locked.sources)
        if not takes and (reason := why_stopped(person, region, on)):
            raise PostingError(reason)
        vouchers = draws.post(
            act=act,
            kind=VoucherKind.SPENDING,
            person=person,
            region=region,
            takes=takes,
            target=PotKind.INSTITUTIONS,
            on=on,
            key=f"bill:{key}",
            payload={"institution": institution.pk, "person": person.pk, "amount_fen": amount_fen},
            reason="购药" if institution.kind == InstitutionKind.PHARMACY else "门诊",
            place=Place(institution.kind_shown, institution.name),
        )
        paid = Transfer.objects.filter(voucher__in=vouchers).values_list("amount_fen", flat=True)
        bill, created = Bill.objects.get_or_create(
            key=key,
            defaults={
                "institution": institution,
                "person": person,
                "region": region,
                "on": on,
                "amount_fen": amount_fen,
                "account_fen": sum(paid),
                "voucher": vouchers[0] if vouchers else None,
            },
        )
        if created:
            BillShare.objects.bulk_create(BillShare(bill=bill, voucher=voucher) for voucher in vouchers[1:])
        return _same(bill, institution, person, amount_fen, on)


def _same(earlier: Bill, institution: Institution, person: Person, amount_fen: int, on: date) -> Bill:
    if (earlier.institution_id, earlier.person_id, earlier.amount_fen, earlier.on) != (
        institution.pk,
        person.pk,
        amount_fen,
        on,
    ):
        raise KeyReusedError("同一个单号已用于另一笔结算，请换一个单号")
    return earlier


@retrying
def refund(*, act: Act, bill: Bill, key: str, reason: str, on: date | None = None) -> Voucher:
    """Give back everything the accounts paid for a bill, to the pots it came from. At most once.

    `on` is the day of the refund, where that is not the day of the act.
    Returns the reversal of the first voucher; those of other regions have the key followed by the region.
    Raises AlreadyReversedError; PostingError when the accounts paid nothing.
    """
    vouchers = bill.vouchers
    if not vouchers:
        raise PostingError("这张结算单全部是现金，没有可退回账户的钱")
    with transaction.atomic():
        rows = Transfer.objects.filter(voucher__in=vouchers, source__person__isnull=False)
        lock_years_and_pots(act=act, on=on, pots=_with_carried(rows.values_list("source_id", flat=True)))
        back = [
            reversing.reverse(
                act=act, voucher_id=voucher.pk, on=on, key=f"{key}:{voucher.region}" if number else key, reason=reason
            )
            for number, voucher in enumerate(vouchers)
        ]
    return back[0]


def _with_carried(pots: Iterable[int]) -> set[int]:
    """Return pots and the 历年 beside them, where money of a year that is over goes back to."""
    found = set(pots)
    owners = Pot.objects.filter(pk__in=found)
    beside = Pot.objects.filter(
        kind=PotKind.CARRIED, person__in=owners.values("person"), region__in=owners.values("region")
    )
    return found | set(beside.values_list("pk", flat=True))
