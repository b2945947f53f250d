"""Several clerks at once, on PostgreSQL with real commits; with its guard taken away the race is lost."""

import time
from collections.abc import Iterable, Iterator

import pytest
from django.db import connection

from accounts.codes import CaseKind, CaseState, Role
from accounts.ledger.verify import findings
from accounts.models import Case, Person, User
from accounts.operations import approvals
from accounts.operations.approvals import ApprovalMovedError
from accounts.operations.cases import deciding, desk, undoing
from accounts.operations.cases.access import CaseError, CaseMovedError
from accounts.operations.cases.deciding import Submitted
from family.codes import BondState
from family.models import Bond
from family.operations import accepting, locks
from family.rules import CannotUndoError, ChangedError, RefusedError
from tests.concurrency import ROUNDS, all_at_once, is_lost
from tests.factories.family import ACT, insured, invited
from tests.family.counter.kit import FamilyCounter
from tests.family.test_races import HESITATION, unlocked_people

pytestmark = [pytest.mark.usefixtures("committed_db"), pytest.mark.chaos]

REFUSALS = (CaseError, CaseMovedError, ChangedError, RefusedError)


def unlocked_bonds(ids: Iterable[int]) -> list[Bond]:
    """Stand in for locks.lock_bonds: bonds as they are, and a while until something is done with them."""
    found = list(Bond.objects.filter(pk__in=set(ids)).select_related("payer", "user").order_by("pk"))
    time.sleep(HESITATION)
    return found


@pytest.fixture
def counter(committed_db) -> Iterator[FamilyCounter]:
    yield FamilyCounter()
    assert list(findings()) == []


@pytest.fixture
def windows(counter) -> list[User]:
    """Clerks at windows of one office: one account does one thing at a time."""
    return [counter.official(Role.CLERK, "T1", 20 + window) for window in range(4)]


def submit_at_once(counter: FamilyCounter, cases: list[Case], windows: list[User]) -> list[object]:
    """Let every case be gone on with at a window of its own, and all of them be submitted at once."""
    shown = []
    for case, user in zip(cases, windows, strict=False):
        taken = desk.resume(act=counter.act(user), number=case.number)
        shown.append((counter.act(user), taken.number, taken.version, counter.digest(taken, user)))
    return all_at_once(
        *[
            lambda act=act, number=number, version=version, digest=digest: deciding.submit(
                act=act, number=number, version=version, digest=digest
            )
            for act, number, version, digest in shown
        ]
    )


def done(results: list[object]) -> int:
    assert all(isinstance(result, Submitted) or result in REFUSALS for result in results)
    return sum(isinstance(result, Submitted) for result in results)


def test_one_pair_brought_to_several_windows_is_bound_once(counter, windows):
    payer, user = counter.payer(), insured()
    cases = [counter.bind_case(payer, user, "kin") for _ in windows]
    assert done(submit_at_once(counter, cases, windows)) == 1
    assert Bond.objects.count() == 1


def test_one_case_submitted_several_times_is_done_once(counter):
    case = counter.bind_case(counter.payer(), insured(), "kin")
    digest = counter.digest(case)
    submit = lambda: deciding.submit(  # noqa: E731
        act=counter.act(), number=case.number, version=case.version, digest=digest
    )
    assert done(all_at_once(*[submit] * 4)) == 1
    assert Bond.objects.count() == 1


class TestThreeAuthorisersAtThreeWindows:
    def bind(self, counter: FamilyCounter, windows: list[User]) -> int:
        user = insured()
        cases = [counter.bind_case(counter.payer(), user, "kin") for _ in range(3)]
        self.results = submit_at_once(counter, cases, windows)
        return Bond.objects.filter(user=user).count()

    def test_two_are_bound(self, counter, windows):
        assert self.bind(counter, windows) == done(self.results) <= 2

    def test_without_the_locks_on_the_user_there_would_be_three(self, counter, windows, monkeypatch):
        monkeypatch.setattr(desk, "lock_people", lambda case: None)
        monkeypatch.setattr(locks, "lock_people", unlocked_people)
        assert is_lost(lambda: self.bind(counter, windows) == 3)


