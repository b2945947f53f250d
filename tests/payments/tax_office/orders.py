"""Orders that are paid from an account and wait for the tax office."""

from datetime import date, datetime, timedelta
from itertools import count

from accounts.codes import PotKind, VoucherKind
from accounts.ledger.posting import Move, post
from accounts.ledger.pots import system_pot
from accounts.models import Person, Pot
from payments.models import PremiumOrder, PremiumOrderEvent, PremiumVoucher, TaxBatch
from payments.premiums.codes import OrderState
from payments.premiums.tax_office import batches
from tests.factories import family
from tests.factories.acts import act_at
from yibao.lib import clock

REGION = family.QUANZHOU
YEAR = 2027
PREMIUM_FEN = 400_00
PAID_AT = datetime(2026, 11, 20, 9, tzinfo=clock.SHANGHAI)
AFTER_UNDO = act_at(PAID_AT + timedelta(minutes=11))
_numbers = count(1)


def debited(
    *, year: int = YEAR, region: str = REGION, at: datetime = PAID_AT, payer: Person | None = None
) -> PremiumOrder:
    """Return an order whose money has left the payer's account; it may be undone for ten minutes."""
    number = next(_numbers)
    payer = payer or family.insured(region, carried=5000_00)
    person = family.insured(region, resident=True, birth_on=date(1955, 1, 1))
    source = Pot.objects.get(person=payer, region=region, kind=PotKind.CARRIED).pk
    voucher = post(
        act=act_at(at),
        kind=VoucherKind.PREMIUM,
        region=region,
        key=f"test-premium:{number}:{source}",
        payload={"person": person.pk},
        pots=[source],
        decide=lambda locked: [Move(source, system_pot(region, PotKind.PREMIUMS), PREMIUM_FEN)],
        subject_id=payer.pk,
    )
    order = PremiumOrder.objects.create(
        no=f"JB2026-1120-T{number:04d}",
        payer=payer,
        person=person,
        region=region,
        premium_year=year,
        amount_fen=PREMIUM_FEN,
        state=OrderState.DEBITED,
        actor="system:test",
        key=f"test-order:{number}:{source}",
        created_at=at,
        debited_at=at,
        undo_until=at + timedelta(minutes=10),
    )
    PremiumOrderEvent.objects.create(order=order, state=OrderState.DEBITED, at=at, actor="system:test")
    PremiumVoucher.objects.create(order=order, voucher=voucher)
    return order


def handed_over(how_many: int) -> tuple[TaxBatch, list[PremiumOrder]]:
    """Return a batch, and its orders as they stand after it was made."""
    for _ in range(how_many):
        debited()
    batch = batches.hand_over(act=AFTER_UNDO, region=REGION)
    assert batch is not None
    return batch, list(batch.orders.order_by("pk"))
