"""What the processes of a race call: the real operations, and beside each the naive way of doing it.

The naive ways are what looks right when one person at a time tries it. They are here to fail the same tests.
"""

import random
import time
from collections.abc import Callable, Sequence
from datetime import date
from typing import Any

from django.db import OperationalError, connection, transaction

from accounts.codes import VoucherKind
from accounts.jobs.worker import run_job
from accounts.ledger import posting, reversing
from accounts.ledger.errors import AlreadyReversedError, InsufficientFundsError
from accounts.ledger.posting import Locked, Move
from accounts.ledger.pots import system_pot
from accounts.models import Person, Pot, Voucher
from payments.bills import operations
from payments.models import Institution
from tests.concurrency import all_at_once, wait_until
from tests.factories.acts import act_on
from tests.personas import ACTOR, ZHOUSHAN, spend
from yibao.lib import clock
from yibao.lib.periods import Period

LAST_DAY, NEXT_YEAR = date(2025, 12, 31), date(2026, 1, 1)
SCRATCH = {
    "naive_effect": "key text, amount bigint",
    "naive_pot": "id bigint PRIMARY KEY, balance bigint NOT NULL CHECK (balance >= 0)",
    "naive_carry": "pot bigint, amount bigint",
    "naive_booked": "pot bigint, amount bigint",
    "naive_period": "closed boolean",
}
IN_THE_NEW_YEAR = 4  # payments of each process


def make_scratch() -> None:
    """Make the tables of the naive ways, empty."""
    for name, columns in SCRATCH.items():
        sql(f"DROP TABLE IF EXISTS {name}")
        sql(f"CREATE TABLE {name} ({columns})")


def sql(statement: str, *parameters: Any) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return cursor.fetchall() if cursor.description else []


def one_of(act: Any, arguments: tuple[Any, ...]) -> Any:
    """Call what this process is there for: all make one call, and may have different parts in it."""
    return act(*arguments)


# Spending


def spend_much(people: Sequence[int], times: int, seed: str) -> dict[int, int]:
    """Spend random amounts of random people, three in four through the ledger, the others as bills; return fen by person."""
    dice, taken = random.Random(seed), dict.fromkeys(people, 0)
    place = Institution.objects.get()
    for number in range(times):
        person = Person(pk=dice.choice(people))
        amount, key = dice.randint(1, 400), f"{seed}/{number}"
        if dice.random() < 0.75:
            try:
                spend(person, amount, on=LAST_DAY, key=key)
                taken[person.pk] += amount
            except InsufficientFundsError:
                pass
        else:
            taken[person.pk] += operations.pay(
                act=act_on(LAST_DAY),
                institution=place,
                person=person,
                region=ZHOUSHAN,
                amount_fen=amount,
                on=LAST_DAY,
                bill_no=key,
            ).account_fen
    return taken


def spend_much_naively(people: Sequence[int], times: int, seed: str) -> dict[int, int]:
    """Read the balance, look whether it suffices, write the balance. The CHECK constraint sees nothing wrong."""
    dice, taken = random.Random(seed), dict.fromkeys(people, 0)
    for _ in range(times):
        person, amount = dice.choice(people), dice.randint(1, 400)
        with transaction.atomic():
            pot = Pot.objects.get(person=person, kind="carried")
            if pot.balance_fen >= amount:
                pot.balance_fen -= amount
                pot.save()
                taken[person] += amount
    return taken


# One key, many requests


def use_keys(person: int, keys: Sequence[str]) -> list[list[int]]:
    """Send each request twice at once, from two threads; return the vouchers that came back."""
    return [_twice(lambda key=key: spend(Person(pk=person), 10, on=LAST_DAY, key=key).pk) for key in keys]


def use_keys_naively(person: int, keys: Sequence[str]) -> list[list[int]]:
    def request(key: str) -> int:
        with transaction.atomic():
            if not sql("SELECT 1 FROM naive_effect WHERE key = %s", key):
                sql("INSERT INTO naive_effect VALUES (%s, 10)", key)
        return 0

    return [_twice(lambda key=key: request(key)) for key in keys]


def _twice(act: Callable[[], int]) -> list[int]:
    found = all_at_once(act, act)
    assert all(isinstance(voucher, int) for voucher in found), found
    return found


# One voucher, many reversals


def reverse_all(vouchers: Sequence[int], me: str) -> int:
    """Try to reverse every voucher under a key of one's own; return how many one was the first to."""
    done = 0
    for voucher in vouchers:
        try:
            reversing.reverse(act=act_on(LAST_DAY), voucher_id=voucher, key=f"{me}/{voucher}", reason="退费")
            done += 1
        except AlreadyReversedError:
            pass
    return done


