"""Premium orders and claims that are simply there, in any state: for pages, and for what comes after paying."""

from datetime import datetime, timedelta
from itertools import count

from accounts.models import Person
from payments.models import PremiumOrder, PremiumOrderEvent, RefundClaim
from payments.premiums.codes import ClaimState, OrderState
from tests.factories.acts import act_at
from tests.factories.family import QUANZHOU

_numbers = count(1)
_UP_TO = {
    OrderState.CHECKED: (),
    OrderState.DEBITED: (OrderState.DEBITED,),
    OrderState.UNDONE: (OrderState.DEBITED, OrderState.UNDONE),
    OrderState.HANDED_OVER: (OrderState.DEBITED, OrderState.HANDED_OVER),
    OrderState.UNKNOWN: (OrderState.DEBITED, OrderState.HANDED_OVER, OrderState.UNKNOWN),
    OrderState.CONFIRMED: (OrderState.DEBITED, OrderState.HANDED_OVER, OrderState.CONFIRMED),
    OrderState.REJECTED: (OrderState.DEBITED, OrderState.HANDED_OVER, OrderState.REJECTED),
    OrderState.REFUNDED: (OrderState.DEBITED, OrderState.REFUNDED),
}


def order(payer: Person, person: Person, state: OrderState, at: datetime, **facts) -> PremiumOrder:
    """Return an order of 2027 over 400.00 that came to this state at an instant, with its events and without money."""
    number, steps = next(_numbers), (OrderState.CHECKED, *_UP_TO[state])
    facts.setdefault("region", QUANZHOU)
    if OrderState.DEBITED in steps:
        facts |= {"debited_at": at, "undo_until": at + timedelta(minutes=10)}
    if OrderState.HANDED_OVER in steps:
        facts["handed_over_at"] = at
    if state in (OrderState.CONFIRMED, OrderState.REJECTED):
        facts["decided_at"] = at
    if state == OrderState.CONFIRMED:
        facts.setdefault("receipt_no", f"335{number:015d}")
    made = PremiumOrder.objects.create(
        no=f"DJ{at:%Y-%m%d}-TEST{number:06d}",
        payer=payer,
        person=person,
        premium_year=facts.pop("premium_year", 2027),
        amount_fen=facts.pop("amount_fen", 400_00),
        state=state,
        actor=str(act_at(at).actor),
        key=f"test-order:{number}",
        created_at=at,
        **facts,
    )
    for step in steps:
        PremiumOrderEvent.objects.create(
            order=made, state=step, at=at, actor=made.actor, reason=made.reason if step == state else ""
        )
    return made


def claim(payer: Person, person: Person, state: ClaimState, at: datetime, **facts) -> RefundClaim:
    """Return a claim of 400.00 for 2027 in a state, without money."""
    number = next(_numbers)
    decided = {"decided_at": at} if state in (ClaimState.PAID, ClaimState.REFUSED) else {}
    return RefundClaim.objects.create(
        no=f"FH{at:%Y-%m%d}-TEST{number:06d}",
        payer=payer,
        person=person,
        region=facts.pop("region", "410000"),
        premium_year=facts.pop("premium_year", 2027),
        receipt_no=facts.pop("receipt_no", f"341{number:015d}"),
        amount_fen=facts.pop("amount_fen", 400_00),
        state=state,
        bank_card="6222020000000000005",
        actor=facts.pop("actor", str(act_at(at).actor)),
        created_at=at,
        **decided,
        **facts,
    )
