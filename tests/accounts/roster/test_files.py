"""Bad files: each is refused as a whole, with a message that says what and where, and changes nothing."""

import os
from collections.abc import Callable
from datetime import date
from pathlib import Path

import openpyxl
import pytest

from accounts.roster.problems import ImportRefusedError
from tests.accounts.roster.import_kit import contributions, kept, refusal, roster
from tests.factories.files import ROSTER_COLUMNS, contribution_row, csv_file, csv_text, roster_row, xlsx_file
from tests.factories.people import certno

pytestmark = pytest.mark.usefixtures("policies_loaded")

GOOD = [roster_row(n) for n in range(4)]


def without(column: str) -> list[str]:
    return [name for name in ROSTER_COLUMNS if name != column]


@pytest.mark.parametrize(
    ("changes", "column", "reason"),
    [
        ({"certno": certno(9)[:-1]}, "certno", "证件号码少了1位，应为18位"),
        ({"certno": certno(9)[:-1] + "A"}, "certno", "证件号码前17位应为数字，最后一位应为数字或 X"),
        ({"certno": "999902199002300010"}, "certno", "证件号码第7至14位不是一个存在的出生日期"),
        ({"certno": "999902199001010011"}, "certno", "证件号码的最后一位（校验位）对不上，请逐位核对"),
        ({"certno": ""}, "certno", "没有填写证件号码"),
        (
            {"certno": "9.9990219900101E+17"},
            "certno",
            "表格软件把证件号码当成了数字，末几位已丢失；请把这一列设为文本后重新填写",
        ),
        ({"psn_name": ""}, "psn_name", "没有填写姓名"),
        ({"psn_name": "王" * 51}, "psn_name", "姓名超过50个字"),
        ({"psn_name": "王<b>"}, "psn_name", "姓名里有括号：备注（例如“已故”）不能写在姓名里，这里只写姓名"),
        ({"psn_name": "王\x00明"}, "psn_name", "姓名第2个字符看不见（U+0000），请删去重新输入"),
        ({"psn_name": "王\u202e明"}, "psn_name", "姓名第2个字符看不见（U+202E），请删去重新输入"),
        ({"gend": "男"}, "gend", "应为 1（男）、2（女）"),
        ({"gend": "１"}, "gend", "应为 1（男）、2（女）"),
        ({"brdy": "1950-02-30"}, "brdy", "没有这一天"),
        ({"brdy": "05/01/1950"}, "brdy", "日期要写全年、月、日，年份四位写在前面，例如 2025-03-01 或 2025年3月1日"),
        ({"brdy": "1950-01-06"}, "brdy", "与证件号码里的出生日期不一致"),
        ({"mob": "1990000123"}, "mob", "手机号少了1位，应为11位，没有可以空着"),
        ({"insuplc_admdvs": "330999"}, "insuplc_admdvs", "没有这个统筹区的政策，请核对代码，或先用 load_policies 载入"),
        ({"insuplc_admdvs": ""}, "insuplc_admdvs", "没有这个统筹区的政策，请核对代码，或先用 load_policies 载入"),
        ({"insutype": "31"}, "insutype", "应为 310（职工基本医疗保险）、390（城乡居民基本医疗保险）"),
        (
            {"psn_type": "17"},
            "psn_type",
            "人员类别应以 11（在职）、12（退休）、14（未成年居民）、15（成年居民）、16（老年居民）开头",
        ),
        ({"psn_type": "15"}, "psn_type", "与险种 310 不符：310 应为 11、12 开头，390 应为 14、15、16 开头"),
        ({"psn_insu_stas": "3"}, "psn_insu_stas", "应为 1（正常参保）、2（暂停参保）、4（终止参保）"),
        ({"stas_date": ""}, "stas_date", "没有填写日期"),
        ({"stas_date": "2025-02-29"}, "stas_date", "没有这一天"),
        ({"stas_date": "1949-12-31"}, "stas_date", "早于出生日期"),
        ({"stas_date": "2026-07-02"}, "stas_date", "在一年以后，请核对"),
        ({"flex": "是"}, "flex", "应为 1（灵活就业）、0（不是），也可以空着"),
        ({"psn_idet_type": "低保"}, "psn_idet_type", "代码应为至多6位数字，没有可以空着"),
        ({"street": "街" * 61}, "street", "超过60个字"),
        ({"street": "=HYPERLINK(1)"}, "street", "这一格是公式，请改成文字"),
        ({"monthly_pension": "-1"}, "monthly_pension", "金额不能是负数"),
        ({"monthly_pension": "NaN"}, "monthly_pension", "金额只写数字，最多两位小数，例如 4462.00"),
    ],
)
def test_a_bad_cell_is_named_by_row_and_column(
    tmp_path: Path, changes: dict[str, str], column: str, reason: str
) -> None:
    path = csv_file(tmp_path / "r.csv", [*GOOD, roster_row(4, **changes)])
    assert refusal(roster, path) == [(6, column, reason)]


