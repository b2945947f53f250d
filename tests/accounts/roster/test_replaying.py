"""What becomes of a month's payments when an import among them is withdrawn: pure code, thousands of made-up months."""

import random
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta

import pytest

from accounts.codes import FactChangeKind, PaymentType
from accounts.roster.payments import PaidMonth, Payment, replayed

pytestmark = pytest.mark.unit

State = dict[int, tuple[bool, FactChangeKind | None]]


def a_payment(dice: random.Random) -> Payment:
    return Payment(
        base_fen=dice.choice((4_462_00, 5_000_00, 6_000_00)),
        received_on=date(2025, 1, 15) + timedelta(days=dice.randrange(4)),
        clct_type=dice.choice([*PaymentType, PaymentType.NORMAL]),
        payer=dice.choice(("", "A", "B")),
    )


def taken(kept: Sequence[Payment], new: Sequence[Payment], first: int) -> list[Payment]:
    """Return a month's payments once a file has come in; the rows of it that are taken get ids from `first`."""
    month = PaidMonth([replace(payment) for payment in kept])
    for payment in new:
        month.take(payment)
    ids = iter(range(first, first + len(new)))
    return [replace(p, id=next(ids), is_new=False) if p.id is None else p for p in month.payments]


def withdrawn(kept: Sequence[Payment], ids: range) -> list[Payment]:
    left = [replace(payment) for payment in kept if payment.id not in ids]
    replayed(left)
    return left


def state(payments: Sequence[Payment]) -> State:
    """Return what became of each; why one counts makes no difference."""
    return {p.id or 0: (p.counts, None if p.counts else p.change) for p in payments}


def a_month(seed: int) -> list[list[Payment]]:
    """Return how a month stood after each of some files."""
    dice, stands = random.Random(seed), [list[Payment]()]
    for number in range(1, dice.randint(2, 5)):
        stands.append(taken(stands[-1], [a_payment(dice) for _ in range(dice.randint(1, 2))], 10 * number))
    return stands


@pytest.mark.parametrize("seed", range(8))
def test_withdrawing_the_last_file_leaves_the_month_as_it_was_before(seed: int) -> None:
    for round_ in range(500):
        stands = a_month(1_000 * seed + round_)
        before, after = stands[-2], stands[-1]
        last = 10 * (len(stands) - 1)
        assert state(withdrawn(after, range(last, last + 10))) == state(before), f"month {1_000 * seed + round_}"


@pytest.mark.parametrize("seed", range(8))
def test_whichever_is_withdrawn_one_payment_counts_where_any_is_left_to(seed: int) -> None:
    for round_ in range(500):
        stands = a_month(1_000 * seed + round_)
        for number in range(1, len(stands)):
            left = withdrawn(stands[-1], range(10 * number, 10 * number + 10))
            counting = [payment for payment in left if payment.counts]
            assert len(counting) <= 1
            assert counting or not any(payment.waits for payment in left)
            assert all(payment.counts or payment.change for payment in left)


def test_the_made_up_months_are_of_every_kind() -> None:
    seen = [payment for seed in range(500) for payment in a_month(seed)[-1]]
    assert {payment.clct_type for payment in seen} == set(PaymentType)
    assert {payment.change for payment in seen if not payment.counts} >= {
        FactChangeKind.CORRECTED,
        FactChangeKind.SECOND_PAYER,
        FactChangeKind.REFUNDED,
    }


def test_a_correction_is_about_the_payment_that_counts_where_its_payer_has_two() -> None:
    """Paid, given back, paid anew: once the refund is withdrawn, the first counts and the second waits."""
    kept = taken([], [Payment(5_000_00, date(2025, 1, 15), payer="B")], 10)
    kept = taken(kept, [Payment(5_000_00, date(2025, 1, 20), PaymentType.REFUND, payer="B")], 20)
    kept = withdrawn(taken(kept, [Payment(6_000_00, date(2025, 1, 25), payer="B")], 30), range(20, 30))
    kept = [payment for payment in kept if payment.id != 20]
    assert state(kept) == {10: (True, None), 30: (False, FactChangeKind.SECOND_PAYER)}
    for number, base in ((40, 5_500_00), (50, 5_600_00)):
        kept = taken(kept, [Payment(base, date(2025, 2, 1), PaymentType.CORRECTION, payer="B")], number)
    assert [payment.base_fen for payment in kept if payment.counts] == [5_600_00]
    assert state(kept)[30] == (False, FactChangeKind.SECOND_PAYER)


def test_what_a_correction_was_about_never_counts_though_it_comes_after_it() -> None:
    """The slip was held; its 更正 came first. It is no second payment, and does not count once the 更正 is given back."""
    kept = taken([], [Payment(5_000_00, date(2025, 2, 20), PaymentType.CORRECTION)], 10)
    kept = taken(kept, [Payment(50_000_00, date(2025, 2, 15))], 20)
    assert state(kept) == {10: (True, None), 20: (False, FactChangeKind.CORRECTED)}
    assert state(withdrawn(kept, range(10, 20))) == {20: (True, None)}
    kept = taken(kept, [Payment(5_000_00, date(2025, 3, 1), PaymentType.REFUND)], 30)
    assert [payment.id for payment in kept if payment.counts or payment.waits] == []
