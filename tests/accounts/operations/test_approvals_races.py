"""Several people at once, each on a connection of their own: one effect, and a clear answer to everybody else."""

import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import replace

import pytest
from django.db import OperationalError, connection, transaction

from accounts.codes import ApprovalState, CaseState, Role
from accounts.identity.actors import Act
from accounts.models import Approval, Case, Region, User
from accounts.operations import approval_kinds, approvals
from accounts.operations.cases import handlers
from tests.accounts.operations import counter_kit
from tests.accounts.operations.renaming import CODE, RENAME, by, proposed, staff
from tests.concurrency import all_at_once

CHECKERS, DONE = 6, "已办"


@pytest.fixture
def greeting(committed_db, monkeypatch) -> None:
    """A kind that relies on nothing and changes nothing: only the mechanism itself keeps it from being done twice."""
    monkeypatch.setitem(
        approval_kinds._kinds,
        CODE,
        replace(
            RENAME,
            content=lambda subject, asked, on: dict(asked),
            describe=lambda content: [("名称", content["name"])],
            execute=lambda act, approval: DONE,
            authors=lambda content: [],
        ),
    )


def answers_to(*calls: Callable[[], object]) -> Counter:
    """Let every call begin at the same moment; count what they return, and errors by their words."""
    return Counter(all_at_once(*calls, told=str))


def approve(user: User, approval: Approval) -> str:
    return approvals.approve(act=by(user), approval_id=approval.pk, digest=approval.digest)


def checkers() -> list[User]:
    return [staff(Role.APPROVER, f"checker-{n}", 10 + n) for n in range(CHECKERS)]


@pytest.fixture
def only_looking(monkeypatch) -> None:
    """Checkers only look whether it is decided, all of them before the first goes on, and lock nothing."""
    looked = threading.Barrier(CHECKERS)

    def only_look(approval_id: int) -> Approval:
        found = Approval.objects.select_related("maker").get(pk=approval_id, state=ApprovalState.WAITING)
        looked.wait()
        return found

    monkeypatch.setattr(approvals, "_waiting", only_look)


def answers_of_many_checkers() -> Counter:
    approval = proposed(staff(Role.POLICY, "maker", 1))
    users = [staff(Role.APPROVER, f"checker-{n}", 10 + n) for n in range(CHECKERS)]
    return answers_to(*[lambda user=user: approve(user, approval) for user in users])


def test_of_many_checkers_at_once_one_does_it(greeting):
    answers = answers_of_many_checkers()
    assert answers.pop(DONE) == 1
    ((answer, times),) = answers.items()
    assert (times, "已通过，不能再办" in answer) == (CHECKERS - 1, True)


def test_even_without_the_lock_the_database_lets_only_one_decide(greeting, only_looking):
    assert answers_of_many_checkers()[DONE] == 1


def test_without_both_it_would_be_done_as_often_as_it_is_approved(greeting, only_looking):
    """The positive control of the two tests above."""
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE accounts_approval DISABLE TRIGGER USER")
    assert answers_of_many_checkers()[DONE] == CHECKERS


def test_of_approval_rejection_and_withdrawal_at_once_one_counts(greeting):
    maker, one, two = staff(Role.POLICY, "maker", 1), staff(Role.APPROVER, "one", 2), staff(Role.REVIEWER, "two", 3)
    approval = proposed(maker)
    answers = answers_to(
        lambda: approve(one, approval),
        lambda: approvals.reject(act=by(two), approval_id=approval.pk, note="不对").state,
        lambda: approvals.withdraw(act=by(maker), approval_id=approval.pk).state,
    )
    assert sum("不能再办" not in answer for answer in answers) == 1


def test_of_many_who_submit_at_once_one_proposal_waits(greeting):
    makers = [staff(Role.POLICY, f"maker-{n}", n) for n in range(CHECKERS)]
    answers = answers_to(*[lambda user=user: proposed(user).state for user in makers])
    (waiting,) = Approval.objects.all()
    assert answers == {
        ApprovalState.WAITING: 1,
        f"同样的内容已经在等复核（双人复核 {waiting.pk}），不用再提交": CHECKERS - 1,
    }


def test_between_the_last_look_and_the_deed_nobody_changes_what_it_is_about(committed_db, monkeypatch):
    """While it is being done, an edit from outside has to wait."""
    outcomes: list[str] = []

    def edit() -> None:
        try:
            with transaction.atomic():
                Region.objects.select_for_update(nowait=True).get(pk="330900")
            outcomes.append("edited")
        except OperationalError:
            outcomes.append("had to wait")
        finally:
            connection.close()

    def execute(act: Act, approval: Approval) -> str:
        thread = threading.Thread(target=edit)
        thread.start()
        thread.join()
        return DONE

    monkeypatch.setitem(approval_kinds._kinds, CODE, replace(RENAME, execute=execute))
    approval = proposed(staff(Role.POLICY, "maker", 1))
    edit()
    assert approve(staff(Role.APPROVER, "checker", 2), approval) == DONE
    assert outcomes == ["edited", "had to wait"]


class TestARoleTakenAway:
    """Once a role has been taken away, nothing is done with it any more: neither approved nor at a counter."""

    @pytest.fixture
    def outcomes(self) -> list[str]:
        return []

    def take_away(self, user: User, outcomes: list[str]) -> None:
        """Take the role away in a session of its own, unless somebody holds the account."""
        try:
            with transaction.atomic():
                User.objects.select_for_update(nowait=True).get(pk=user.pk)
            outcomes.append("taken away")
        except OperationalError:
            outcomes.append("had to wait")
        finally:
            connection.close()

    def meanwhile(self, user: User, outcomes: list[str]) -> None:
        thread = threading.Thread(target=self.take_away, args=(user, outcomes))
        thread.start()
        thread.join()

    def test_waits_for_what_its_owner_is_approving(self, committed_db, monkeypatch, outcomes):
        checker = staff(Role.APPROVER, "checker", 2)

        def execute(act: Act, approval: Approval) -> str:
            self.meanwhile(checker, outcomes)
            return DONE

        monkeypatch.setitem(approval_kinds._kinds, CODE, replace(RENAME, execute=execute))
        self.take_away(checker, outcomes)
        assert approve(checker, proposed(staff(Role.POLICY, "maker", 1))) == DONE
        assert outcomes == ["taken away", "had to wait"]

    def test_waits_for_what_its_owner_is_submitting_at_a_counter(self, committed_db, monkeypatch, outcomes):
        handler, counter = counter_kit.renaming_kind(monkeypatch), counter_kit.Counter()

        def execute(act: Act, case: Case) -> handlers.Outcome:
            self.meanwhile(counter.clerk, outcomes)
            return handler.execute(act, case)

        monkeypatch.setitem(handlers._handlers, handler.kind, replace(handler, execute=execute))
        self.take_away(counter.clerk, outcomes)
        assert counter.submit(counter_kit.ready(counter)).case.state == CaseState.DONE
        assert outcomes == ["taken away", "had to wait"]
