"""Several at one counter at the same moment, on PostgreSQL with real commits; with its guard taken away the race is lost."""

import json
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from itertools import count

import pytest
from django.db import connection

from accounts.codes import CaseKind, CaseState, LifeEventKind, Role
from accounts.identity.actors import Act
from accounts.models import AuditEvent, Case, FormerCertificate, LifeEvent, Person, PersonCorrection, User
from accounts.operations import approvals
from accounts.operations.approvals import ApprovalError, ApprovalMovedError
from accounts.operations.cases import access, closing, deciding, desk, handlers, undoing, withdrawing
from accounts.operations.cases.access import CaseError, CaseMovedError
from accounts.operations.life_events import freezing
from accounts.operations.life_events.events import LifeEventError
from accounts.queries.cases import submitted_of_day
from accounts.roster import correcting
from accounts.roster.correcting import CorrectionError
from tests.accounts.operations.counter_kit import REGION, TODAY, Counter, name_now, ready, renaming_kind
from tests.accounts.operations.life_kit import PAPER
from tests.concurrency import all_at_once, is_lost
from tests.factories.family import insured
from tests.factories.people import certno

pytestmark = [pytest.mark.usefixtures("committed_db"), pytest.mark.chaos]

_serials = count(45_000)
HESITATION = 0.03  # seconds between looking and acting, so that a missing guard shows


@pytest.fixture
def counter(committed_db, monkeypatch) -> Counter:
    renaming_kind(monkeypatch)
    return Counter()


def unlocked(number: str, office: object) -> Case:
    """Stand in for desk.locked: the case as it is, and a while until something is done with it."""
    case = Case.objects.select_related("subject", "other", "holder").get(number=number)
    time.sleep(HESITATION)
    return case


class TestTakingBack:
    def undo(self, counter: Counter) -> list[object]:
        """Let its clerk and a reviewer take one case back at once."""
        number = counter.submit(ready(counter)).case.number
        users = (counter.clerk, counter.reviewer)
        return all_at_once(
            *[
                lambda user=user: undoing.undo(act=counter.act(user), number=number, note="办错了").state
                for user in users
            ]
        )

    def test_by_two_at_once_happens_once(self, counter):
        assert set(self.undo(counter)) == {CaseState.UNDONE, CaseError}
        assert AuditEvent.objects.filter(verb="case.undone").count() == 1
        assert name_now() == "旧名市"

    def test_without_the_lock_on_the_case_it_would_happen_twice(self, counter, monkeypatch):
        monkeypatch.setattr(desk, "locked", unlocked)
        assert is_lost(lambda: CaseError not in self.undo(counter))


class TestWithdrawing:
    def race(self, counter: Counter) -> tuple[list[object], Case]:
        """Let its clerk take a case back while a reviewer approves it."""
        case = counter.submit(ready(counter, power_number="瑞证字1号")).case
        approval = case.approval
        said = all_at_once(
            lambda: withdrawing.withdraw(act=counter.act(), number=case.number).state,
            lambda: approvals.approve(
                act=counter.act(counter.reviewer), approval_id=approval.pk, digest=approval.digest
            ),
        )
        case.refresh_from_db()
        return said, case

    def test_while_it_is_approved_one_of_the_two_counts(self, counter):
        other = counter.official(Role.REVIEWER, "T2", 5)
        for _ in range(6):
            (withdrawn, approved), case = self.race(counter)
            if case.state == CaseState.OPEN:
                assert (withdrawn, approved, name_now()) == (CaseState.OPEN, ApprovalError, "旧名市")
            else:
                assert (case.state, approved, name_now()) == (CaseState.DONE, "已改名为新名市", "新名市")
                assert withdrawn in (CaseError, ApprovalError)
                undoing.undo(act=counter.act(other), number=case.number, note="下一次再试")

    def test_without_the_lock_on_the_approval_both_would(self, counter, monkeypatch):
        together = threading.Barrier(2)
        look = approvals.Approval.objects.select_related("maker").get

        def only_look(approval_id: int) -> approvals.Approval:
            found = look(pk=approval_id)
            together.wait()
            return found

        monkeypatch.setattr(approvals, "_waiting", only_look)
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE accounts_approval DISABLE TRIGGER USER")
        said, _ = self.race(counter)
        assert said == [CaseState.OPEN, "已改名为新名市"]


