"""What each process of the payments model does: bills, refunds, premiums and moves at random over the same money.

Every reply is kept, and means what it says: what the accounts hold in the end is worked out from the replies alone.
"""

import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.db import transaction

from accounts.codes import PotKind
from accounts.errors import AccountsError
from accounts.models import Person, Pot
from family.operations import pool
from payments.bills import operations as bills
from payments.models import Bill, Institution, PremiumOrder
from payments.premiums.codes import OrderState
from payments.premiums.operations import paying, progress
from tests.factories.acts import act_on
from tests.factories.family import QUANZHOU

DAY = date(2026, 11, 26)  # the campaign of 2027 is open
ACT = act_on(DAY)
LARGEST = 3_000  # fen of a bill: small enough that accounts last, large enough that limits do not


@dataclass(frozen=True, slots=True)
class Town:
    """Ids of those whose money is used together: who has a pool, who lends directly, who uses, who is a resident."""

    pool_owners: list[int]
    users: dict[int, str]
    residents: dict[int, int]  # → the one who pays their premium


@dataclass(slots=True)
class Replies:
    """What one process was told: by the number of each thing, the fen of accounts in it. What was refused, by its answer."""

    bills: dict[str, tuple[int, int]] = field(default_factory=dict)  # account and cash
    refunds: dict[str, int] = field(default_factory=dict)
    orders: dict[str, int] = field(default_factory=dict)
    undone: dict[str, int] = field(default_factory=dict)
    refused: Counter[str] = field(default_factory=Counter)


class Payments:
    """One process at work: its dice, and what it was told."""

    def __init__(self, town: Town, me: str) -> None:
        self.town, self.me = town, me
        self.dice = random.Random(me)
        self.place = Institution.objects.get()
        self.replies = Replies()

    def act(self, number: int) -> None:
        self.number = number
        ways: list[Callable[[], None]] = [
            self.bill, self.bill, self.bill, self.same_bill, self.refund, self.premium, self.undo, self.move_in,
            self.move_back,
        ]  # fmt: skip
        way = self.dice.choice(ways)
        try:
            way()
        except AccountsError as error:  # a clear answer; whatever else is raised fails the test
            self.replies.refused[f"{way.__name__} {type(error).__name__}"] += 1

    def bill(self) -> None:
        self.settle(f"{self.me}/{self.number}")

    def same_bill(self) -> None:
        """A bill that several processes send: whoever is first settles it, and everybody hears the same."""
        self.settle(f"shared/{self.number}", random.Random(self.number))

    def settle(self, bill_no: str, dice: random.Random | None = None) -> None:
        dice = dice or self.dice
        user = dice.choice(sorted(self.town.users))
        bill = bills.pay(
            act=ACT,
            institution=self.place,
            bill_no=bill_no,
            person=Person(pk=user),
            region=self.town.users[user],
            amount_fen=dice.randint(1, LARGEST),
            on=DAY,
        )
        self.replies.bills[bill_no] = bill.account_fen, bill.cash_fen

    def refund(self) -> None:
        found = Bill.objects.filter(reverses=None, account_fen__gt=0).order_by("-pk")[:40]
        if not found:
            return
        bill = self.dice.choice(list(found))
        number, fen = f"{self.me}/{self.number}/back", self.dice.randint(1, bill.amount_fen)
        back = bills.refund(act=ACT, bill=bill, bill_no=number, reason="退药", amount_fen=fen)
        self.replies.refunds[number] = back.account_fen

    def premium(self) -> None:
        person = self.dice.choice(sorted(self.town.residents))
        order = paying.pay_one(
            act=ACT,
            payer=Person.objects.get(pk=self.town.residents[person]),
            person=Person.objects.get(pk=person),
            key=f"{self.me}/{self.number}",
        )
        self.replies.orders[order.no] = order.amount_fen

    def undo(self) -> None:
        live = list(PremiumOrder.objects.filter(state=OrderState.DEBITED).select_related("payer")[:20])
        if live:
            order = self.dice.choice(live)
            progress.undo(act=ACT, payer=order.payer, no=order.no)
            self.replies.undone[order.no] = order.amount_fen

    def move_in(self) -> None:
        self.move(pool.move_in)

    def move_back(self) -> None:
        self.move(pool.move_back)

    def move(self, way: Callable[..., Any]) -> None:
        owner = Person.objects.get(pk=self.dice.choice(self.town.pool_owners))
        fen = self.dice.randint(1, LARGEST)
        way(act=ACT, payer=owner, region=QUANZHOU, amount_fen=fen, key=f"{self.me}/{self.number}")


def pay_at_random(town: Town, times: int, me: str) -> Replies:
    """Do so many things at random; return what was told."""
    payments = Payments(town, me)
    for number in range(times):
        payments.act(number)
    return payments.replies


def pay_naively(town: Town, times: int, me: str) -> Replies:
    """Settle bills from one account as it looks right when one comes at a time: read the balance, write what is left."""
    replies, dice = Replies(), random.Random(me)
    for number in range(times):
        fen = dice.randint(1, LARGEST)
        with transaction.atomic():
            pot = Pot.objects.get(person=town.pool_owners[0], region=QUANZHOU, kind=PotKind.CARRIED)
            pot.balance_fen -= fen
            pot.save()
        replies.bills[f"{me}/{number}"] = fen, 0
    return replies
