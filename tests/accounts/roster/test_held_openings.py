"""import_balances --hold: good rows are opened, the others wait; the announced sum is that of the whole file."""

from pathlib import Path

import pytest

from accounts.ledger.verify import findings
from accounts.models import HeldRow, OpeningBalance
from accounts.roster import held as held_rows
from accounts.roster.held import HeldRowError
from tests.accounts.roster.import_kit import refusal
from tests.accounts.roster.test_openings import TODAY, bring, insured, row
from tests.factories.acts import act_on
from tests.factories.files import csv_file
from tests.factories.people import certno

ACT = act_on(TODAY)


@pytest.fixture(autouse=True)
def people(policies_loaded: None) -> None:
    insured(1, 2)


def opened() -> list[tuple[str, int]]:
    """Return who has an opening balance, by certificate number, and how much (fen)."""
    rows = OpeningBalance.objects.select_related("person").order_by("person__id")
    return [(row.person.certno, row.current_fen + row.carried_fen) for row in rows]


def test_a_stranger_waits_and_is_opened_once_the_number_is_mended(tmp_path: Path) -> None:
    path = csv_file(tmp_path / "b.csv", [row(1), row(9, current="1.00", carried="2.00")])
    result = bring(path, hold=True, expect_rows=2, expect_sum_fen=210_350)
    assert (result.openings_added, [waits.column for waits in result.held]) == (1, ["certno"])
    waits = HeldRow.objects.get()
    with pytest.raises(HeldRowError, match="名册里没有这个人"):
        held_rows.confirm(act=ACT, ids=[waits.pk])
    held_rows.mend(act=ACT, row_id=waits.pk, cells={"certno": certno(2)})
    held_rows.confirm(act=ACT, ids=[waits.pk])
    assert opened() == [(certno(1), 210_050), (certno(2), 300)]
    assert list(findings()) == []


def test_a_bad_row_whose_amounts_can_be_read_counts_in_the_announced_sum(tmp_path: Path) -> None:
    path = csv_file(tmp_path / "b.csv", [row(1), row(2, certno="9999"), row(2, last_year_carried="x")])
    result = bring(path, hold=True, expect_rows=3, expect_sum_fen=3 * 210_050)
    assert (result.openings_added, len(result.held)) == (1, 2)


def test_a_sum_that_cannot_be_checked_lets_nothing_in(tmp_path: Path) -> None:
    path = csv_file(tmp_path / "b.csv", [row(1), row(2, current="x")])
    problems = refusal(lambda file: bring(file, hold=True, expect_sum_fen=210_050 + 210_050), path)
    assert (0, "", "有的行读不出余额，合计核对不了（应为 4,201.00 元）") in problems
    assert bring(path, hold=True).openings_added == 1


def test_another_amount_for_what_is_opened_can_only_be_dropped(tmp_path: Path) -> None:
    bring(csv_file(tmp_path / "a.csv", [row(1)]))
    bring(csv_file(tmp_path / "b.csv", [row(1, carried="9.00"), row(2)]), hold=True)
    waits = HeldRow.objects.get()
    with pytest.raises(HeldRowError, match="期初只导入一次，有错请办人工调整"):
        held_rows.confirm(act=ACT, ids=[waits.pk])
    assert held_rows.drop(act=ACT, ids=[waits.pk]) == 1
    assert [fen for _, fen in opened()] == [210_050, 210_050]