class TestGoingOn:
    def resume(self, counter: Counter) -> list[object]:
        """Let two clerks go on with one parked case, as both were shown it."""
        case = ready(counter)
        case = desk.park(act=counter.act(), number=case.number, version=case.version)
        acts = [counter.act(user) for user in (counter.clerk, counter.colleague)]
        resume = lambda act: desk.resume(act=act, number=case.number, version=case.version).state  # noqa: E731
        return all_at_once(*[lambda act=act: resume(act) for act in acts])

    def test_with_a_parked_case_by_two_clerks_at_once_is_for_one(self, counter):
        assert set(self.resume(counter)) == {CaseState.OPEN, CaseMovedError}

    def test_without_the_lock_on_the_case_both_would_believe_to_have_it(self, counter, monkeypatch):
        monkeypatch.setattr(desk, "locked", unlocked)
        assert is_lost(lambda: CaseMovedError not in self.resume(counter))


class TestChangingWhatIsSubmitted:
    def race(self, counter: Counter) -> Case:
        """Let a clerk save another name in one window while a case is submitted in the other, to wait for a reviewer."""
        case = ready(counter, power_number="瑞证字1号")
        digest = counter.digest(case)
        facts = {"act": counter.act(), "number": case.number, "version": case.version}
        self.said = all_at_once(
            lambda: deciding.submit(**facts, digest=digest).case.state,
            lambda: desk.save(**facts, asked={"name": "别名市"}).state,
        )
        case.refresh_from_db()
        return case

    def test_either_is_told_and_what_waits_is_what_was_shown(self, counter):
        for _ in range(6):
            case = self.race(counter)
            if case.state == CaseState.WAITING:
                assert self.said == [CaseState.WAITING, CaseError]
                assert case.asked == case.approval.content["asked"] == {"name": "新名市"}
            else:
                assert (self.said, case.asked) == ([CaseMovedError, CaseState.OPEN], {"name": "别名市"})

    def test_without_the_locks_on_clerk_and_case_nobody_would_be(self, counter, monkeypatch):
        monkeypatch.setattr(desk, "staff_at_counter", lambda act, lock: access.staff_at_counter(act))
        monkeypatch.setattr(desk, "locked", unlocked)
        assert is_lost(lambda: self.race(counter) and not any(isinstance(one, type) for one in self.said))


class TestClosingTheDay:
    """The sheet to sign lists what was submitted until the day was closed, and says how many that are."""

    days = count()

    def close(self, counter: Counter, submitted: timedelta = timedelta(), closed: timedelta = timedelta()) -> bool:
        """Submit and close at once, clicked so long after ten; return whether the sheet lists what it counts."""
        case, act = ready(counter), counter.act(on=TODAY + timedelta(days=next(self.days)))
        digest = counter.digest(case)
        submit, close = Act(act.actor, act.at + submitted), Act(act.actor, act.at + closed)
        self.said = all_at_once(
            lambda: deciding.submit(act=submit, number=case.number, version=case.version, digest=digest).case.state,
            lambda: closing.close_day(act=close),
        )
        closed_day = closing.DayClose.objects.get(day=act.on)
        listed = submitted_of_day(counter.clerk, act.on).filter(submitted_at__lte=closed_day.at)
        return listed.count() == closed_day.submitted

    @pytest.fixture
    def slow(self, counter, monkeypatch) -> Counter:
        """Let the deed of a case take a while, in which the day may be closed."""
        handler = handlers.handler_of(CaseKind.SHOW)
        deed: Callable = handler.execute

        def execute(act: Act, case: Case) -> handlers.Outcome:
            time.sleep(HESITATION)
            return deed(act, case)

        monkeypatch.setitem(handlers._handlers, CaseKind.SHOW, replace(handler, execute=execute))
        return counter

    @pytest.mark.parametrize("later", [{"submitted": timedelta(seconds=1)}, {"closed": timedelta(seconds=1)}, {}])
    def test_while_a_case_is_submitted_counts_what_it_lists(self, slow, later):
        for _ in range(4):
            assert self.close(slow, **later)
            assert self.said[0] in (CaseState.DONE, CaseError)

    def test_without_waiting_for_the_clerk_it_would_list_more(self, slow, monkeypatch):
        careless = lambda act, lock: access.staff_at_counter(act)  # noqa: E731
        monkeypatch.setattr(closing, "staff_at_counter", careless)
        assert is_lost(lambda: not self.close(slow, closed=timedelta(seconds=1)))


