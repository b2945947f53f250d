"""Cases of rows that are hardly true, from the file to the money: held, confirmed, corrected, withdrawn."""

import io
import shlex
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from accounts.codes import Role
from accounts.ledger.verify import findings
from accounts.models import FormerCertificate, HeldRow, Import, Person
from accounts.queries import explanations
from tests.cases.play import MONEY, Played, play, run
from tests.factories.people import certno
from tests.factories.users import official

pytestmark = pytest.mark.usefixtures("policies_loaded")

TYPO = "999902198001018030"
SLIP = "999902195001063209"
OLD, NEW = "999902198001019412", "999902198001019420"


@pytest.fixture
def by(policies_loaded: None) -> str:
    """Two people, as options of a command."""
    official(Role.CLERK, "maker", certno=certno(901))
    official(Role.REVIEWER, "checker", certno=certno(902))
    return "--by maker --by checker"


def sound() -> bool:
    return list(findings()) == [] and list(explanations.differences()) == []


def last_entry(played: Played, certno: str) -> tuple[str, str]:
    entry = played.statement(certno)["entries"][-1]
    return entry["amount"], entry["explanation"]["words"]


def go_on(played: Played, folder: str, *lines: str) -> None:
    for line in lines:
        run(played, folder, line)


def changed(path: Path, source: Path, **cells: str) -> str:
    """Copy a file of one row with cells added or changed; return its path as a word of a command."""
    header, row, *_ = source.read_text(encoding="utf-8-sig").splitlines()
    said = dict(zip(header.split(","), row.split(","), strict=True)) | cells
    path.write_text(f"{','.join(said)}\n{','.join(said.values())}\n")
    return shlex.quote(str(path))


class TestABaseInFen:
    folder = "import_typo"

    def played(self) -> Played:
        return play(self.folder, until="import_contributions 03")

    def confirmed_by_mistake(self, by: str) -> Played:
        played = self.played()
        ids = " ".join(str(row.pk) for row in HeldRow.objects.all())
        days = ("due_jobs --run --on 2025-01-22", f"statement {TYPO} --json")
        go_on(played, self.folder, f"held_rows --confirm {ids} {by}", *days)
        assert played.total(TYPO) == "107088.00"
        return played

    def test_is_held_and_not_credited(self):
        played = self.played()
        assert played.total("8030") == played.total("8049") == "0.00"
        assert set(HeldRow.objects.values_list("reason_code", "state")) == {("base_above_bound", "waiting")}
        assert sound()

    def test_the_right_row_is_credited_though_it_still_waits(self):
        played = play(self.folder)
        assert played.total(TYPO) == "1070.88"
        assert sound()

    def test_confirmed_by_mistake_it_is_corrected_by_a_row_and_the_voucher_says_so(self, by: str, tmp_path: Path):
        played = self.confirmed_by_mistake(by)
        right = changed(tmp_path / "r.csv", MONEY / self.folder / "03_contributions.csv", clct_type="更正")
        days = ("due_jobs --run --on 2025-01-23", f"statement {TYPO} --json")
        go_on(played, self.folder, f"import_contributions {right}", *days)
        assert played.total(TYPO) == "1070.88"
        assert last_entry(played, TYPO)[0] == "-106017.12"
        assert "446,200.00" in last_entry(played, TYPO)[1]
        assert "4,462.00" in last_entry(played, TYPO)[1]
        assert sound()

    def test_confirmed_by_mistake_it_is_withdrawn_and_all_of_it_taken_back(self, by: str):
        played = self.confirmed_by_mistake(by)
        last = Import.objects.order_by("id").last().pk
        days = ("due_jobs --run --on 2025-01-23", f"statement {TYPO} --json")
        go_on(played, self.folder, f"withdraw_import {last} --reason 认错了 {by}", *days)
        assert played.total(TYPO) == "0.00"
        assert last_entry(played, TYPO)[0] == "-107088.00"
        assert {row.state for row in HeldRow.objects.all()} == {"waiting"}
        assert sound()


