"""Files as they come in real life (tests/cases): what goes in, what is refused, and in which words."""

from datetime import date
from pathlib import Path

import pytest

from accounts.models import Contribution, Person
from accounts.roster.files import ImportResult
from tests.accounts.roster.import_kit import contributions, refusal, roster

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
