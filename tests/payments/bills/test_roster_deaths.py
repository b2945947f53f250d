"""A death that a roster tells (终止原因 死亡) stops the account and relatives' use of it, before anybody reports it."""

from datetime import date, timedelta

import pytest

from accounts.codes import FactChangeKind
from accounts.ledger.freezing import reported_deaths, stopped
from accounts.models import Enrolment, FactChange
from family.queries.plan import plan
from family.rules import Where
from tests.factories.family import NOW, RUIAN, TODAY, balance_of, bond, insured
from tests.factories.people import EnrolmentFactory
from tests.payments.bills.test_operations import pay
from tests.personas import clinic

pytestmark = pytest.mark.usefixtures("policies_loaded")

DIED = date(2026, 3, 1)


@pytest.fixture
def owner():
    return insured(RUIAN, carried=100_00)


@pytest.fixture
def place():
    return clinic(RUIAN)


def ended(person, *, reason: int | None = 1, on: date = DIED) -> Enrolment:
    return EnrolmentFactory(person=person, region=RUIAN, status=4, end_reason=reason, from_on=on)


def from_account(person, place, key: str = "b1", on: date = TODAY) -> int:
    bill = pay(person, 50_00, key, on=on, region=RUIAN, place=place)
    return int(bill.account_fen)


def test_the_card_of_the_dead_pays_nothing_from_the_day_after(owner, place):
    ended(owner)
    assert from_account(owner, place) == 0
    assert from_account(owner, place, "b2", DIED) == 50_00
    assert balance_of(owner) == 50_00


def test_nor_do_relatives_use_what_the_dead_left(owner, place):
    child = insured(RUIAN, resident=True)
    bond(owner, child)
    assert plan(person=child, region=RUIAN, amount_fen=50_00, on=TODAY, where=Where("hospital", 1)).cash_fen == 0
    ended(owner)
    assert plan(person=child, region=RUIAN, amount_fen=50_00, on=TODAY, where=Where("hospital", 1)).cash_fen == 50_00
    assert from_account(child, place) == 0
    assert balance_of(owner) == 100_00


@pytest.mark.parametrize("reason", [None, 2, 3, 4, 5])
def test_who_ended_otherwise_is_not_dead(owner, reason):
    ended(owner, reason=reason)
    assert stopped([owner.pk], TODAY).died == {}


def test_who_is_insured_again_afterwards_was_not_dead(owner, place):
    ended(owner)
    EnrolmentFactory(person=owner, region=RUIAN, status=1, from_on=DIED + timedelta(days=1))
    assert from_account(owner, place) == 50_00


def test_a_row_that_was_taken_back_tells_of_no_death(owner, place):
    row = ended(owner)
    back = FactChange.objects.create(kind=FactChangeKind.WITHDRAWN, reason="导错了", actor="system:x", at=NOW)
    Enrolment.objects.filter(pk=row.pk).update(counts=False, changed_by=back)
    assert from_account(owner, place) == 50_00


def test_it_is_no_report_of_the_death_which_can_still_be_made(owner):
    ended(owner)
    assert stopped([owner.pk], TODAY).died == {owner.pk: DIED}
    assert reported_deaths([owner.pk]) == {}
