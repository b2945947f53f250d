"""Rows laid aside: which, with what reason, and that the others come in."""

import json
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from django.db import connection
from stdnum.cn import ric

from accounts.models import Contribution, Enrolment, HeldRow, Import, Person
from accounts.policies import registry
from accounts.queries.people import find_by_certno
from tests.accounts.roster.import_kit import contributions, held, refusal, roster
from tests.factories.files import contribution_row, csv_file, roster_row
from tests.factories.people import certno

pytestmark = pytest.mark.usefixtures("policies_loaded")


def man(serial: int, **changes: str) -> dict[str, str]:
    """Return a row whose gender is the one that the number says."""
    return roster_row(serial, **{"gend": str(2 - serial % 2), **changes})


def paid(tmp_path: Path, serial: int = 1, **bases: str) -> Path:
    """Return a file of months of 2025, m01="5000" and so on."""
    rows = [contribution_row(serial, accrym=f"2025-{month[1:]}", base=base) for month, base in bases.items()]
    return csv_file(tmp_path / f"{serial} {'-'.join(bases.values())}.csv", rows)


def test_a_bad_row_refuses_the_file_and_with_hold_waits_while_the_others_come_in(tmp_path: Path) -> None:
    rows = [roster_row(1), roster_row(2, gend="9"), roster_row(3, stas_date="x", psn_name="王<b>")]
    path = csv_file(tmp_path / "r.csv", rows)
    assert {row for row, *_ in refusal(roster, path)} == {3, 4}
    result = roster(path, hold=True)
    assert (result.rows, result.people_added) == (3, 1)
    assert held(result) == [(3, "gend", "unreadable"), (4, "psn_name", "unreadable")]
    first = HeldRow.objects.order_by("row").first()
    assert json.loads(first.cells) == rows[1]
    assert (first.value, first.source_id, first.at.date()) == ("9", result.import_id, date(2025, 6, 30))


def test_what_waits_is_encrypted(tmp_path: Path) -> None:
    roster(csv_file(tmp_path / "r.csv", [roster_row(1), roster_row(2, gend="9")]), hold=True)
    with connection.cursor() as cursor:
        cursor.execute("SELECT cells, value, reason FROM accounts_heldrow")
        cells, *shown = cursor.fetchone()
    assert certno(2).encode() not in bytes(cells)
    assert "昌国街道".encode() not in bytes(cells)
    assert certno(2) not in "".join(shown)


@pytest.mark.parametrize("content", ["torn", "quote", "header", "total"])
def test_a_damaged_file_changes_nothing_whatever_is_asked(tmp_path: Path, content: str) -> None:
    path = csv_file(tmp_path / "r.csv", [roster_row(n, gend="9" if n == 1 else "1") for n in range(4)])
    if content == "torn":
        path.write_bytes(path.read_bytes()[:-60])
    elif content == "quote":
        path.write_bytes(path.read_bytes() + b'x,"')
    elif content == "header":
        path.write_text(path.read_text().replace("psn_name", "name"))
    expected = 5 if content == "total" else None
    problems = refusal(lambda file: roster(file, hold=True, expect_rows=expected), path)
    assert content != "total" or (0, "", "应有5行，实有4行，文件可能不完整") in problems
    assert not HeldRow.objects.exists()


def test_a_row_with_a_cell_too_many_waits_like_any_other(tmp_path: Path) -> None:
    path = csv_file(tmp_path / "r.csv", [roster_row(n) for n in range(3)])
    path.write_text(path.read_text().replace(",310,", ",310,310,", 1))
    assert held(roster(path, hold=True)) == [(2, "", "unreadable")]
    assert json.loads(HeldRow.objects.get().cells)["多出的第1格"] == ""


def test_the_same_file_again_says_what_still_waits_of_it(tmp_path: Path) -> None:
    path = csv_file(tmp_path / "r.csv", [roster_row(1), roster_row(2, gend="9")])
    first = roster(path, hold=True)
    again = roster(path, hold=True)
    assert (again.known_file, again.held) == (True, first.held)


def test_what_comes_again_word_for_word_waits_once(tmp_path: Path) -> None:
    roster(csv_file(tmp_path / "a.csv", [roster_row(1), roster_row(2, gend="9")]), hold=True)
    result = roster(csv_file(tmp_path / "b.csv", [roster_row(2, gend="9"), roster_row(3)]), hold=True)
    assert [row.source_id for row in HeldRow.objects.filter(state="waiting")] == [result.import_id]


def test_rows_of_what_is_not_kept_here_are_counted_and_left_out(tmp_path: Path) -> None:
    rows = [roster_row(1), roster_row(1, insutype="320"), roster_row(2, insutype="510"), roster_row(3, psn_type="1301")]
    result = roster(csv_file(tmp_path / "r.csv", rows))
    assert (result.rows, result.left_out, result.people_added, held(result)) == (4, 3, 1, [])


