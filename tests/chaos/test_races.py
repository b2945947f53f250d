"""Everybody at once, in processes of their own on PostgreSQL. Each test is run again on the naive way, which must fail.

The suite makes a few hundred attempts, `make chaos` many. A hundred thousand spends, and nothing else:

    YIBAO_CHAOS_ROUNDS=420 .venv/bin/pytest tests/chaos/test_races.py -k overdraw
"""

from datetime import date

import pytest
from django.db import connection

from accounts.ledger.verify import findings
from accounts.models import Pot, Transfer, Voucher
from tests.chaos import race_calls
from tests.concurrency import ROUNDS, is_lost
from tests.personas import balances, clinic, give, insured, paid_for, pot, run, spend

pytestmark = [pytest.mark.usefixtures("committed_db"), pytest.mark.chaos]

SPENDS = 240 * ROUNDS
PROCESSES = 8
DAY = date(2025, 3, 3)


@pytest.fixture
def at_once(process_pool, committed_db):
    """Return a function that makes processes call something at once on this test's database."""
    connection.close()
    return lambda call, arguments: process_pool.call_at_once(call, committed_db, arguments)


def deadlocks() -> int:
    return race_calls.sql("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()")[0][0]


class TestOverdraw:
    """Some accounts, eight processes, more spending than there is money."""

    def overspent(self, at_once, act) -> int:
        """Return by how many fen what was spent and what is left differ from what there was."""
        opening = SPENDS * 50 // 4
        people = [insured() for _ in range(4)]
        for person in people:
            give(person, opening, on=DAY, key=f"give {person.pk}")
        ids = [person.pk for person in people]
        taken = at_once(act, [(ids, SPENDS // PROCESSES, f"{act.__name__} {me}") for me in range(PROCESSES)])
        spent = {person.pk: sum(by[person.pk] for by in taken) for person in people}
        assert all(fen >= opening * 0.9 for fen in spent.values()), "too few attempts to prove anything"
        return sum(abs(spent[person.pk] + balances(person).total - opening) for person in people)

    def test_parallel_spends_never_overdraw_and_every_fen_is_accounted_for(self, at_once):
        clinic()
        assert self.overspent(at_once, race_calls.spend_much) == 0
        assert list(findings()) == []

    def test_reading_and_saving_the_balance_overdraws(self, at_once):
        assert is_lost(lambda: self.overspent(at_once, race_calls.spend_much_naively) > 0)


class TestOneKey:
    """Ten requests, each sent sixteen times at once."""

    keys = tuple(f"bill {number}" for number in range(10))

    def test_sixteen_at_once_have_one_effect_and_one_answer(self, at_once):
        person = insured()
        give(person, 1_000, on=DAY, key="give")
        answers = at_once(race_calls.use_keys, [(person.pk, self.keys)] * PROCESSES)
        for number in range(len(self.keys)):
            assert len({voucher for answer in answers for voucher in answer[number]}) == 1
        assert balances(person).carried == 1_000 - 10 * len(self.keys)
        assert Voucher.objects.count() == 1 + len(self.keys)

    def test_looking_whether_the_key_is_there_pays_twice(self, at_once):
        def paid_twice() -> bool:
            race_calls.make_scratch()
            at_once(race_calls.use_keys_naively, [(0, self.keys)] * PROCESSES)
            return race_calls.sql("SELECT count(*) FROM naive_effect")[0][0] > len(self.keys)

        assert is_lost(paid_twice)


class TestOneReversal:
    """Twenty vouchers, each reversed by eight processes under keys of their own."""

    def test_exactly_one_of_eight_reverses(self, at_once):
        person = insured()
        give(person, 1_000, on=DAY, key="give")
        vouchers = [spend(person, 10, on=DAY, key=f"bill {number}").pk for number in range(20)]
        done = at_once(race_calls.reverse_all, [(vouchers, f"process {me}") for me in range(PROCESSES)])
        assert sum(done) == len(vouchers)
        assert balances(person).carried == 1_000
        assert list(findings()) == []

    def test_looking_whether_it_was_reversed_reverses_twice(self, at_once):
        def reversed_twice() -> bool:
            race_calls.make_scratch()
            done = at_once(race_calls.reverse_all_naively, [(range(20), f"process {me}") for me in range(PROCESSES)])
            return sum(done) > 20

        assert is_lost(reversed_twice)


class TestYearEnd:
    """Payments that take 150 ms straddle the closing of the year. What is carried is what the year left, to the fen."""

    slow, until, pots = 0.15, 0.8, 20

    @pytest.mark.parametrize("seed", range(ROUNDS))
    def test_a_closing_year_end_carries_exactly_what_slow_payments_left(self, at_once, seed):
        people = [insured() for _ in range(self.pots)]
        for person in people:
            paid_for(person, date(2024, 12, 1), "5000.00")
            give(person, 500_00, on=DAY, key=f"give {person.pk}")
        run("accrual", "2025", on=DAY)
        ids = [person.pk for person in people]
        before = deadlocks()
        both = [(race_calls.spend_slowly, (ids, f"{seed}/{me}", self.until, self.slow)) for me in range(PROCESSES - 1)]
        at_once(race_calls.one_of, [*both, (race_calls.close_after, (self.until, PROCESSES - 1))])
        booked = {person: 1200_00 for person in ids}
        carried = dict.fromkeys(ids, 0)
        for row in Transfer.objects.filter(source__kind="current").select_related("source", "voucher"):
            (carried if row.kind == "rollover" else booked)[row.source.person_id] += (
                row.amount_fen if row.kind == "rollover" else -row.amount_fen
            )
            assert row.period == "2025"
        assert carried == booked
        assert {balances(person).current for person in people} == {0}
        assert set(Pot.objects.filter(kind="current").values_list("year", flat=True)) == {2026}
        periods = Voucher.objects.filter(kind="spending").values_list("period", flat=True)
        assert {"2025", "2026"} == set(periods), "the payments did not straddle the year end"
        assert list(findings()) == []
        assert deadlocks() == before

    def test_checking_a_flag_carries_wrongly(self, at_once):
        pots = list(range(1, self.pots + 1))
        payers = [
            (race_calls.spend_slowly_naively, (pots, f"{me}", self.until, self.slow)) for me in range(PROCESSES - 1)
        ]

        def carried_wrongly() -> bool:
            race_calls.make_scratch()
            race_calls.sql("INSERT INTO naive_period VALUES (false)")
            race_calls.sql("INSERT INTO naive_pot SELECT n, 120000 FROM generate_series(1, %s) n", self.pots)
            at_once(race_calls.one_of, [*payers, (race_calls.close_after_naively, (self.until, PROCESSES - 1))])
            wrong = race_calls.sql(
                "SELECT count(*) FROM naive_carry c LEFT JOIN (SELECT pot, sum(amount) AS amount FROM naive_booked"
                " GROUP BY pot) b USING (pot) WHERE c.amount <> 120000 - coalesce(b.amount, 0)"
            )
            return wrong[0][0] > 0

        assert is_lost(carried_wrongly)


class TestLockOrder:
    """Half the processes pay A from B, the other half B from A."""

    times = 30

    def both_ways(self) -> list[list[int]]:
        first, second = insured(), insured()
        for person in (first, second):
            give(person, 10_000, on=DAY, key=f"give {person.pk}")
        pair = [pot(first, "carried").pk, pot(second, "carried").pk]
        return [pair, pair[::-1]]

    def test_opposite_payments_never_deadlock(self, at_once):
        ways = self.both_ways()
        before = deadlocks()
        at_once(race_calls.hand_over, [(ways[me % 2], self.times, f"process {me}") for me in range(PROCESSES)])
        assert deadlocks() == before
        assert sum(Pot.objects.filter(pk__in=ways[0]).values_list("balance_fen", flat=True)) == 20_000
        assert list(findings()) == []

    def test_locking_giver_then_receiver_deadlocks(self, at_once):
        ways = self.both_ways()
        calls = [(ways[me % 2], 3, "") for me in range(PROCESSES)]
        assert is_lost(lambda: sum(at_once(race_calls.hand_over_naively, calls)) > 0)
