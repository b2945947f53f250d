"""Paying a bill from accounts, and giving the money back."""

from datetime import date

from django.db import transaction

from accounts.enums import PotKind, VoucherKind
from accounts.identity.actors import Actor
from accounts.ledger import posting
from accounts.ledger.posting import Locked, Move, NotEnough, Place
from accounts.ledger.pots import system_pot
from accounts.ledger.retry import retrying
from accounts.models import Person, Voucher
from family.queries.plan import pots_for, sources_of
from family.rules import spending_plan
from payments.models import Bill, Institution


@retrying
def pay(
    *, actor: Actor, institution: Institution, person: Person, region: str, amount_fen: int, on: date, key: str
) -> Bill:
    """Pay the individual's share of a bill (fen) from accounts, in the region's order; the rest is cash.

    `key` makes it idempotent: the same bill sent again returns the first outcome. Raises KeyReused when the key
    was used for another bill, PostingError for an amount that is not positive.
    """
    if amount_fen <= 0:
        raise posting.PostingError("金额必须大于零")
    with transaction.atomic():
        earlier = Bill.objects.filter(key=key).first()
        if earlier is not None:
            return _same(earlier, institution, person, amount_fen, on)
        voucher = _post(actor, institution, person, region, amount_fen, on, key)
        paid = sum(row.amount_fen for row in voucher.transfers.all()) if voucher else 0
        bill, _ = Bill.objects.get_or_create(
            key=key,
            defaults={
                "institution": institution,
                "person": person,
                "region": region,
                "on": on,
                "amount_fen": amount_fen,
                "account_fen": paid,
                "voucher": voucher,
            },
        )
        return _same(bill, institution, person, amount_fen, on)


def _post(
    actor: Actor, institution: Institution, person: Person, region: str, amount_fen: int, on: date, key: str
) -> Voucher | None:
    pots = pots_for(person=person, region=region)
    institutions = system_pot(region, PotKind.INSTITUTIONS)

    def decide(locked: Locked) -> list[Move]:
        sources = sources_of(
            person=person, region=region, on=on, pots=locked.pots, usable=lambda pot: locked.usable(pot.pk)
        )
        takes = spending_plan(amount_fen, sources)
        if not takes:
            raise NotEnough("账户里没有可用的钱")
        return [Move(take.source.pot, institutions, take.amount_fen) for take in takes]

    try:
        with transaction.atomic():
            return posting.post(
                actor=actor,
                kind=VoucherKind.SPENDING,
                region=region,
                on=on,
                key=f"bill:{key}",
                payload={"institution": institution.pk, "person": person.pk, "amount_fen": amount_fen},
                pots=pots,
                decide=decide,
                subject_id=person.pk,
                reason="购药" if institution.kind == "pharmacy" else "门诊",
                place=Place(institution.kind_shown, institution.name),
            )
    except NotEnough:
        return None


def _same(earlier: Bill, institution: Institution, person: Person, amount_fen: int, on: date) -> Bill:
    if (earlier.institution_id, earlier.person_id, earlier.amount_fen, earlier.on) != (
        institution.pk,
        person.pk,
        amount_fen,
        on,
    ):
        raise posting.KeyReused("同一个单号已用于另一笔结算，请换一个单号")
    return earlier


def refund(*, actor: Actor, bill: Bill, on: date, key: str, reason: str) -> Voucher:
    """Give back everything the accounts paid for a bill, to the pots it came from. At most once.

    Raises AlreadyReversed; PostingError when the accounts paid nothing.
    """
    if bill.voucher_id is None:
        raise posting.PostingError("这张结算单全部是现金，没有可退回账户的钱")
    return posting.reverse(actor=actor, voucher_id=bill.voucher_id, on=on, key=key, reason=reason)
