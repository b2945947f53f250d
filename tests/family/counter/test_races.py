"""Several clerks at once, on PostgreSQL with real commits; with its guard taken away the race is lost."""

from collections.abc import Iterator

import pytest

from accounts.ledger.verify import findings
from accounts.models import Case
from accounts.operations.cases import deciding
from accounts.operations.cases.access import CaseError, CaseMovedError
from accounts.operations.cases.deciding import Submitted
from family.models import Bond
from family.operations import locks
from family.rules import RefusedError
from tests.concurrency import all_at_once, is_lost
from tests.factories.family import insured
from tests.family.counter.kit import FamilyCounter
from tests.family.test_races import unlocked_people

pytestmark = [pytest.mark.usefixtures("committed_db"), pytest.mark.chaos]

REFUSALS = (CaseError, CaseMovedError, RefusedError)


@pytest.fixture
def counter(committed_db) -> Iterator[FamilyCounter]:
    yield FamilyCounter()
    assert list(findings()) == []


def submit_at_once(counter: FamilyCounter, cases: list[Case]) -> list[object]:
    shown = [(case.number, case.version, counter.digest(case)) for case in cases]
    return all_at_once(
        *[
            lambda number=number, version=version, digest=digest: deciding.submit(
                act=counter.act(), number=number, version=version, digest=digest
            )
            for number, version, digest in shown
        ]
    )


def done(results: list[object]) -> int:
    assert all(isinstance(result, Submitted) or result in REFUSALS for result in results)
    return sum(isinstance(result, Submitted) for result in results)


def test_one_pair_brought_to_several_windows_is_bound_once(counter):
    payer, user = counter.payer(), insured()
    cases = [counter.bind_case(payer, user, "kin") for _ in range(4)]
    assert done(submit_at_once(counter, cases)) == 1
    assert Bond.objects.count() == 1


def test_one_case_submitted_several_times_is_done_once(counter):
    case = counter.bind_case(counter.payer(), insured(), "kin")
    assert done(submit_at_once(counter, [case] * 4)) == 1
    assert Bond.objects.count() == 1


class TestThreeAuthorisersAtThreeWindows:
    def bind(self, counter: FamilyCounter) -> int:
        user = insured()
        self.results = submit_at_once(counter, [counter.bind_case(counter.payer(), user, "kin") for _ in range(3)])
        return Bond.objects.filter(user=user).count()

    def test_two_are_bound(self, counter):
        assert self.bind(counter) == done(self.results) <= 2

    def test_without_the_lock_on_the_user_there_would_be_three(self, counter, monkeypatch):
        monkeypatch.setattr(locks, "lock_people", unlocked_people)
        assert is_lost(lambda: self.bind(counter) == 3)
