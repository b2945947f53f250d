"""Bills, refunds, premiums and moves into the pool, all at once over the same money, in eight processes.

What the accounts hold in the end is what they held, less what the replies say was taken, plus what they say came back.
The suite tries some hundreds; a hundred thousand with `YIBAO_CHAOS_ROUNDS=420 .venv/bin/pytest tests/chaos/test_payments.py`.
"""

from collections import Counter
from collections.abc import Mapping
from typing import Any

import pytest
from django.db import connection
from django.db.models import Sum

from accounts.codes import MONEY_POTS, PotKind
from accounts.ledger.pots import pool_pot
from accounts.ledger.verify import findings
from accounts.models import Pot
from family.models import Bond
from family.queries.facts import used_fen
from payments.models import Bill
from tests.chaos import payment_calls, race_calls
from tests.chaos.payment_calls import Replies, Town
from tests.concurrency import ROUNDS, is_lost
from tests.factories.family import QUANZHOU, RUIAN, bond, credit, insured
from tests.personas import clinic

pytestmark = [pytest.mark.usefixtures("committed_db"), pytest.mark.chaos]

PROCESSES = 8
TIMES = 30 * ROUNDS
# Nobody has thousands of bills a year: with more rounds come more households, of some two thousand operations each.
HOUSEHOLDS = 1 + ROUNDS // 10
EACH = -(-ROUNDS // HOUSEHOLDS)  # rounds of one household
LIMIT = 40_000 * EACH  # fen: some limits are reached, others not
SCOPES = ["medical", "premium"]


def town() -> Town:
    """Households of two who share: one through a pool, one by letting relatives draw; and five who use it."""
    found = Town([], {}, {})
    for _ in range(HOUSEHOLDS):
        owner, lender = insured(QUANZHOU, carried=3_000_000 * EACH), insured(RUIAN, carried=200_000 * EACH)
        pool_pot(QUANZHOU, owner.pk)
        credit(owner, QUANZHOU, PotKind.POOL, 300_000 * EACH)
        child, parent = insured(QUANZHOU, resident=True), insured(QUANZHOU, resident=True)
        own_first, resident = insured(RUIAN, carried=5_000 * EACH), insured(RUIAN, resident=True)
        unlimited = insured(RUIAN, resident=True)
        for user in (child, parent):
            bond(owner, user, scopes=SCOPES)
            found.residents[user.pk] = owner.pk
        bond(lender, own_first, limit_fen=LIMIT)
        bond(lender, resident, limit_fen=LIMIT // 10)
        bond(lender, unlimited)
        found.pool_owners.append(owner.pk)
        found.users.update(dict.fromkeys([child.pk, parent.pk, owner.pk], QUANZHOU))
        found.users.update(dict.fromkeys([own_first.pk, resident.pk, unlimited.pk], RUIAN))
    return found


def held_fen() -> int:
    return Pot.objects.filter(kind__in=MONEY_POTS).aggregate(fen=Sum("balance_fen"))["fen"]


@pytest.fixture
def replies(process_pool, committed_db) -> tuple[int, list[Replies]]:
    """Return what the accounts held before, and what each process was told."""
    clinic(RUIAN)
    people, before_fen = town(), held_fen()
    connection.close()
    calls = [(people, TIMES, f"process {me}") for me in range(PROCESSES)]
    return before_fen, process_pool.call_at_once(payment_calls.pay_at_random, committed_db, calls)


def said(parts: list[Mapping[str, Any]]) -> dict[str, Any]:
    """Return what all processes were told by number; whoever heard of the same thing heard the same."""
    told: dict[str, Any] = {}
    for part in parts:
        for number, fen in part.items():
            assert told.setdefault(number, fen) == fen, number
    return told


def test_whatever_eight_processes_pay_at_once_every_reply_is_true(replies):
    before_fen, told = replies
    bills = said([one.bills for one in told])
    given_back = {**said([one.refunds for one in told]), **said([one.undone for one in told])}
    orders = said([one.orders for one in told])
    refused = sum((one.refused for one in told), Counter())
    assert len(bills) > TIMES, f"too little happened to prove anything: {refused}"
    assert orders, refused
    assert given_back, refused
    taken_fen = sum(account for account, _ in bills.values()) + sum(orders.values())
    assert held_fen() == before_fen - taken_fen + sum(given_back.values())
    stored = Bill.objects.filter(reverses=None).values_list("bill_no", "account_fen", "amount_fen")
    assert {number: (account, whole - account) for number, account, whole in stored} == bills
    assert not Pot.objects.filter(kind__in=MONEY_POTS, balance_fen__lt=0).exists()
    limited = list(Bond.objects.exclude(limit_fen=None))
    used = used_fen(limited, {one.pk: payment_calls.DAY.year for one in limited})
    assert all(0 < used[one.pk] <= one.limit_fen for one in limited), used
    assert list(findings()) == []
    assert race_calls.sql("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()")[0][0] == 0


def test_bills_settled_without_locks_are_found_out_by_the_same_sum(process_pool, committed_db):
    people = town()

    def loses_money() -> bool:
        before_fen = held_fen()
        connection.close()
        calls = [(people, 30, f"process {me}") for me in range(PROCESSES)]
        told = process_pool.call_at_once(payment_calls.pay_naively, committed_db, calls)
        return held_fen() != before_fen - sum(account for account, _ in said([one.bills for one in told]).values())

    assert is_lost(loses_money)
