"""Taking back must not reach past what the other side, or the same person, has decided since."""

from datetime import datetime

import pytest

from accounts.codes import PotKind
from family.models import Bond, Event, Invitation
from family.operations import bonds, closing, invitations, pool, undoing
from family.operations.ending import leave
from family.queries.facts import changes_in_month
from family.rules import CannotUndoError
from tests.factories.acts import act_at
from tests.factories.family import ACT, NOW, QUANZHOU, RUIAN, TODAY, balance_of, bond, insured, invited
from tests.family.test_money import pay

pytestmark = pytest.mark.usefixtures("policies_loaded")


def take_back(event: Event, person, at: datetime = NOW) -> Event:
    return undoing.undo(act=act_at(at), person=person, event_id=event.pk)


def close(payer, region: str = RUIAN) -> Event:
    return closing.close_family(act=ACT, payer=payer, region=region)


class TestAfterTheFamilyWasClosed:
    @pytest.fixture
    def payer(self):
        payer = insured(carried=300_000)
        bond(payer, insured(resident=True))  # somebody is still there when the family is closed
        return payer

    def test_who_had_left_does_not_come_back(self, payer):
        user = insured(resident=True)
        tie = bond(payer, user)
        event = leave(act=ACT, user=user, bond_id=tie.pk)
        close(payer)
        with pytest.raises(CannotUndoError, match="变化"):
            take_back(event, user)
        assert Bond.objects.get(pk=tie.pk).state == "ended"

    @pytest.mark.parametrize("not_family", [False, True])
    def test_an_answer_that_was_no_does_not_become_open_again(self, payer, not_family):
        user = insured(resident=True)
        number = invited(payer, user).invitation.number
        event = invitations.decline(act=ACT, user=user, number=number, not_family=not_family)
        close(payer)
        with pytest.raises(CannotUndoError, match="变化"):
            take_back(event, user)
        assert not Invitation.objects.get(number=number).is_open

    def test_once_the_closing_is_taken_back_so_can_be_what_came_before(self, payer):
        user = insured(resident=True)
        tie = bond(payer, user)
        limited = bonds.set_limit(act=ACT, payer=payer, bond_id=tie.pk, limit_fen=5)
        take_back(close(payer), payer)
        take_back(limited, payer)
        assert Bond.objects.get(pk=tie.pk).limit_fen is None

    def test_a_closing_taken_back_is_no_change_of_the_month(self, payer):
        before = changes_in_month(payer, RUIAN, TODAY)
        take_back(close(payer), payer)
        assert changes_in_month(payer, RUIAN, TODAY) == before


def test_an_invitation_withdrawn_in_the_same_moment_is_not_opened_again(monkeypatch):
    """The payer's withdrawal commits after the undoing has read the event and before it holds the lock."""
    payer, user = insured(carried=300_000), insured(resident=True)
    number = invited(payer, user).invitation.number
    event = invitations.decline(act=ACT, user=user, number=number, not_family=True)
    lock = undoing._lock

    def withdrawn_first(*arguments):
        invitations.withdraw(act=ACT, payer=payer, number=number)
        lock(*arguments)

    monkeypatch.setattr(undoing, "_lock", withdrawn_first)
    with pytest.raises(CannotUndoError, match="变化"):
        take_back(event, user)


class TestTheReserve:
    @pytest.fixture
    def owner(self):
        owner = insured(QUANZHOU, carried=350_000)
        bond(owner, insured(QUANZHOU, resident=True))
        self.move(owner, "first")
        return owner

    def move(self, owner, key: str) -> Event:
        return pool.move_in(act=ACT, payer=owner, region=QUANZHOU, amount_fen=150_000, key=key)

    def test_is_not_moved_away_by_closing_moving_again_and_taking_the_closing_back(self, owner):
        event = close(owner, QUANZHOU)
        self.move(owner, "second")
        with pytest.raises(CannotUndoError, match="变化"):
            take_back(event, owner)
        assert (balance_of(owner, QUANZHOU), balance_of(owner, QUANZHOU, PotKind.POOL)) == (200_000, 150_000)

    def test_is_not_used_up_by_closing_paying_and_taking_the_closing_back(self, owner):
        event = close(owner, QUANZHOU)
        pay(owner, 150_000, region=QUANZHOU)
        with pytest.raises(CannotUndoError, match="用过"):
            take_back(event, owner)
        assert (balance_of(owner, QUANZHOU), balance_of(owner, QUANZHOU, PotKind.POOL)) == (200_000, 0)


def test_a_yearly_limit_does_not_start_anew_by_leaving_and_being_bound_again():
    payer, user = insured(carried=300_000), insured(resident=True)
    first = bond(payer, user, limit_fen=10_000)
    assert pay(user, 50_000, key="before").account_fen == 10_000
    leave(act=ACT, user=user, bond_id=first.pk)
    bond(payer, user, limit_fen=12_000)
    assert pay(user, 50_000, key="after").account_fen == 2_000