def reverse_all_naively(vouchers: Sequence[int], me: str) -> int:
    done = 0
    for voucher in vouchers:
        with transaction.atomic():
            if not sql("SELECT 1 FROM naive_effect WHERE key = %s", str(voucher)):
                sql("INSERT INTO naive_effect VALUES (%s, 1)", str(voucher))
                done += 1
    return done


# The year end, with payments that take a moment


def spend_slowly(people: Sequence[int], seed: str, until: float, slow: float) -> None:
    """Pay for people, each payment taking `slow` seconds; those begun before `until` belong to the old year."""
    dice, began, new = random.Random(seed), time.monotonic(), 0
    institutions = system_pot(ZHOUSHAN, "institutions")
    while new < IN_THE_NEW_YEAR:
        passed = time.monotonic() - began
        new += passed >= until
        person, amount = dice.choice(people), dice.randint(1, 100)

        def decide(locked: Locked, amount: int = amount) -> list[Move]:
            time.sleep(slow)
            for pot in locked.pots.values():
                if locked.available_fen(pot.pk) >= amount:
                    return [Move(pot.pk, institutions, amount)]
            raise InsufficientFundsError

        posting.post(
            act=act_on(LAST_DAY if passed < until else NEXT_YEAR),
            kind=VoucherKind.SPENDING,
            region=ZHOUSHAN,
            key=f"{seed}/{passed}",
            payload={},
            pots=list(Pot.objects.filter(person=person).order_by("-kind").values_list("pk", flat=True)),
            decide=decide,
        )


def close_after(wait: float, payers: int) -> str:
    """Close the year after some seconds, and not before so many have paid."""
    time.sleep(wait)
    wait_until(lambda: Voucher.objects.filter(kind=VoucherKind.SPENDING).count() >= payers)
    (report,) = run_job(
        actor=ACTOR, kind="rollover", region=ZHOUSHAN, period=Period(2025), on=NEXT_YEAR, clock=clock.now
    )
    return report.state


def spend_slowly_naively(pots: Sequence[int], seed: str, until: float, slow: float) -> None:
    """Look at the flag that says the year is closed; if it is not, book the payment in it."""
    dice, began, new = random.Random(seed), time.monotonic(), 0
    while new < IN_THE_NEW_YEAR:
        new += time.monotonic() - began >= until
        pot, amount = dice.choice(pots), dice.randint(1, 100)
        with transaction.atomic():
            closed = sql("SELECT closed FROM naive_period")[0][0]
            time.sleep(slow)
            sql("UPDATE naive_pot SET balance = balance - %s WHERE id = %s AND balance >= %s", amount, pot, amount)
            if not closed:
                sql("INSERT INTO naive_booked VALUES (%s, %s)", pot, amount)


def close_after_naively(wait: float, payers: int) -> str:
    time.sleep(wait)
    wait_until(lambda: sql("SELECT count(*) FROM naive_booked")[0][0] >= payers)
    with transaction.atomic():
        sql("UPDATE naive_period SET closed = true")
    with transaction.atomic():
        sql("INSERT INTO naive_carry SELECT id, balance FROM naive_pot")
    return "done"


# Two people, each the other's


def hand_over(pots: Sequence[int], times: int, me: str) -> int:
    """Move a fen from the first pot to the second, again and again, naming the pots in this order."""
    for number in range(times):
        posting.post(
            act=act_on(LAST_DAY),
            kind=VoucherKind.TRANSFER_IN,
            region=ZHOUSHAN,
            key=f"{me}/{number}",
            payload={},
            pots=pots,
            decide=lambda locked: [Move(pots[0], pots[1], 1)],
        )
    return 0


def hand_over_naively(pots: Sequence[int], times: int, me: str) -> int:
    """Lock the giver, then the receiver. Return how often PostgreSQL had to break off a deadlock."""
    broken = 0
    sql("SET deadlock_timeout = '50ms'")  # a second would pass before each of these circles is noticed
    for _ in range(times):
        try:
            with transaction.atomic():
                giver = Pot.objects.select_for_update().get(pk=pots[0])
                receiver = Pot.objects.select_for_update().get(pk=pots[1])
                Pot.objects.filter(pk=giver.pk).update(balance_fen=giver.balance_fen - 1)
                Pot.objects.filter(pk=receiver.pk).update(balance_fen=receiver.balance_fen + 1)
        except OperationalError:
            broken += 1
    return broken