class TestAnotherPersonUnderAKnownNumber:
    @pytest.fixture(autouse=True)
    def known(self, policies_loaded: None, tmp_path: Path) -> Person:
        roster(csv_file(tmp_path / "known.csv", [man(n) for n in range(1, 6)]))
        return find_by_certno(certno(1))

    @pytest.mark.parametrize(
        ("changes", "is_held"),
        [
            ({"psn_name": "李强", "mob": "19900077777"}, True),
            ({"psn_name": "李强"}, False),
            ({"mob": "19900077777"}, False),
            ({"psn_name": "李强", "mob": ""}, False),
            ({"psn_name": "李强", "mob": "19900077777", "stas_date": "2019-01-01"}, True),
            ({"psn_name": "李强", "mob": "19900077777", "psn_insu_stas": "2"}, True),
            ({"psn_name": "林 晓明", "mob": "19900077777"}, False),
        ],
    )
    def test_is_held_when_name_and_phone_differ_and_not_otherwise(
        self, known: Person, tmp_path: Path, changes: dict[str, str], is_held: bool
    ) -> None:
        result = roster(csv_file(tmp_path / "r.csv", [man(1, **changes), man(2)]))
        assert held(result) == ([(2, "psn_name", "other_person")] if is_held else [])
        before = known.name, known.phone
        known.refresh_from_db()
        assert not is_held or (known.name, known.phone) == before

    def test_a_gender_that_the_number_contradicts_is_held_though_it_is_the_only_row(self, tmp_path: Path) -> None:
        result = roster(csv_file(tmp_path / "r.csv", [man(1, gend="2")]))
        assert held(result) == [(2, "gend", "gender_contradicts_number")]


def test_a_gender_that_the_number_contradicts_is_held_among_numbers_that_tell_it(tmp_path: Path) -> None:
    result = roster(csv_file(tmp_path / "r.csv", [man(1), man(2, gend="1"), man(3)]))
    assert held(result) == [(3, "gend", "gender_contradicts_number")]
    assert result.held[0].reason == "证件号码第17位表示女，与性别不符"


def test_numbers_made_up_without_a_gender_tell_none_but_real_ones_always_do(tmp_path: Path) -> None:
    made_up = [man(n, gend=str(1 + n % 2)) for n in range(1, 5)]
    assert held(roster(csv_file(tmp_path / "a.csv", made_up))) == []
    stem = "99010119500108007"  # no district either, but none that is known to be made up
    real = man(7, certno=stem + ric.calc_check_digit(stem + "0"), brdy="1950-01-08", gend="2")
    result = roster(csv_file(tmp_path / "b.csv", [real, man(8, gend="1"), man(9, gend="2")]))
    assert held(result) == [(2, "gend", "gender_contradicts_number")]


def test_a_second_person_like_a_known_one_is_held_with_all_their_rows(tmp_path: Path) -> None:
    roster(csv_file(tmp_path / "known.csv", [man(1)]))
    like = {"certno": certno(101, date(1950, 1, 2)), "psn_name": "林晓明", "gend": "1", "brdy": "1950-01-02", "mob": ""}
    rows = [man(3), man(1, **like), man(1, **like, insuplc_admdvs="350500", stas_date="2021-01-01")]
    result = roster(csv_file(tmp_path / "r.csv", rows))
    assert held(result) == [(3, "certno", "same_person_other_number"), (4, "certno", "same_person_other_number")]
    assert f"与参保人 {find_by_certno(certno(1)).pk} 同名、同性别、同生日" in result.held[0].reason


def test_payments_for_somebody_whose_roster_row_waits_say_so(tmp_path: Path) -> None:
    waits = roster(csv_file(tmp_path / "r.csv", [roster_row(1), roster_row(2, gend="9")]), hold=True).held[0]
    path = csv_file(tmp_path / "c.csv", [contribution_row(1), contribution_row(2), contribution_row(3)])
    assert refusal(contributions, path) == [
        (3, "certno", f"名册里这个人的行还留待处理（held_rows 编号 {waits.id}），请先处理"),
        (4, "certno", "名册里没有这个人，请先导入参保名册"),
    ]
    result = contributions(path, hold=True)
    assert (result.contributions_added, held(result)) == (
        1,
        [(3, "certno", "contradicts_known"), (4, "certno", "contradicts_known")],
    )


