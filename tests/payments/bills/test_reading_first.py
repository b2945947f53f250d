"""A bill that others pay is decided on what was read. What it rests on is locked, and made sure of, where it is written."""

from collections.abc import Callable
from datetime import timedelta

import psycopg
import pytest
from django.db import DataError, connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some
from psycopg.errors import LockNotAvailable

from accounts.codes import PotKind
from accounts.ledger.verify import findings
from accounts.models import Person, Pot
from accounts.operations.life_events import freezing
from family.operations import bonds, draws
from family.operations.ending import remove
from family.rules import spending_plan
from payments.bills import operations
from payments.models import Bill, Institution
from tests.accounts.operations.life_kit import PAPER, Desk
from tests.concurrency import in_a_session_of_its_own, somebody_waits, wait_until
from tests.factories.acts import act_on
from tests.factories.family import ACT, RUIAN, TODAY, balance_of, bond, credit, insured
from tests.factories.people import EnrolmentFactory
from tests.personas import clinic
from yibao.lib import pipeline

committed = pytest.mark.usefixtures("committed_db")


def pay(person: Person, fen: int = 50_00, number: str = "one") -> Bill:
    """Settle a bill of 50 yuan."""
    place = Institution.objects.first() or clinic()
    return operations.pay(
        act=act_on(TODAY), institution=place, person=person, region=RUIAN, amount_fen=fen, on=TODAY, bill_no=number
    )


def with_money(**facts) -> Person:
    """Return somebody with 100 yuan of earlier years, and one of this year, so that its books are open."""
    return insured(RUIAN, carried=100_00, current=1_00, **facts)


@pytest.fixture
def while_deciding(monkeypatch) -> Callable[[Callable[[], object]], None]:
    """Return a function that lets something happen once, in a session of its own, while a bill is decided."""

    def let(happen: Callable[[], object]) -> None:
        left = [happen]

        def decide(*asked):
            if left:
                in_a_session_of_its_own(left.pop()).join()
            return spending_plan(*asked)

        monkeypatch.setattr(operations, "spending_plan", decide)

    return let


@committed
class TestWaiting:
    def locked_by_others(self, payer: Person, user: Person, while_deciding) -> list[bool]:
        """Return whether another session gets the lock of the payer's money while a bill of the user is decided."""
        got = []

        def lock() -> None:
            with psycopg.connect(**connection.get_connection_params()) as other:
                other.execute("SET lock_timeout = '300ms'")
                try:
                    other.execute("SELECT 1 FROM accounts_pot WHERE person_id = %s FOR UPDATE", [payer.pk])
                    got.append(True)
                except LockNotAvailable:
                    got.append(False)

        while_deciding(lock)
        assert pay(user).account_fen == 50_00
        return got

    def test_nobody_waits_for_a_relatives_money_while_a_bill_is_decided(self, while_deciding):
        payer, user = with_money(), insured(resident=True)
        bond(payer, user)
        assert self.locked_by_others(payer, user, while_deciding) == [True]

    @pytest.mark.parametrize(
        "limit", [{"limit_fen": 60_00}, {"declared": True}], ids=["a limit", "a relation only said"]
    )
    def test_but_where_a_limit_is_counted(self, while_deciding, limit):
        payer, user = with_money(), insured(resident=True)
        bond(payer, user, **limit)
        assert self.locked_by_others(payer, user, while_deciding) == [False]

    def test_nor_for_ones_own(self, while_deciding):
        person = with_money()
        assert self.locked_by_others(person, person, while_deciding) == [False]


def uses(fen: int) -> Callable[[Person, Person], object]:
    """Return what lets another relative use so much."""

    def use(payer: Person, user: Person) -> None:
        other = insured(resident=True)
        bond(payer, other)
        assert pay(other, fen, "two").account_fen == fen

    return use


def removes(payer: Person, user: Person) -> None:
    remove(act=ACT, payer=payer, bond_id=payer.bonds_given.get().pk)


def is_frozen(payer: Person, user: Person) -> None:
    freezing.freeze(act=Desk().act(TODAY), person=payer, region=RUIAN, on=TODAY, paper=PAPER, reason="法院要求")


def sets_a_limit(payer: Person, user: Person) -> None:
    bonds.set_limit(act=ACT, payer=payer, bond_id=payer.bonds_given.get().pk, limit_fen=10_00)


def is_given_more(payer: Person, user: Person) -> None:
    credit(payer, RUIAN, PotKind.CARRIED, 30_00)


def has_more_of_this_year(payer: Person, user: Person) -> None:
    credit(payer, RUIAN, PotKind.CURRENT, 5)


def has_own(payer: Person, user: Person) -> None:
    credit(user, RUIAN, PotKind.CARRIED, 5_00)


def has_another(payer: Person, user: Person) -> None:
    bond(with_money(), user, place=0)


