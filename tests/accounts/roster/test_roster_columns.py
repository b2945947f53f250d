"""The optional columns of a roster: since when facts hold, why an insurance ended, and who had another number."""

from datetime import date
from pathlib import Path

import pytest

from accounts.models import Contribution, Enrolment, FormerCertificate, Person
from accounts.queries.people import find_by_certno
from accounts.roster.drafts import ImportResult
from tests.accounts.roster.import_kit import contributions, held, refusal, roster
from tests.factories.files import contribution_row, csv_file, roster_row
from tests.factories.people import birth_on, certno

pytestmark = pytest.mark.usefixtures("policies_loaded")


@pytest.fixture
def known(policies_loaded: None, tmp_path: Path) -> Person:
    """Serial 1, as a file of January 2025 says."""
    roster(csv_file(tmp_path / "known.csv", [roster_row(1, monthly_pension="1000.00")]), on=date(2025, 1, 10))
    return find_by_certno(certno(1))


def number(serial: int) -> str:
    """Return another number of somebody born as serial 1 was."""
    return certno(serial, birth_on(1))


def later(tmp_path: Path, *rows: dict[str, str], on: date = date(2025, 6, 30), hold: bool = False) -> ImportResult:
    path = tmp_path / f"later {len(list(tmp_path.iterdir()))}.csv"
    return roster(csv_file(path, rows), on=on, hold=hold)


def statuses(person: Person) -> list[tuple[str, str, str | None]]:
    """Return from when each row holds, its street, and since when its status holds where that is earlier."""
    rows = Enrolment.objects.filter(person=person).order_by("from_on", "seq")
    return [(str(row.from_on), row.street, row.stas_on and str(row.stas_on)) for row in rows]


class TestFactsDate:
    def test_a_new_street_holds_from_its_day_and_the_status_from_its_own(self, known: Person, tmp_path: Path) -> None:
        later(tmp_path, roster_row(1, street="沈家门街道", facts_date="2025-04-01", monthly_pension="1200.00"))
        assert statuses(known) == [("2020-01-01", "昌国街道", None), ("2025-04-01", "沈家门街道", "2020-01-01")]
        assert Enrolment.objects.get(from_on=date(2025, 4, 1)).pension_fen == 120_000

    def test_without_one_it_is_the_day_of_the_import(self, known: Person, tmp_path: Path) -> None:
        later(tmp_path, roster_row(1, street="沈家门街道", monthly_pension="1000.00"), on=date(2025, 5, 5))
        assert statuses(known)[-1] == ("2025-05-05", "沈家门街道", "2020-01-01")

    def test_the_same_again_adds_nothing(self, known: Person, tmp_path: Path) -> None:
        moved = roster_row(1, street="沈家门街道", monthly_pension="1000.00")
        later(tmp_path, moved | {"facts_date": "2025-04-01"})
        assert later(tmp_path, moved | {"facts_date": "2025-05-01"}).enrolments_added == 0

    def test_what_is_older_than_what_is_known_changes_no_phone(self, known: Person, tmp_path: Path) -> None:
        later(tmp_path, roster_row(1, mob="19900011111", facts_date="2025-03-01", monthly_pension="1000.00"))
        later(tmp_path, roster_row(1, mob="19900022222", facts_date="2025-02-01", monthly_pension="1000.00"))
        known.refresh_from_db()
        assert (known.phone, known.facts_on) == ("19900011111", date(2025, 3, 1))

    def test_a_day_to_come_is_refused(self, known: Person, tmp_path: Path) -> None:
        path = csv_file(tmp_path / "r.csv", [roster_row(1, facts_date="2025-07-01")])
        assert refusal(roster, path) == [(2, "facts_date", "在今天（2025-06-30）之后")]