def test_someone_born_in_the_future_is_refused(tmp_path: Path) -> None:
    unborn = roster_row(1, certno=certno(1, date(2025, 7, 1)), brdy="2025-07-01", stas_date="2025-07-01")
    assert refusal(roster, csv_file(tmp_path / "r.csv", [unborn])) == [(2, "brdy", "出生日期在今天之后")]


def test_every_bad_cell_of_every_row_is_listed_in_the_order_of_the_file(tmp_path: Path) -> None:
    rows = [
        roster_row(0, gend="3", brdy="x"),
        roster_row(1),
        roster_row(2, mob="1"),
        roster_row(1),
        roster_row(3, psn_type="99"),
    ]
    found = [(row, column) for row, column, _ in refusal(roster, csv_file(tmp_path / "r.csv", rows))]
    assert found == [(2, "gend"), (2, "brdy"), (4, "mob"), (5, "certno"), (6, "psn_type")]


@pytest.mark.parametrize(
    ("columns", "expected"),
    [
        (without("brdy"), [(1, "brdy", "缺少这一列")]),
        ([*ROSTER_COLUMNS, "remark"], [(1, "remark", "不认识的列名")]),
        ([*ROSTER_COLUMNS, "certno"], [(1, "certno", "这一列出现了不止一次")] * 2),
        ([*without("mob"), "phone"], [(1, "phone", "不认识的列名"), (1, "mob", "缺少这一列")]),
        ([*ROSTER_COLUMNS, ""], [(1, "", "有一列没有列名")]),
        (
            [name.upper() for name in ROSTER_COLUMNS[:1]] + list(ROSTER_COLUMNS[1:]),
            [(1, "CERTNO", "不认识的列名"), (1, "certno", "缺少这一列")],
        ),
    ],
)
@pytest.mark.parametrize("write", [csv_file, xlsx_file])
def test_wrong_columns_are_refused(
    tmp_path: Path, write: Callable[..., Path], columns: list[str], expected: list[tuple[int, str, str]]
) -> None:
    rows = [{**dict.fromkeys(columns, "x"), **row} for row in GOOD]
    path = write(tmp_path / ("r.csv" if write is csv_file else "r.xlsx"), rows, columns)
    if write is xlsx_file and columns[-1] == "":
        expected = [(row, "", "这一行有15列，应为14列") for row in range(2, 6)]
    assert refusal(roster, path) == expected


def test_a_title_above_the_names_of_the_columns_is_one_problem(tmp_path: Path) -> None:
    path = csv_file(tmp_path / "r.csv", GOOD)
    path.write_text("2025年1月参保名册\n" + path.read_text())
    [(row, column, reason)] = refusal(roster, path)
    assert (row, column) == (1, "")
    assert "上面的标题行请删去" in reason
    assert "certno、psn_name" in reason


def test_a_header_of_another_kind_of_file_is_refused(tmp_path: Path) -> None:
    reasons = refusal(contributions, csv_file(tmp_path / "r.csv", GOOD))
    assert (1, "accrym", "缺少这一列") in reasons
    assert (1, "psn_name", "不认识的列名") in reasons


