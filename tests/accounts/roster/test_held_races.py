"""Two who decide the same at once. Each race is also run with its guard taken away: then it is lost."""

import itertools
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from django.db import IntegrityError

from accounts.codes import HeldState
from accounts.ledger.verify import findings
from accounts.models import Contribution, FactChange, HeldRow
from accounts.roster import held, withdrawing
from accounts.roster.held import HeldRowError
from accounts.roster.withdrawing import CannotWithdrawError
from tests.accounts.roster.import_kit import TODAY, contributions, roster
from tests.concurrency import ROUNDS, all_at_once, is_lost
from tests.factories.acts import act_on
from tests.factories.files import contribution_row, csv_file, roster_row

pytestmark = [pytest.mark.usefixtures("committed_db"), pytest.mark.chaos]

ACT = act_on(TODAY)
HESITATION = 0.03  # between looking and acting, so that a missing guard shows


@pytest.fixture(autouse=True)
def _invariants_hold(committed_db: str) -> Iterator[None]:
    yield
    assert list(findings()) == []


@pytest.fixture
def rows(committed_db: str, tmp_path: Path) -> Iterator[HeldRow]:
    """Rows laid aside, each of a file of its own, each mended and waiting."""

    def one(serial: int) -> HeldRow:
        roster(csv_file(tmp_path / f"r{serial}.csv", [roster_row(serial)]))
        paid = [contribution_row(serial, base="x"), contribution_row(serial, accrym="2025-02", base="5000")]
        contributions(csv_file(tmp_path / f"c{serial}.csv", paid), hold=True)
        row = HeldRow.objects.latest("id")
        held.mend(act=ACT, row_id=row.pk, cells={"base": "5000"})
        return row

    return map(one, itertools.count(1))


def confirm(row: HeldRow) -> str:
    held.confirm(act=ACT, ids=[row.pk])
    return "confirmed"


def withdraw(import_id: int) -> str:
    withdrawing.withdraw(act=ACT, import_id=import_id, reason="发错了文件")
    return "withdrawn"


def not_locked(ids: Sequence[int]) -> list[HeldRow]:
    found = list(HeldRow.objects.filter(pk__in=ids, state=HeldState.WAITING))
    time.sleep(HESITATION)
    if not found:
        raise HeldRowError
    return found


class TestTwoWhoConfirmOneRow:
    def both(self, row: HeldRow) -> list[object]:
        return sorted(all_at_once(lambda: confirm(row), lambda: confirm(row)), key=str)

    def test_it_comes_in_once_and_the_other_is_told(self, rows: Iterator[HeldRow]) -> None:
        for row in itertools.islice(rows, ROUNDS):
            assert self.both(row) == [HeldRowError, "confirmed"]
            assert Contribution.objects.filter(month="2025-01-01").count() == HeldRow.objects.count()

    def test_without_the_lock_both_believe_to_have_done_it(
        self, rows: Iterator[HeldRow], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(held, "_waiting", not_locked)
        assert is_lost(lambda: self.both(next(rows)) == ["confirmed", "confirmed"])


class TestConfirmingWhileItsImportIsWithdrawn:
    def both(self, row: HeldRow) -> list[object]:
        return all_at_once(lambda: confirm(row), lambda: withdraw(row.source_id))

    def test_one_of_them_is_refused(self, rows: Iterator[HeldRow]) -> None:
        for row in itertools.islice(rows, ROUNDS):
            results = self.both(row)
            row.refresh_from_db()
            was_confirmed = row.state == HeldState.CONFIRMED
            assert results == (["confirmed", CannotWithdrawError] if was_confirmed else [HeldRowError, "withdrawn"])

    def test_without_the_lock_the_row_counts_though_its_file_does_not(
        self, rows: Iterator[HeldRow], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(held, "_waiting", not_locked)
        assert is_lost(lambda: self.both(next(rows)) == ["confirmed", "withdrawn"])


class TestTwoWhoWithdrawOneImport:
    def both(self, row: HeldRow) -> list[object]:
        import_id = row.source_id
        results = all_at_once(lambda: withdraw(import_id), lambda: withdraw(import_id))
        assert FactChange.objects.filter(kind="withdrawn", source=import_id).count() == 1
        return sorted(results, key=str)

    def test_it_is_withdrawn_once_and_the_other_is_told(self, rows: Iterator[HeldRow]) -> None:
        for row in itertools.islice(rows, ROUNDS):
            assert self.both(row) == [CannotWithdrawError, "withdrawn"]

    def test_without_the_lock_only_the_database_refuses_the_second(
        self, rows: Iterator[HeldRow], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(withdrawing, "exclude_imports", lambda *kinds: time.sleep(HESITATION))
        monkeypatch.setattr(withdrawing, "_REGIONS", "SELECT '' WHERE %(source)s = 0")  # no lock of a region either
        assert is_lost(lambda: self.both(next(rows)) == [IntegrityError, "withdrawn"])
