"""Everybody at once, on PostgreSQL with real commits. Each race is also run with its guard taken away: then it is lost."""

import threading
import time
from collections import Counter
from collections.abc import Iterator
from datetime import date

import pytest
from django.db import IntegrityError

from accounts.ledger import locking, posting
from accounts.ledger.errors import InsufficientFundsError
from accounts.ledger.freezing import stopped
from accounts.ledger.pots import system_pots
from accounts.ledger.verify import findings
from accounts.models import Person, Pot, Voucher
from family.codes import EventKind, InvitationState
from family.models import Bond, Draw, Event, Invitation
from family.operations import accepting, draws, invitations, locks
from family.operations.ending import remove
from family.queries import eligibility
from family.rules import ChangedError, RefusedError
from payments.bills import operations
from payments.models import Institution
from tests.concurrency import ROUNDS, all_at_once, is_lost, wait_until
from tests.factories.family import ACT, NOW, RUIAN, TODAY, ZHOUSHAN, balance_of, bond, insured, invited
from yibao.lib import pipeline
from yibao.lib.pipeline import Statement

pytestmark = [pytest.mark.usefixtures("committed_db"), pytest.mark.chaos]

HESITATION = 0.03  # between looking and acting, so that a missing guard shows


@pytest.fixture(autouse=True)
def _invariants_hold(committed_db) -> Iterator[None]:
    yield
    assert list(findings()) == []


def unlocked_people(ids) -> dict[int, Person]:
    found = {person.pk: person for person in Person.objects.filter(pk__in=set(ids))}
    time.sleep(HESITATION)
    return found


def unlocked_invitation(invitation_id: int) -> Invitation:
    return Invitation.objects.get(pk=invitation_id)


