"""Eight processes on one payer's pot: relatives pay, repeat and give back, without a pause.

A second in the suite, a minute under `make chaos`.
"""

import pytest
from django.db import connection

from accounts.ledger.verify import findings
from payments.bills.models import Bill
from tests.chaos import hot_pot_calls
from tests.concurrency import ROUNDS, is_lost
from tests.factories.family import RUIAN, balance_of, bond, insured
from tests.personas import clinic

pytestmark = [pytest.mark.usefixtures("committed_db"), pytest.mark.chaos]

PROCESSES, OPENING = 8, 30_000
SECONDS = 1.0 if ROUNDS == 1 else 2.4 * ROUNDS


@pytest.fixture
def replies(process_pool, committed_db):
    """Return a function that lets relatives of one payer pay at once, and returns the payer and what they were answered."""

    def pay_at_once(act, opening_fen: int = OPENING) -> tuple:
        # Something of this year too, so that its books are open and no first bill has to open them.
        payer, users = insured(carried=opening_fen, current=1), [insured(resident=True) for _ in range(PROCESSES)]
        for user in users:
            bond(payer, user)
        place = clinic(RUIAN, code=f"H{payer.pk}")
        ids = [user.pk for user in users]
        connection.close()
        told = process_pool.call_at_once(
            act, committed_db, [(ids, place.pk, f"{act.__name__} {me}", SECONDS) for me in range(PROCESSES)]
        )
        return payer, [reply for process in told for reply in process]

    return pay_at_once


def test_nobody_waits_in_a_circle_no_fen_is_overdrawn_and_every_reply_is_true(replies):
    before = hot_pot_calls.deadlocks()
    payer, told = replies(hot_pot_calls.pay_and_give_back)
    assert hot_pot_calls.deadlocks() == before
    assert {reply[0] for reply in told} <= set(Bill.objects.values_list("pk", flat=True))
    assert sorted(told) == sorted(Bill.objects.values_list("pk", "account_fen", "reverses"))
    paid = sum(fen for _, fen, of in told if of is None)
    given_back = sum(fen for _, fen, of in told if of is not None)
    assert given_back > 0
    assert balance_of(payer) == OPENING - paid + given_back
    assert list(findings()) == []


def test_without_the_locks_of_the_pots_some_would_be_refused(replies):
    """They would pay the last fen twice, or rest on a balance that is another's already."""
    assert is_lost(lambda: "refused" in replies(hot_pot_calls.pay_unlocked, opening_fen=4_000)[1])
    assert list(findings()) == []