class TestANewNumber:
    folder = "new_certificate"

    def played(self) -> Played:
        """The file as it is: by its number the new one would be a woman's."""
        played = play(self.folder, until="import_roster 03")
        with pytest.raises(CommandError, match="1 行留待处理"):
            call_command("import_roster", MONEY / self.folder / "03_roster.csv", stdout=io.StringIO())
        return played

    def test_without_the_old_one_the_likeness_is_held(self):
        self.played()
        row = HeldRow.objects.get()
        assert (row.reason_code, row.state) == ("same_person_other_number", "waiting")
        assert Person.objects.count() == 1

    def test_with_the_old_one_it_is_one_person_with_the_same_money(self, tmp_path: Path):
        played = play(self.folder, until="import_roster 03")
        moved = changed(tmp_path / "r.csv", MONEY / self.folder / "03_roster.csv", old_certno=OLD)
        both = (f"statement {NEW} --json", f"statement {OLD} --json")
        go_on(played, self.folder, f"import_roster {moved}", *both)
        assert [(one["certno"][-4:], one["pots"]["carried"]) for one in played.statements] == [("9420", "300.00")] * 2
        assert (Person.objects.count(), FormerCertificate.objects.count()) == (1, 1)
        assert sound()

    def test_the_row_that_waits_is_mended_with_the_old_one_by_one_person(self):
        played = self.played()
        row = HeldRow.objects.get().pk
        go_on(played, self.folder, f"held_rows --mend {row} --set old_certno={OLD} --confirm {row}")
        go_on(played, self.folder, f"statement {NEW} --json")
        assert (played.total(NEW), Person.objects.count()) == ("300.00", 1)


def test_a_slip_among_right_rows_is_taken_back_once_it_is_corrected(by: str, tmp_path: Path):
    cases = MONEY.parent
    played = Played()
    go_on(played, ".", f"import_roster {cases / '00-people.csv'}", f"import_contributions {cases / '18-base-slip.csv'}")
    row = HeldRow.objects.get()
    days = ("due_jobs --run --on 2025-02-21", f"statement {SLIP} --json")
    go_on(played, ".", f"held_rows --confirm {row.pk} {by}", *days)
    assert played.total(SLIP) == "8924.00"
    right = changed(tmp_path / "r.csv", cases / "19-base-corrected.csv", clct_type="更正")
    go_on(played, ".", f"import_contributions {right}", "due_jobs --run --on 2025-03-21", f"statement {SLIP} --json")
    assert played.total(SLIP) == "89.24"
    amount, words = last_entry(played, SLIP)
    assert amount == "-8834.76"
    assert "446,200.00" in words
    assert sound()


def test_what_a_closed_year_was_credited_by_a_withdrawn_file_is_taken_back_in_the_open_year(by: str, tmp_path: Path):
    played = play("import_typo", until="import_contributions 02")
    months = [f"{TYPO},330900,2024-{month:02d},5000,2024-{month:02d}-15" for month in range(1, 13)]
    paid = tmp_path / "2024.csv"
    paid.write_text("\n".join(["certno,insuplc_admdvs,accrym,base,received_on", *months, ""]))
    days = ("due_jobs --run --on 2024-12-21", "due_jobs --run --on 2025-01-21", f"statement {TYPO} --json")
    go_on(played, ".", f"import_contributions {paid}", *days)
    credited, source = played.statement(TYPO)["entries"], Import.objects.latest("id").pk
    days = ("due_jobs --run --on 2025-02-21", f"statement {TYPO} --json")
    go_on(played, ".", f"withdraw_import {source} --reason 发错了文件 {by}", *days)
    entries = played.statement(TYPO)["entries"]
    assert entries[: len(credited)] == credited
    assert {(entry["period"], entry["on"] > "2025-01-21") for entry in entries[len(credited) :]} >= {("2024/1", True)}
    assert played.total(TYPO) == "0.00"
    assert sound()