@pytest.mark.parametrize(
    ("content", "row", "reason"),
    [
        (b"", 0, "文件是空的"),
        (csv_text(GOOD).splitlines()[0].encode(), 0, "文件只有列名，没有内容"),
        (csv_text(GOOD).encode("utf-16"), 0, "UTF-16"),
        (csv_text(GOOD).encode() + b"\xff\xfe\r\n", 6, "编码"),
        (csv_text(GOOD).encode()[:-60], 5, "列，应为14列，文件可能不完整"),
        (csv_text(GOOD).encode() + b'999902,"', 6, "引号没有配对"),
        (csv_text(GOOD).replace(",310,", ",310,310,", 1).encode(), 2, "这一行有15列，应为14列"),
        (b"PK\x03\x04 not really", 0, "打不开"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", 0, "旧格式"),
    ],
)
def test_a_damaged_file_is_refused(tmp_path: Path, content: bytes, row: int, reason: str) -> None:
    path = tmp_path / "r.csv"
    path.write_bytes(content)
    problems = refusal(roster, path)
    assert [problem[0] for problem in problems] == [row]
    assert reason in problems[0][2]


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    assert refusal(roster, tmp_path / "none.csv") == [(0, "", "找不到文件 none.csv")]
    assert refusal(roster, tmp_path) == [(0, "", f"{tmp_path.name} 是文件夹或管道，请先存成文件再导入")]


def test_a_pipe_is_refused_and_nobody_waits_for_it(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    assert refusal(roster, tmp_path / "pipe") == [(0, "", "pipe 是文件夹或管道，请先存成文件再导入")]


def test_an_xlsx_that_is_none_and_one_with_formulas_are_refused(tmp_path: Path) -> None:
    fake = csv_file(tmp_path / "fake.xlsx", GOOD)
    assert "内容却不是 Excel 工作簿" in refusal(roster, fake)[0][2]
    path = xlsx_file(tmp_path / "formula.xlsx", GOOD)
    book = openpyxl.load_workbook(path)
    book.active["B3"] = '=CONCATENATE("王","明")'
    book.save(path)
    assert refusal(roster, path) == [(3, "psn_name", "这一格是公式，请改成文字")]


def test_rows_before_a_fault_in_the_file_are_still_checked(tmp_path: Path) -> None:
    path = tmp_path / "r.csv"
    path.write_bytes(csv_text([roster_row(1, gend="9"), roster_row(2)]).encode() + b'x,"')
    assert [row for row, _, _ in refusal(roster, path)] == [2, 4]


def test_a_refusal_masks_what_it_shows(tmp_path: Path) -> None:
    rows = [roster_row(1, certno=certno(1)[:-1] + "A", street=f"{certno(1)} 19900012345=", mob="199000123456")]
    rows += [roster_row(2, psn_name="欧阳晓明1", street="<19900054321>")]
    with pytest.raises(ImportRefusedError) as refused:
        roster(csv_file(tmp_path / "r.csv", rows))
    shown = "\n".join(map(str, refused.value.problems))
    for secret in (certno(1), certno(1)[6:14], "19900012345", "19900054321", "欧阳"):
        assert secret not in shown
    assert "第3行 psn_name「欧*」：姓名里有不该出现的字符，只写汉字、字母和间隔号" in shown


def test_a_hopeless_file_is_given_up_after_enough_problems(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("accounts.roster.problems.MOST_PROBLEMS", 20)
    rows = [contribution_row(n, base="x") for n in range(50)]
    problems = refusal(contributions, csv_file(tmp_path / "c.csv", rows))
    assert len(problems) == 21
    assert problems[0] == (0, "", "问题超过20处，后面的内容没有再检查")


def test_after_a_refusal_the_mended_file_goes_in(tmp_path: Path) -> None:
    refusal(roster, csv_file(tmp_path / "r.csv", [*GOOD, roster_row(5, gend="x")]))
    before = kept()
    assert roster(csv_file(tmp_path / "r.csv", [*GOOD, roster_row(5)])).people_added == 5
    assert kept() != before
