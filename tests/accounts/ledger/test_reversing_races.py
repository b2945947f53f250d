"""Parts of one voucher given back at once by many are never more than it; counted without the locks they are."""

from datetime import date

import pytest

from accounts.ledger import reversing
from accounts.ledger.verify import findings
from accounts.models import Transfer, Voucher
from tests.concurrency import all_at_once, is_lost
from tests.personas import balances, give, insured, reverse, spend

pytestmark = [pytest.mark.usefixtures("committed_db"), pytest.mark.chaos]

DAY = date(2025, 3, 3)
AT_ONCE = 12


def paid(key: str) -> Voucher:
    person = insured()
    give(person, 1_000, on=DAY, key=f"give {key}")
    return spend(person, 1_000, on=DAY, key=key)


def give_back(voucher: Voucher, fen: int) -> list[object]:
    calls = [
        lambda part=part: reverse(voucher, on=DAY, key=f"{voucher.key}/{part}", amount_fen=fen)
        for part in range(AT_ONCE)
    ]
    return all_at_once(*calls)


def test_of_twelve_parts_at_once_only_those_that_fit_are_given_back():
    voucher = paid("bill")
    done = [one for one in give_back(voucher, 300) if isinstance(one, Voucher)]
    assert len(done) == 3
    assert reversing.reversed_fen(voucher.pk) == 900
    assert balances(voucher.subject).carried == 900
    assert list(findings()) == []


def test_what_was_given_back_read_before_the_locks_is_given_back_twice(monkeypatch):
    def is_given_twice() -> bool:
        voucher = paid(f"bill {Voucher.objects.count()}")
        monkeypatch.setattr(reversing, "reversed_fen", lambda voucher_id: 0)
        give_back(voucher, 300)
        monkeypatch.undo()
        return Transfer.objects.filter(voucher__reverses=voucher).count() > 3

    assert is_lost(is_given_twice)
