"""Paying residents' premiums from accounts, and what becomes of each order until the tax office has answered.

Each person's premium is one order and one transaction: all of it or nothing. The order is claimed before anything is
locked, so of two who pay for one person the second waits and is told.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

from django.db import transaction

from accounts.codes import PotKind
from accounts.identity.actors import Act
from accounts.ledger.errors import KeyReusedError, PostingError
from accounts.ledger.retry import retrying
from accounts.models import Person
from payments.premiums.candidates import Payable, payables
from payments.premiums.codes import OrderState
from payments.premiums.models import PremiumOrder, PremiumVoucher
from payments.premiums.operations.debiting import debit
from payments.premiums.operations.history import record
from payments.premiums.operations.numbers import order_number
from payments.premiums.rules import PremiumRefusedError, WhyNot, changed, undo_for


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one person: an order, or every reason why not."""

    person: Person
    order: PremiumOrder | None
    reasons: tuple[WhyNot, ...] = ()


def pay(*, act: Act, payer: Person, people: Collection[Person], key: str) -> list[Outcome]:
    """Pay the premiums of these people on the day of the act; return what became of each, in order.

    Each stands for itself: what cannot be paid for one does not stop the others. `key` makes it idempotent: the same
    request again returns the orders of the first time. Raises KeyReusedError when it was used for another payer.
    """
    return [_outcome(act, payer, person, key) for person in people]


def _outcome(act: Act, payer: Person, person: Person, key: str) -> Outcome:
    try:
        return Outcome(person, pay_one(act=act, payer=payer, person=person, key=f"{key}:{person.pk}"))
    except PremiumRefusedError as error:
        return Outcome(person, None, error.reasons)
    except KeyReusedError:
        raise  # the key is of another request
    except PostingError as error:
        return Outcome(person, None, (changed(error.message),))


@retrying
def pay_one(*, act: Act, payer: Person, person: Person, key: str) -> PremiumOrder:
    """Pay one person's premium, all of it or nothing; return the order, also when this key has paid it before.

    Raises PremiumRefusedError with every reason; KeyReusedError when the key was used for something else.
    """
    with transaction.atomic():
        try:
            who = _payable(payer, person, act.on)
        except PremiumRefusedError:
            # What stands in the way may be the same request, also one that was settled a moment ago: so the key comes last.
            if (earlier := PremiumOrder.objects.filter(key=key).first()) is None:
                raise
            return _same(earlier, payer, person)
        order = _claim(act, payer, who, key)
        if order.state != OrderState.CHECKED:
            return _same(order, payer, person)
        _debit(act, order, who)
        return order


def _payable(payer: Person, person: Person, on: date) -> Payable:
    (who,) = payables(payer, on, [person])
    if who.reasons:
        raise PremiumRefusedError(who.reasons)
    return who


def _same(earlier: PremiumOrder, payer: Person, person: Person) -> PremiumOrder:
    if (earlier.payer_id, earlier.person_id) != (payer.pk, person.pk):
        raise KeyReusedError
    return earlier


def _claim(act: Act, payer: Person, who: Payable, key: str) -> PremiumOrder:
    """Insert the order, waiting for whoever is paying for the same person; refuse where they have.

    Returns the order of the first time where the same request comes twice at once.
    """
    assert who.terms is not None
    order = PremiumOrder(
        no=order_number("DJ", act.on),
        payer=payer,
        person=who.person,
        region=who.region,
        premium_year=who.terms.premium_year,
        amount_fen=who.amount_fen,
        actor=str(act.actor),
        key=key,
        created_at=act.at,
    )
    PremiumOrder.objects.bulk_create([order], ignore_conflicts=True)
    stored = PremiumOrder.objects.filter(key=key).first()
    if stored is None:
        _payable(payer, who.person, act.on)  # says who was faster
        raise PremiumRefusedError((changed("这一笔的编号或别人的代缴单刚刚有变化"),))
    if stored.no == order.no:
        record(act, stored)
    return stored


def _debit(act: Act, order: PremiumOrder, who: Payable) -> None:
    assert who.terms is not None
    vouchers = debit(act=act, who=who, target=PotKind.PREMIUMS, key=f"premium:{order.pk}", payload={"order": order.pk})
    PremiumVoucher.objects.bulk_create(PremiumVoucher(order=order, voucher=voucher) for voucher in vouchers)
    order.debited_at, order.undo_until = act.at, act.at + undo_for(who.terms)
    record(act, order, OrderState.DEBITED)