class TestWhyItEnded:
    @pytest.mark.parametrize(
        ("changes", "column"),
        [
            ({"psn_insu_stas": "1", "end_reason": "1", "end_to": ""}, "end_reason"),
            ({"psn_insu_stas": "4", "end_reason": "1", "end_to": "350500"}, "end_to"),
            ({"psn_insu_stas": "4", "end_reason": "9", "end_to": ""}, "end_reason"),
        ],
    )
    def test_goes_with_an_end_and_a_place_with_a_transfer(
        self, tmp_path: Path, changes: dict[str, str], column: str
    ) -> None:
        path = csv_file(tmp_path / "r.csv", [roster_row(1, **changes)])
        assert [problem[:2] for problem in refusal(roster, path)] == [(2, column)]

    def test_is_kept_with_the_row_also_when_it_is_told_later(self, known: Person, tmp_path: Path) -> None:
        ended = roster_row(1, psn_insu_stas="4", stas_date="2025-03-01", monthly_pension="1000.00")
        later(tmp_path, ended)
        later(tmp_path, ended | {"end_reason": "2", "end_to": "350500"})
        last = known.enrolments.order_by("from_on", "seq").last()
        assert (last.status, last.end_reason, last.end_to) == (4, 2, "350500")


class TestAnotherNumber:
    def test_is_the_same_person_under_both(self, known: Person, tmp_path: Path) -> None:
        changed = roster_row(1, monthly_pension="1000.00") | {"certno": number(101), "old_certno": certno(1)}
        assert later(tmp_path, changed).numbers_changed == 1
        assert find_by_certno(number(101)) == find_by_certno(certno(1)) == known
        contributions(csv_file(tmp_path / "c.csv", [contribution_row(1)]))
        assert Contribution.objects.get().person == known
        assert later(tmp_path, roster_row(1, mob="19900011111", monthly_pension="1000.00")).people_added == 0

    def test_the_other_rows_of_the_person_wait_with_the_one_that_is_wrong(self, known: Person, tmp_path: Path) -> None:
        wrong = roster_row(1, psn_name="李强") | {"certno": number(101), "old_certno": certno(1)}
        other = roster_row(1, psn_name="李强", insuplc_admdvs="350500") | {"certno": number(101), "old_certno": ""}
        result = later(tmp_path, wrong, other, roster_row(2) | {"old_certno": ""})
        assert held(result) == [(2, "psn_name", "other_person"), (3, "psn_name", "other_person")]
        assert not FormerCertificate.objects.exists()
        assert Person.objects.count() == 2

    @pytest.mark.parametrize(
        ("pairs", "reason"),
        [
            ([(1, 1)], "和证件号码一样；没有换号码的请空着"),
            ([(2, 1)], "旧号码和新号码登记着两个人；确是同一个人的，请办理合并"),
            ([(101, 1), (102, 1)], "这个旧号码在文件里对着两个新号码"),
            ([(101, 1), (101, 2)], "这个新号码在文件里对着两个人的旧号码"),
            ([(102, 101), (101, 1)], "一份文件里连着换了两次号码，请分两份文件，先后导入"),
        ],
    )
    def test_what_cannot_be_is_refused(
        self, known: Person, tmp_path: Path, pairs: list[tuple[int, int]], reason: str
    ) -> None:
        later(tmp_path, roster_row(2))
        numbers = {1: certno(1), 2: certno(2), 101: number(101), 102: number(102)}
        rows = [
            roster_row(2 if new == 2 else 1) | {"certno": numbers[new], "old_certno": numbers[old]}
            for new, old in pairs
        ]
        problems = refusal(roster, csv_file(tmp_path / "r.csv", rows))
        assert (2, "old_certno", reason) in problems


class TestKindsOfCertificates:
    def test_the_zero_that_a_sheet_drops_in_front_is_meant(self, policies_loaded: None, tmp_path: Path) -> None:
        later(tmp_path, roster_row(1, certno="H12345678", psn_cert_type="4"))
        assert find_by_certno("H12345678").cert_type == "04"

    def test_of_a_kind_that_is_not_taken_its_own_cell_is_named(self, policies_loaded: None, tmp_path: Path) -> None:
        path = csv_file(tmp_path / "r.csv", [roster_row(1, certno="H12345678", psn_cert_type="77")])
        assert [(row, column) for row, column, _ in refusal(roster, path)] == [(2, "psn_cert_type")]
