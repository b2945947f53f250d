"""What the processes on one payer's pot call."""

import random
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from django.db import IntegrityError, connection

from accounts.ledger import confirming, locking
from accounts.ledger.errors import ControlTotalsError
from accounts.models import Person
from payments.bills import operations
from payments.models import Bill, Institution
from tests.factories.family import ACT, RUIAN, TODAY

Reply = tuple[int, int, int | None]  # the bill, what accounts paid or got back (fen), the bill that it gives back
LEAST = 10  # bills of each process, however slow the machine


def deadlocks() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()")
        return cursor.fetchone()[0]


def pay_and_give_back(people: Sequence[int], place: int, me: str, seconds: float) -> list[Reply]:
    """Pay bills of anybody of these people for so long, repeat some, give some back; return what was answered."""
    dice, told, end = random.Random(me), [], time.monotonic() + seconds
    while time.monotonic() < end or len(told) < LEAST:
        bill = _pay(dice, people, place, f"{me}/{len(told)}")
        told.append((bill.pk, bill.account_fen, None))
        if dice.random() < 0.5:
            number = f"{me}/{len(told)}"
            back = operations.refund(act=ACT, bill=bill, bill_no=number, reason="退费")
            again = operations.refund(act=ACT, bill=bill, bill_no=number, reason="退费")
            assert (again.pk, again.account_fen) == (back.pk, back.account_fen)
            told.append((back.pk, back.account_fen, bill.pk))
    return told


def _pay(dice: random.Random, people: Sequence[int], place: int, number: str) -> Bill:
    asked = {
        "act": ACT,
        "institution": Institution.objects.get(pk=place),
        "person": Person(pk=dice.choice(people)),
        "region": RUIAN,
        "amount_fen": dice.randint(1, 400),
        "on": TODAY,
        "bill_no": number,
    }
    bill = operations.pay(**asked)
    if dice.random() < 0.3:
        again = operations.pay(**asked)
        assert (again.pk, again.account_fen) == (bill.pk, bill.account_fen)
    return bill


def pay_unlocked(people: Sequence[int], place: int, me: str, seconds: float) -> list[Reply | str]:
    """Pay as `pay_and_give_back` does, with pots read and not locked, neither first nor where it is written."""
    dice, told = random.Random(me), []
    with _reading_only():
        for number in range(LEAST):
            try:
                bill = _pay(dice, people, place, f"{me}/{number}")
                told.append((bill.pk, bill.account_fen, None))
            except (ControlTotalsError, IntegrityError):
                told.append("refused")
    return told


@contextmanager
def _reading_only() -> Iterator[None]:
    locked, confirmed = locking._years_and_pots_of, confirming._within
    locking._years_and_pots_of = lambda *reach: locked(*reach).replace("FOR UPDATE OF p", "")
    confirming._within = lambda count: confirmed(count).replace("FOR UPDATE", "")
    try:
        yield
    finally:
        locking._years_and_pots_of, confirming._within = locked, confirmed
