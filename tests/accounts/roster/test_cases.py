"""Files as they come in real life (tests/cases): what goes in, what is refused, and in which words."""

from datetime import date
from pathlib import Path

import pytest

from accounts.codes import FactChangeKind
from accounts.models import Contribution, Enrolment, HeldRow, Person
from accounts.queries.people import find_by_certno
from accounts.roster.drafts import ImportResult
from tests.accounts.roster.import_kit import contributions, held, refusal, roster

pytestmark = pytest.mark.usefixtures("policies_loaded")

CASES = Path(__file__).parents[2] / "cases"


@pytest.mark.parametrize(
    ("file", "name", "remarks"),
    [
        ("03-utf8-latin-name.csv", "José García", ("按 UTF-8 读取",)),
        ("04-utf8-bom-latin-name.csv", "MÜLLER", ()),
        ("09-hidden-dropdown-sheet.xlsx", "黄晓明", ("读取的是“参保名册”工作表，隐藏的“hidden_gend”没有读",)),
        ("12-workbook2.xlsx", "吴晓明", ()),
        ("15-trailing-commas.csv", "陈晓明", ()),
    ],
)
def test_a_roster_goes_in_and_says_what_was_guessed(file: str, name: str, remarks: tuple[str, ...]) -> None:
    result = roster(CASES / file)
    assert (result.people_added, result.remarks) == (1, remarks)
    assert Person.objects.get().name == name


def test_a_roster_whose_rows_are_hidden_is_refused_and_the_sheet_named() -> None:
    [(row, _, reason)] = refusal(roster, CASES / "10-data-only-in-hidden-sheet.xlsx")
    assert row == 0
    assert "看得见的工作表是空的，隐藏的“旧数据”没有读" in reason


def test_an_error_in_a_cell_is_refused_by_row_and_column(tmp_path: Path) -> None:
    expected = [(2, "street", "这一格是表格软件的错误值，请改成应有的内容")]
    assert refusal(roster, CASES / "11-error-cell.xlsx") == expected
    text = (CASES / "15-trailing-commas.csv").read_text().replace("昌国街道", "#REF!")
    (tmp_path / "t.csv").write_text(text)
    assert refusal(roster, tmp_path / "t.csv") == expected


def test_a_web_page_named_xls_is_refused_in_one_line() -> None:
    reason = "这是网页或 XML，不是工作簿，也不是 CSV；请用表格软件打开，另存为 .xlsx 或 CSV 再导入"
    assert refusal(contributions, CASES / "16-web-page.xls") == [(0, "", reason)]


@pytest.mark.parametrize("file", ["05-date-numfmt31.xlsx", "06-month-numfmt57.xlsx", "08-float-dust.xlsx"])
def test_days_months_and_amounts_are_what_the_sheet_shows(file: str) -> None:
    roster(CASES / "00-people.csv")
    result: ImportResult = contributions(CASES / file)
    assert result.contributions_added == 1
    paid = Contribution.objects.get()
    amount = 446_220 if file.startswith("08") else 446_200
    assert (paid.month, paid.base_fen, paid.received_on) == (date(2025, 1, 1), amount, date(2025, 1, 15))


def test_what_chinese_excel_saved_goes_in() -> None:
    roster(CASES / "00-people.csv")
    assert contributions(CASES / "07-saved-by-excel.csv").contributions_added == 4
    paid = set(Contribution.objects.values_list("month", "base_fen", "received_on"))
    assert paid == {(date(2025, 1, 1), 446_200, date(2025, 1, 15))}


def test_names_are_kept_in_one_spelling() -> None:
    roster(CASES / "13-names.csv")
    names = list(Person.objects.order_by("id").values_list("name", flat=True))
    assert sorted(names) == sorted(["张三", "阿依古丽·买买提", "O'BRIEN", "王〇"])


def test_names_that_nobody_can_type_are_mended_or_refused_with_the_cause() -> None:
    remark, unseen = refusal(roster, CASES / "14-names-nobody-can-type.csv")
    assert remark == (3, "psn_name", "姓名里有括号：备注（例如“已故”）不能写在姓名里，这里只写姓名")
    assert unseen == (4, "psn_name", "姓名第2个字符看不见（U+FE00），请删去重新输入")


def test_other_certificates_are_refused_naming_what_they_look_like_and_what_can_be_taken() -> None:
    found = refusal(roster, CASES / "17-other-certificates.csv")
    assert [(row, column) for row, column, _ in found] == [(2, "certno"), (3, "certno"), (4, "certno")]
    for (_, _, reason), looks_like in zip(found, ["外国人永久居留证", "中国护照", "出生医学证明"], strict=True):
        assert reason.startswith(
            f"这像是{looks_like}，不是身份证；不是身份证的要写明证件类型代码 psn_cert_type：01 居民身份证"
        )
        assert "990201 出生医学证明" in reason