@committed
@pytest.mark.parametrize(
    ("happens", "paid_fen", "left_fen", "again"),
    [
        (uses(30_00), 50_00, 20_00, False),
        (uses(80_00), 20_00, 0, True),
        (removes, 0, 100_00, True),
        (is_frozen, 0, 100_00, True),
        (sets_a_limit, 10_00, 90_00, True),
        (has_own, 50_00, 55_00, True),
        (has_another, 50_00, 100_00, True),
        (is_given_more, 50_00, 80_00, False),
        (has_more_of_this_year, 50_00, 50_00, False),  # which nobody else may use
    ],
    ids=[
        "some is used", "most is used", "removed", "frozen", "a limit", "own money", "another relative", "more", "more of this year",
    ],
)  # fmt: skip
def test_what_happens_while_a_bill_is_decided_is_heeded(while_deciding, tried, happens, paid_fen, left_fen, again):
    payer, user = with_money(), insured(birth_on=TODAY.replace(year=1950))
    Pot.objects.filter(person=user, kind=PotKind.CURRENT).update(year=TODAY.year)
    bond(payer, user)
    while_deciding(lambda: happens(payer, user))
    assert pay(user).account_fen == paid_fen
    assert balance_of(payer) == left_fen
    assert tried.count(user) == 1 + again
    assert list(findings()) == []


@pytest.fixture
def tried(monkeypatch) -> list[Person]:
    """Return whose bills have been tried, again as often as they were tried again."""
    found, lock_sources = [], draws.lock_sources

    def lock(**asked):
        found.append(asked["person"])
        return lock_sources(**asked)

    monkeypatch.setattr(draws, "lock_sources", lock)
    return found


@committed
def test_whoever_has_enough_does_not_mind_what_others_do_with_a_relatives_money(while_deciding, tried):
    payer, user = with_money(), with_money()
    bond(payer, user)
    while_deciding(lambda: uses(30_00)(payer, user))
    assert pay(user).account_fen == 50_00
    assert balance_of(payer) == 70_00
    assert tried.count(user) == 1


@committed
def test_that_there_is_nothing_is_made_sure_of_too(while_deciding, tried):
    payer, user = insured(current=1_00), insured(resident=True)
    bond(payer, user)
    while_deciding(lambda: is_given_more(payer, user))
    assert pay(user).account_fen == 30_00
    assert tried.count(user) == 2


@committed
@pytest.mark.parametrize("fact", [{"status": 4, "end_reason": 1}, {"status": 2}], ids=["has died", "is suspended"])
def test_what_a_roster_tells_of_the_payer_while_a_bill_waits_is_heeded(fact):
    payer, user = with_money(), insured(resident=True)
    bond(payer, user)
    paid: list[Bill] = []
    with transaction.atomic():
        list(Pot.objects.select_for_update().filter(person=payer))
        waiting = in_a_session_of_its_own(lambda: paid.append(pay(user)))
        wait_until(somebody_waits, unless=lambda: not waiting.is_alive())
        since = TODAY - timedelta(days=20)
        in_a_session_of_its_own(lambda: EnrolmentFactory(person=payer, region=RUIAN, from_on=since, **fact)).join()
    waiting.join()
    assert [bill.account_fen for bill in paid] == [0]


fen = some.integers(0, 40_00)


@pytest.mark.usefixtures("policies_loaded")
def test_what_is_made_sure_of_would_be_decided_the_same_again():
    """Whatever the pots hold then: where nothing stops it, and only there, the same pots give the same."""
    user, payers = with_money(), [with_money(), with_money()]
    for payer in payers:
        bond(payer, user)
    order = [*Pot.objects.filter(person=user).order_by("-kind"), *Pot.objects.filter(person__in=payers, kind="carried")]
    pots = [pot.pk for pot in order if pot.kind in ("current", "carried")]

    def hold(balances: list[int]) -> None:
        for pot, balance_fen in zip(pots, balances, strict=True):
            Pot.objects.filter(pk=pot).update(balance_fen=balance_fen)

    def decide(amount_fen: int, *, late: bool):
        read = draws.lock_sources(act=ACT, person=user, region=RUIAN, on=TODAY, late=late)
        assert read.pots.are_held is not late
        return read, spending_plan(amount_fen, read.sources)

    def given_by(takes) -> list[tuple[int, int]]:
        return [(take.source.pot, take.amount_fen) for take in takes]

    @settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
    @given(
        some.lists(fen, min_size=4, max_size=4), some.integers(1, 120_00), some.dictionaries(some.integers(0, 3), fen)
    )
    def holds(balances, amount_fen, changed):
        hold(balances)
        with transaction.atomic():
            read, takes = decide(amount_fen, late=True)
            if not takes:
                return
            after = [changed.get(place, balance) for place, balance in enumerate(balances)]
            hold(after)
            try:
                with transaction.atomic():
                    pipeline.send(*draws._confirming(read, takes))
                stands = True
            except DataError:
                stands = False
            now = given_by(decide(amount_fen, late=False)[1])
        assert not stands or given_by(takes) == now
        last = takes[-1].source
        has_to_spare = last.available_fen > takes[-1].amount_fen
        of_no_matter = {source.pot for source in read.sources[read.sources.index(last) :]} if has_to_spare else set()
        moved = {pot for pot, was, is_now in zip(pots, balances, after, strict=True) if was != is_now}
        if moved <= of_no_matter and given_by(takes) == now:
            assert stands

    holds()