class TestFreezing:
    def freeze(self, counter: Counter) -> int:
        """Let three windows freeze one account, on different papers; return how often it was."""
        person = insured(REGION, carried=1_00)
        self.said = all_at_once(
            *[
                lambda user=user: freezing.freeze(
                    act=counter.act(user), person=person, region=REGION, on=TODAY, paper=PAPER, reason="法院要求"
                )
                for user in (counter.clerk, counter.colleague, counter.reviewer)
            ]
        )
        return LifeEvent.objects.filter(person=person, kind=LifeEventKind.FREEZE).count()

    def test_by_three_windows_at_once_happens_once(self, counter):
        assert self.freeze(counter) == 1
        assert self.said.count(LifeEventError) == 2

    def test_without_the_locks_on_account_and_owner_it_would_happen_again(self, counter, monkeypatch):
        monkeypatch.setattr(freezing, "lock_years_and_pots", lambda act, pots: time.sleep(HESITATION))
        monkeypatch.setattr(freezing, "person_of", lambda pk: Person.objects.get(pk=pk))
        assert is_lost(lambda: self.freeze(counter) > 1)


class TestCorrecting:
    @pytest.fixture(autouse=True)
    def _other_reviewer(self, counter):
        self.other_reviewer = counter.official(Role.REVIEWER, "T2", 5)

    def correct(self, counter: Counter, *corrected: tuple[Person, str]) -> list[object]:
        """Let two reviewers at once approve what two windows have asked to correct: whose number, and to which."""
        reviewers = [counter.act(user) for user in (counter.reviewer, self.other_reviewer)]
        waiting = [
            counter.submit(corrected_to(counter, person, number, user), user).case.approval
            for (person, number), user in zip(corrected, (counter.clerk, counter.colleague), strict=True)
        ]
        return all_at_once(
            *[
                lambda act=act, one=one: approvals.approve(act=act, approval_id=one.pk, digest=one.digest)
                for act, one in zip(reviewers, waiting, strict=True)
            ]
        )

    def to_two_numbers(self, counter: Counter) -> list[object]:
        person, one, other = (counter.insured(), *numbers(2))
        return self.correct(counter, (person, one), (person, other))

    def test_one_person_to_two_numbers_at_once_is_done_once(self, counter):
        for done in range(1, 5):
            assert self.to_two_numbers(counter).count(ApprovalMovedError) == 1
            assert PersonCorrection.objects.count() == FormerCertificate.objects.count() == done

    def test_without_deciding_about_one_person_one_by_one_it_would_be_done_on_what_was(self, counter, monkeypatch):
        monkeypatch.setattr(desk, "lock_people", lambda case: time.sleep(HESITATION))
        assert is_lost(lambda: ApprovalMovedError not in self.to_two_numbers(counter))

    def two_to_one_number(self, counter: Counter) -> int:
        """Return how many of two people have the number that both were to get."""
        people, number = [counter.insured(), counter.insured()], numbers(1)[0]
        self.said = self.correct(counter, *[(person, number) for person in people])
        return sum(str(person.certno) == number for person in Person.objects.filter(pk__in=[one.pk for one in people]))

    def test_two_people_to_one_number_at_once_is_for_one(self, counter):
        for _ in range(4):
            assert self.two_to_one_number(counter) == 1
            assert len({CorrectionError, ApprovalMovedError} & set(self.said)) == 1

    def test_without_exclusion_and_the_databases_rule_both_would_get_it(self, counter, monkeypatch):
        monkeypatch.setattr(correcting, "exclude_imports", lambda kind: time.sleep(HESITATION))
        monkeypatch.setattr(correcting, "block_rotation", lambda: time.sleep(HESITATION))
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE accounts_person DROP CONSTRAINT person_once")
        assert is_lost(lambda: self.two_to_one_number(counter) == 2)


def numbers(many: int) -> list[str]:
    """Return certificate numbers that nobody has."""
    return [certno(next(_serials)) for _ in range(many)]


def corrected_to(counter: Counter, person: Person, number: str, user: User) -> Case:
    """Return a case at the clerk's window that gives a person another number, with everything seen."""
    case = desk.open_case(act=counter.act(user), kind=CaseKind.CORRECTION, subject=person, region=REGION)
    private = json.dumps({"name": "", "certno": number})
    asked = {"gender": "", "reason": "mistaken"}
    case = desk.save(act=counter.act(user), number=case.number, version=case.version, asked=asked, private=private)
    return counter.seen(case, "own_card", user=user)