@pytest.fixture
def people(policies_loaded: None) -> None:
    assert roster(CASES / "00-people.csv").people_added == 32


def test_numbers_that_a_spreadsheet_has_rounded_are_held_though_their_check_digits_fit() -> None:
    result = roster(CASES / "01-rounded-certno.csv")
    assert held(result) == [(2, "certno", "rounded_numbers"), (3, "certno", "rounded_numbers")]
    assert not Person.objects.exists()
    assert "末三位都是000" in result.held[0].reason


def test_one_honest_number_that_ends_in_zeros_passes_among_others(tmp_path: Path) -> None:
    lines = (CASES / "01-rounded-certno.csv").read_text().splitlines()
    others = (CASES / "00-people.csv").read_text().splitlines()[1:]
    (tmp_path / "r.csv").write_text("\n".join([lines[0], lines[1], *others]))
    assert held(roster(tmp_path / "r.csv")) == []
    (tmp_path / "alone.csv").write_text("\n".join([lines[0], lines[2]]))
    assert held(roster(tmp_path / "alone.csv")) == []


def test_rounded_numbers_that_fail_are_refused_with_the_cause() -> None:
    problems = refusal(roster, CASES / "02-rounded-certno-mixed.csv")
    assert [(row, column) for row, column, _ in problems] == [(2, "certno"), (3, "certno"), (4, "certno")]
    assert all("表格软件" in reason and "逐位核对" not in reason for _, _, reason in problems)


@pytest.mark.usefixtures("people")
def test_a_base_in_fen_is_held_and_the_right_one_goes_in_afterwards() -> None:
    slip = contributions(CASES / "18-base-slip.csv")
    assert (slip.contributions_added, held(slip)) == (2, [(2, "base", "base_above_bound")])
    assert not Contribution.objects.filter(base_fen__gt=500_000).exists()
    right = contributions(CASES / "19-base-corrected.csv")
    assert (right.contributions_added, held(right)) == (1, [])


@pytest.mark.usefixtures("people")
def test_of_two_payers_of_a_month_one_counts_and_the_other_waits_to_be_refunded() -> None:
    result = contributions(CASES / "20-two-payers-one-month.csv")
    assert (result.contributions_added, result.second_payers, held(result)) == (1, 1, [])
    assert Contribution.objects.get().base_fen == 500_000
    waiting = Contribution.all_rows.get(counts=False)
    assert (waiting.base_fen, waiting.changed_by.kind) == (600_000, FactChangeKind.SECOND_PAYER)


@pytest.mark.usefixtures("people")
def test_a_corrected_number_is_held_or_with_the_old_number_is_the_same_person(tmp_path: Path) -> None:
    result = roster(CASES / "21-number-corrected.csv")
    assert held(result) == [(2, "certno", "same_person_other_number")]
    assert "同手机号" in result.held[0].reason
    assert find_by_certno("999902195001095251") is None
    before = find_by_certno("999902195001043259")
    header, row = (CASES / "21-number-corrected.csv").read_text().splitlines()
    (tmp_path / "r.csv").write_text(f"{header},old_certno\n{row},999902195001043259\n")
    assert roster(tmp_path / "r.csv").numbers_changed == 1
    after = find_by_certno("999902195001095251")
    assert after == before == find_by_certno("999902195001043259")
    assert after.birth_on == date(1950, 1, 9)


@pytest.mark.usefixtures("people")
def test_the_phone_of_a_full_export_is_that_of_its_day() -> None:
    result = roster(CASES / "22-snapshot-phone.csv", on=date(2025, 7, 1))
    assert (result.people_added, result.people_changed, result.enrolments_added, held(result)) == (1, 1, 1, [])
    person = find_by_certno("999902195001073001")
    assert (person.phone, person.facts_on) == ("19900088888", date(2025, 7, 1))


@pytest.mark.usefixtures("people")
def test_a_stop_and_a_start_on_one_day_hold_in_the_order_of_the_file() -> None:
    assert roster(CASES / "23-stop-and-start-same-day.csv").enrolments_added == 2
    rows = Enrolment.objects.filter(from_on=date(2025, 4, 10)).order_by("seq")
    assert list(rows.values_list("seq", "status")) == [(0, 2), (1, 1)]


@pytest.mark.usefixtures("people")
def test_somebody_else_under_a_known_number_is_held_and_changes_nothing() -> None:
    before = Person.objects.values_list("name", "gender", "phone_index").get(pk=find_by_certno("999902195001033034").pk)
    result = roster(CASES / "28-somebody-elses-number.csv")
    assert held(result) == [(2, "psn_name", "other_person")]
    person = find_by_certno("999902195001033034")
    assert (person.name, person.gender, person.phone_index) == before
    assert not Enrolment.objects.filter(from_on=date(2025, 5, 1)).exists()
    assert "李强" in HeldRow.objects.get().cells