class TestBases:
    @pytest.fixture(autouse=True)
    def known(self, policies_loaded: None, tmp_path: Path) -> None:
        roster(csv_file(tmp_path / "known.csv", [roster_row(n) for n in range(1, 6)]))

    @pytest.mark.parametrize(
        ("base", "is_held"), [("15000", False), ("15000.01", True), ("1666.67", False), ("1666.66", True)]
    )
    def test_more_than_three_times_or_less_than_a_third_of_the_last_is_held(
        self, tmp_path: Path, base: str, is_held: bool
    ) -> None:
        contributions(paid(tmp_path, m01="5000"))
        result = contributions(paid(tmp_path, m02=base))
        assert held(result) == ([(2, "base", "base_jump")] if is_held else [])
        assert not is_held or result.held[0].value == base

    def test_the_last_base_is_that_of_the_latest_month_before_however_long_ago(self, tmp_path: Path) -> None:
        contributions(paid(tmp_path, m01="5000"))
        assert held(contributions(paid(tmp_path, m06="20000"))) == [(2, "base", "base_jump")]

    def test_what_rests_on_a_jump_is_held_with_it_until_the_base_is_back(self, tmp_path: Path) -> None:
        result = contributions(paid(tmp_path, m01="5000", m02="446200", m03="90000", m04="90000", m05="5100"))
        codes = [(2 + n, "base", code) for n, code in [(1, "base_above_bound"), (2, "base_jump"), (3, "base_jump")]]
        assert sorted(held(result)) == codes
        months = Contribution.objects.order_by("month").values_list("month", flat=True)
        assert [month.month for month in months] == [1, 5]

    def test_a_history_that_grows_slowly_is_believed(self, tmp_path: Path) -> None:
        assert held(contributions(paid(tmp_path, m01="1000", m02="2500", m03="6000", m04="15000"))) == []

    def test_the_bound_is_the_regions_where_it_names_one(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        terms = registry.credit("330900", date(2025, 1, 1))
        bounded = replace(terms, base_bound_fen=600_000)
        monkeypatch.setattr(registry, "credit_or_none", lambda region, day: bounded)
        result = contributions(paid(tmp_path, 2, m01="6000.01"))
        assert held(result) == [(2, "base", "base_above_bound")]
        assert "每月 6,000.00 元" in result.held[0].reason

    def test_a_hundred_thousand_is_believed_where_nothing_else_is_said(self, tmp_path: Path) -> None:
        assert held(contributions(paid(tmp_path, 2, m01="100000"))) == []
        assert held(contributions(paid(tmp_path, 3, m01="100000.01"))) == [(2, "base", "base_above_bound")]

    def test_a_second_payers_base_is_judged_too_for_it_counts_once_the_first_is_refunded(self, tmp_path: Path) -> None:
        def payment(month: str, base: str, payer: str) -> dict[str, str]:
            return contribution_row(1, accrym=month, base=base, payer=payer)

        contributions(csv_file(tmp_path / "a.csv", [payment("2025-01", "5000", "A"), payment("2025-02", "5000", "A")]))
        slips = [payment("2025-01", "446200", "B"), payment("2025-02", "20000", "B")]
        result = contributions(csv_file(tmp_path / "b.csv", slips))
        assert held(result) == [(2, "base", "base_above_bound"), (3, "base", "base_jump")]
        assert result.second_payers == 0

    def test_the_sum_is_that_of_all_bases(self, tmp_path: Path) -> None:
        path = paid(tmp_path, m01="5000", m02="5000.50")
        expected = "基数合计应为 10,000.00 元，实为 10,000.50 元，文件可能不完整"
        assert refusal(lambda file: contributions(file, expect_sum_fen=1_000_000), path) == [(0, "", expected)]
        assert contributions(path, expect_sum_fen=1_000_050, expect_rows=2).contributions_added == 2


def test_with_hold_the_announced_sum_is_that_of_the_whole_file_bad_rows_too(tmp_path: Path) -> None:
    roster(csv_file(tmp_path / "r.csv", [man(1), man(2)]))
    good, bad = contribution_row(1, base="5000"), contribution_row(2, base="4,000.50", accrym="2025.1")
    path = csv_file(tmp_path / "c.csv", [good, bad])
    result = contributions(path, hold=True, expect_sum_fen=900_050)
    assert (result.contributions_added, held(result)) == (1, [(3, "accrym", "unreadable")])
    unread = csv_file(tmp_path / "d.csv", [good, bad | {"base": "四千"}])
    reason = "有的行读不出基数，合计核对不了（应为 9,000.50 元）"
    assert (0, "", reason) in refusal(lambda file: contributions(file, hold=True, expect_sum_fen=900_050), unread)


def test_every_row_of_a_file_is_in_or_waits_or_is_left_out(tmp_path: Path) -> None:
    rows = [man(n) for n in range(20)] + [man(30, gend="9"), man(31, insutype="510"), man(32, gend="2", stas_date="")]
    result = roster(csv_file(tmp_path / "r.csv", rows), hold=True)
    assert result.rows == len(rows) == Enrolment.objects.count() + len(result.held) + result.left_out
    assert Import.objects.get().rows == len(rows)