class TestAgreedOnlineMeanwhile:
    """A clerk binds two people while the one answers, with their own sign-in, what the other has sent."""

    def bind(self, counter: FamilyCounter) -> Person:
        payer, user = counter.payer(), insured()
        number = invited(payer, user).invitation.number
        case = counter.bind_case(payer, user, "kin")
        digest = counter.digest(case)
        self.said = all_at_once(
            lambda: deciding.submit(act=counter.act(), number=case.number, version=case.version, digest=digest),
            lambda: accepting.accept(act=ACT, user=user, number=number),
        )
        return user

    def test_they_are_bound_once(self, counter):
        for _ in range(3 * ROUNDS):
            assert Bond.objects.filter(user=self.bind(counter)).count() == 1
            assert len(set(REFUSALS) & set(self.said)) == 1

    def test_without_the_lock_on_people_and_the_databases_rule_they_would_be_twice(self, counter, monkeypatch):
        monkeypatch.setattr(desk, "lock_people", lambda case: None)
        monkeypatch.setattr(locks, "lock_people", unlocked_people)
        with connection.cursor() as cursor:
            cursor.execute("DROP INDEX bond_one_per_pair")
        assert is_lost(lambda: Bond.objects.filter(user=self.bind(counter)).count() == 2)


class TestInvitedOnlineMeanwhile:
    """A clerk binds two people while the one sends the other an invitation: it harms nothing, whichever came first."""

    def test_they_are_bound_and_cannot_be_again(self, counter):
        for _ in range(2 * ROUNDS):
            payer, user = counter.payer(), insured()
            case = counter.bind_case(payer, user, "kin")
            digest = counter.digest(case)
            bound, sent = all_at_once(
                lambda case=case, digest=digest: deciding.submit(
                    act=counter.act(), number=case.number, version=case.version, digest=digest
                ),
                lambda payer=payer, user=user: invited(payer, user),
            )
            assert isinstance(bound, Submitted)
            if sent is not RefusedError:
                with pytest.raises(RefusedError):
                    accepting.accept(act=ACT, user=user, number=sent.invitation.number)
            assert Bond.objects.filter(payer=payer, user=user).count() == 1


class TestTakenBackWhileAChangeIsApproved:
    """The clerk takes back that two people were bound, while a reviewer approves a change of what they agreed on."""

    def race(self, counter: FamilyCounter) -> Bond:
        payer, user = counter.payer(), insured()
        bound = counter.submit(counter.bind_case(payer, user, "kin", limit_fen=500_00)).case
        case = counter.told(counter.open(CaseKind.CHANGE, payer, other=user), limit_fen=800_00)
        case = desk.save(act=counter.act(), number=case.number, version=case.version, power_number="瑞证字1号")
        papers = [paper.code for paper in counter.shown(case).papers]
        approval = counter.submit(counter.seen(case, *papers)).case.approval
        self.said = all_at_once(
            lambda: undoing.undo(act=counter.act(), number=bound.number, note="办错人了"),
            lambda: approvals.approve(
                act=counter.act(counter.reviewer), approval_id=approval.pk, digest=approval.digest
            ),
        )
        return Bond.objects.get(payer=payer, user=user)

    def test_one_of_the_two_counts(self, counter):
        for _ in range(3 * ROUNDS):
            tie, (undone, approved) = self.race(counter), self.said
            if tie.state == BondState.ENDED:
                assert (undone.state, approved, tie.limit_fen) == (CaseState.UNDONE, ApprovalMovedError, 500_00)
            else:
                assert (undone, tie.limit_fen) == (CannotUndoError, 800_00)

    def test_without_the_locks_both_would(self, counter, monkeypatch):
        monkeypatch.setattr(desk, "lock_people", lambda case: None)
        monkeypatch.setattr(locks, "lock_people", unlocked_people)
        monkeypatch.setattr(locks, "lock_bonds", unlocked_bonds)
        record = approvals._close

        def slowly(*arguments, **facts):
            """Let the reviewer, who has seen that nothing changed, take a while to write it down."""
            time.sleep(4 * HESITATION)
            return record(*arguments, **facts)

        monkeypatch.setattr(approvals, "_close", slowly)
        assert is_lost(lambda: self.race(counter) and not any(isinstance(one, type) for one in self.said))