def leave_bonds_unlocked(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let draws read the bonds of a bill, hesitate, and neither lock them nor make sure of them."""
    read_to_draw = locks.read_to_draw

    def read(rows) -> list[Bond]:
        time.sleep(HESITATION)
        return read_to_draw(rows)

    monkeypatch.setattr(locks, "_LOCK", "")
    monkeypatch.setattr(draws, "unchanged", lambda *facts: Statement("SELECT 1"))
    monkeypatch.setattr(locks, "read_to_draw", read)


def decide_before_locking(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let draws read pots, hesitate, decide, and lock them only when they are about to write."""
    post_locked = posting.post_locked

    def read(*, act, reach, regions, on, late) -> locking.LockedPots:
        (rows,) = pipeline.send(reach.pots)
        found = Pot.objects.in_bulk([pot_id for pot_id, *_ in rows])
        time.sleep(HESITATION)
        places = {pot.region for pot in found.values()}
        books = {region: locking.Locked(found, on.year, on.year, system_pots(region)) for region in places}
        return locking.LockedPots(found, books, stopped(set(), on))

    def lock_and_post(*, act, locked, on, **more) -> Voucher:
        locked = locking.lock_years_and_pots(act=act, pots=locked.pots, on=on)
        return post_locked(act=act, locked=locked, on=on, **more)

    monkeypatch.setattr(draws, "lock_reach", read)
    monkeypatch.setattr(posting, "post_locked", lock_and_post)


def believe_what_was_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let draws read others' pots, hesitate, and write without locking them or making sure of them."""
    lock_reach = locking.lock_reach

    def read(**reach) -> locking.LockedPots:
        found = lock_reach(**reach)
        time.sleep(HESITATION)
        return found

    monkeypatch.setattr(draws, "lock_reach", read)
    monkeypatch.setattr(draws, "within", lambda spans: Statement("SELECT 1"))


def clinic() -> Institution:
    return Institution.objects.get_or_create(
        code="H1", defaults={"name": "卫生院", "kind": "hospital", "level": 1, "region": RUIAN}
    )[0]


def pay(person: Person, fen: int, key: str, region: str = RUIAN, on: date = TODAY) -> int:
    bill = operations.pay(
        act=ACT, institution=clinic(), person=person, region=region, amount_fen=fen, on=on, bill_no=key
    )
    return bill.account_fen


class TestInviting:
    def invite_from_many(self) -> int:
        """Let six invite one person at once; return how many invitations then wait for that person."""
        user, payers = insured(resident=True), [insured(carried=300_000) for _ in range(6)]
        self.results = all_at_once(*[lambda payer=payer: invited(payer, user) for payer in payers])
        return Invitation.objects.filter(payer__in=payers, state=InvitationState.SENT).count()

    def test_of_six_inviters_at_once_three_reach_one_person(self):
        assert self.invite_from_many() == 3
        assert self.results.count(RefusedError) == 3

    def test_without_the_lock_on_the_invited_number_more_would(self, monkeypatch):
        monkeypatch.setattr(locks, "lock_invitee", lambda certno: None)
        counted = eligibility.to_invite

        def slowly(**facts):
            found = counted(**facts)
            time.sleep(HESITATION)
            return found

        monkeypatch.setattr(eligibility, "to_invite", slowly)
        assert is_lost(lambda: self.invite_from_many() > 3)


class TestAccepting:
    def accept_many(self, sessions: int) -> None:
        payer, user = insured(carried=300_000), insured(resident=True)
        number = invited(payer, user).invitation.number
        act = lambda: accepting.accept(act=ACT, user=user, number=number)  # noqa: E731
        self.results = all_at_once(*[act] * sessions)

    def test_by_twelve_sessions_takes_effect_once(self):
        self.accept_many(12)
        assert sum(isinstance(result, Bond) for result in self.results) == 1
        assert self.results.count(ChangedError) == 11
        assert Event.objects.filter(kind=EventKind.ACCEPTED).count() == 1

    def test_looking_and_then_saving_would_take_effect_several_times(self):
        def takes_effect_again() -> bool:
            payer, user = insured(carried=300_000), insured(resident=True)
            pk = invited(payer, user).invitation.pk

            def naive() -> bool:
                invitation = Invitation.objects.get(pk=pk)
                if not invitation.is_open:
                    return False
                time.sleep(HESITATION)
                Invitation.objects.filter(pk=pk).update(
                    state=InvitationState.ACCEPTED, user=user, consent="own", closed_at=NOW
                )
                return True

            return all_at_once(*[naive] * 12).count(True) > 1

        assert is_lost(takes_effect_again)

    def race_withdrawal(self) -> tuple[bool, bool]:
        """Return whether an acceptance and a withdrawal at once each took effect."""
        payer, user = insured(carried=300_000), insured(resident=True)
        number = invited(payer, user).invitation.number
        results = all_at_once(
            lambda: accepting.accept(act=ACT, user=user, number=number),
            lambda: invitations.withdraw(act=ACT, payer=payer, number=number),
        )
        accepted, withdrawn = (not isinstance(result, type) for result in results)
        assert Bond.objects.filter(invitation__number=number).exists() == accepted
        return accepted, withdrawn

    def test_against_a_withdrawal_one_of_the_two_wins(self):
        for _ in range(3 * ROUNDS):
            accepted, withdrawn = self.race_withdrawal()
            assert accepted != withdrawn

    def test_without_the_locks_both_would_win(self, monkeypatch):
        monkeypatch.setattr(locks, "lock_people", unlocked_people)
        monkeypatch.setattr(locks, "lock_invitation", unlocked_invitation)
        assert is_lost(lambda: self.race_withdrawal() == (True, True))

    def accept_from_many_payers(self) -> int:
        user = insured(resident=True)
        numbers = [invited(insured(carried=300_000), user).invitation.number for _ in range(3)]
        acts = [lambda number=number: accepting.accept(act=ACT, user=user, number=number) for number in numbers]
        self.results = all_at_once(*acts)
        return Bond.objects.filter(user=user, state="active").count()

    def test_of_three_payers_at_once_two_are_accepted(self):
        assert self.accept_from_many_payers() == 2
        assert self.results.count(RefusedError) == 1

    def test_without_the_lock_on_the_user_there_would_be_three(self, monkeypatch):
        monkeypatch.setattr(locks, "lock_people", unlocked_people)
        assert is_lost(lambda: self.accept_from_many_payers() == 3)


class TestUsing:
    def draws_after_removal(self) -> int:
        """Let two sessions draw without a pause, remove the bond, and return how many draws came after that."""
        payer, user = insured(carried=10_000_000), insured(resident=True)
        tie = bond(payer, user)
        clinic()
        removed, ended, paid, drawn = threading.Event(), threading.Event(), Counter(), []

        def draw(session: int) -> None:
            left = 5  # tries after the removal has returned
            try:
                while left:
                    pay(user, 1, f"{tie.pk}:{session}:{paid[session]}")
                    paid[session] += 1
                    left -= removed.is_set()
            finally:
                ended.set()

        def revoke() -> None:
            try:
                wait_until(lambda: min(paid[1], paid[2]) >= 2, unless=ended.is_set)
                remove(act=ACT, payer=payer, bond_id=tie.pk)
                drawn.append(Draw.objects.filter(bond=tie).count())
            finally:
                removed.set()

        assert all_at_once(lambda: draw(1), lambda: draw(2), revoke) == [None] * 3
        return Draw.objects.filter(bond=tie).count() - drawn[0]

    def test_once_a_removal_has_returned_nothing_is_drawn(self):
        assert self.draws_after_removal() == 0

    def test_without_the_lock_on_the_bond_something_would_be(self, monkeypatch):
        leave_bonds_unlocked(monkeypatch)
        assert is_lost(lambda: self.draws_after_removal() > 0)

    def spend_the_last_fen(self) -> list[object]:
        payer = insured(carried=1, current=1)  # so that the year is open, and no first bill has to open it
        users = [insured(resident=True) for _ in range(6)]
        for user in users:
            bond(payer, user)
        clinic()
        self.payer = payer
        return all_at_once(*[lambda user=user: pay(user, 1, f"last:{user.pk}") for user in users])

    def test_the_last_fen_is_drawn_once(self):
        assert sorted(self.spend_the_last_fen()) == [0, 0, 0, 0, 0, 1]
        assert balance_of(self.payer) == 0

    def test_deciding_on_unlocked_pots_would_promise_it_to_several(self, monkeypatch):
        decide_before_locking(monkeypatch)
        assert is_lost(lambda: InsufficientFundsError in self.spend_the_last_fen())

    def test_without_making_sure_of_what_was_read_it_would_be_too(self, monkeypatch):
        believe_what_was_read(monkeypatch)
        assert is_lost(lambda: IntegrityError in self.spend_the_last_fen())

    def use_up_the_limit(self) -> int:
        payer, user = insured(carried=100_000), insured(resident=True)
        bond(payer, user, limit_fen=1_000)
        clinic()
        all_at_once(*[lambda number=number: pay(user, 300, f"limit:{user.pk}:{number}") for number in range(8)])
        return sum(Draw.objects.filter(bond__payer=payer).values_list("amount_fen", flat=True))

    def test_a_yearly_limit_is_used_to_the_fen_and_never_passed(self):
        assert self.use_up_the_limit() == 1_000

    def test_without_the_locks_it_would_be_passed(self, monkeypatch):
        decide_before_locking(monkeypatch)
        leave_bonds_unlocked(monkeypatch)
        assert is_lost(lambda: self.use_up_the_limit() > 1_000)

    def test_two_who_pay_for_each_other_across_regions_never_block_each_other(self):
        here, there = insured(carried=100_000), insured(ZHOUSHAN, carried=100_000)
        bond(here, there, relation="1")
        bond(there, here, relation="1")
        clinic()
        acts = [lambda number=number: pay(here, 30_000, f"h{number}") for number in range(4)]
        acts += [lambda number=number: pay(there, 30_000, f"t{number}", region=ZHOUSHAN) for number in range(4)]
        results = all_at_once(*acts)
        assert sum(results) == 200_000
        assert balance_of(here) + balance_of(there, ZHOUSHAN) == 0
