"""Workbooks of every format: the same rows, errors and formulas that show themselves, and a bound on what is opened."""

import io
import random
import sys
import zipfile
from contextlib import suppress
from pathlib import Path

import openpyxl
import pytest

from tests.lib.test_tables import read, refusal, replaced, sheet_of, written
from yibao.lib import tables
from yibao.lib.workbooks import archive, process, xls

pytestmark = pytest.mark.unit

CASES = Path(__file__).parents[1] / "cases"
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"


def with_cells(tmp_path: Path, cells: str, *, prefix: str = "") -> Path:
    """Return a workbook whose sheet has the header a, b, c and these cells in row 2."""
    header = "".join(f'<c r="{name.upper()}1" t="inlineStr"><is><t>{name}</t></is></c>' for name in "abc")
    sheet = f'<row r="1">{header}</row><row r="2">{cells}</row>'
    sheet = f"<worksheet><sheetData>{sheet}</sheetData></worksheet>"
    if prefix:
        sheet = sheet.replace("</", f"</{prefix}:").replace("<", f"<{prefix}:").replace(f"<{prefix}:/", "</")
    namespace = f' xmlns{":" if prefix else ""}{prefix}="{MAIN}"'
    sheet = sheet.replace("worksheet>", f"worksheet{namespace}>", 1)
    return written(tmp_path / "t.xlsx", replaced(sheet_of([["a"]]), {"xl/worksheets/sheet1.xml": sheet}))


@pytest.mark.parametrize("kind", ["xlsx", "xls", "xlsb", "ods"])
def test_the_same_table_reads_the_same_from_every_format(kind: str) -> None:
    table = tables.read_table(CASES / f"table.{kind}")
    assert table.columns == ("certno", "psn_name", "base", "received_on", "accrym", "street")
    assert list(table.rows) == [
        (2, ["999902195001010012", "陈晓明", "4462.5", "2025-01-15", "2025-01-01", "#N/A"]),
        (3, ["999902195001020085", "王明", "4462.5", "2025-01-15T08:30:00", "2025-01", "#DIV/0!"]),
        (5, ["x", "", "4462.2", "", "", "昌国街道"]),
    ]
    assert table.remarks == ["读取的是“名册”工作表，隐藏的“选项”没有读"]


@pytest.mark.parametrize("number", [14, 15, 22, *range(27, 32), 36, *range(50, 55), 57, 58])
def test_days_in_the_built_in_formats_are_days(tmp_path: Path, number: int) -> None:
    book = sheet_of([["a", "b"], [45658, "x"]])
    with zipfile.ZipFile(io.BytesIO(book)) as parts:
        styles = parts.read("xl/styles.xml").decode()
        sheet = parts.read("xl/worksheets/sheet1.xml").decode()
    before, cells, after = styles.partition("</cellXfs>")
    styles = f'{before}<xf numFmtId="{number}" applyNumberFormat="1"/>{cells}{after}'
    last = before.partition("<cellXfs")[2].count("<xf ")
    sheet = sheet.replace('<c r="A2"', f'<c r="A2" s="{last}"')
    parts_changed = {"xl/styles.xml": styles, "xl/worksheets/sheet1.xml": sheet}
    assert read(written(tmp_path / "t.xlsx", replaced(book, parts_changed))) == [(2, ["2025-01-01", "x"])]


@pytest.mark.parametrize("prefix", ["", "x"])
def test_errors_show_themselves_however_the_cell_is_written(tmp_path: Path, prefix: str) -> None:
    cells = (
        '<c r="A2" t="e"><v>#N/A</v></c>'
        "<c r='B2' s='0'\n t = 'e'><f>A1</f><v>#REF!</v></c>"
        '<c t="e" r="C2"><v>#DIV/0!</v></c>'
    )
    assert read(with_cells(tmp_path, cells, prefix=prefix)) == [(2, ["#N/A", "#REF!", "#DIV/0!"])]


@pytest.mark.parametrize("prefix", ["", "x"])
def test_a_formula_gives_its_value_and_without_one_shows_itself(tmp_path: Path, prefix: str) -> None:
    cells = '<c r="A2"><f>1+1</f><v>2</v></c><c r="B2" s="0" t="n"><f>1+2</f><v></v></c><c r="C2" s="0"><f t="shared" si="0"/></c>'
    assert read(with_cells(tmp_path, cells, prefix=prefix)) == [(2, ["2", "=1+2", "="])]
    empty = '<c r="A2"><v>1</v></c><c r="B2" t="str"><f>""</f><v></v></c><c r="C2" s="0"/>'
    assert read(with_cells(tmp_path, empty, prefix=prefix)) == [(2, ["1", "", ""])]


def test_rows_keep_their_numbers_and_cells_their_columns(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    for place, text in {"B1": "b", "C1": "c", "C4": "x"}.items():
        book.active[place] = text
    book.save(tmp_path / "t.xlsx")
    table = tables.read_table(tmp_path / "t.xlsx")
    assert (table.columns, list(table.rows)) == (("", "b", "c"), [(4, ["", "", "x"])])


def test_what_is_left_empty_right_of_the_table_is_nothing(tmp_path: Path) -> None:
    path = written(tmp_path / "t.csv", b"a,b,,\n1,2,,\n3,4,, \n,,,\n5,6\n")
    assert tables.read_table(path).columns == ("a", "b")
    assert read(path) == [(2, ["1", "2"]), (3, ["3", "4"]), (5, ["5", "6"])]
    assert refusal(written(tmp_path / "t.csv", b"a,b,,\n1,2,,\n3,4,x,\n")) == "1: 有一列没有列名"


@pytest.mark.parametrize(
    ("content", "remarks"),
    [
        ("a\n陈\n".encode("gb18030"), ["按 GB18030 读取"]),
        ("a\nJosé García\n".encode(), ["按 UTF-8 读取"]),
        ("a\nJose\u0301 Garci\u0301a\n".encode(), ["按 UTF-8 读取"]),
        ("a\nMÜLLER\n".encode("utf-8-sig"), []),
        ("a\n陈\n".encode(), []),
        (b"a\nx\n", []),
    ],
)
def test_a_guess_about_the_encoding_is_told(tmp_path: Path, content: bytes, remarks: list[str]) -> None:
    assert tables.read_table(written(tmp_path / "t.csv", content)).remarks == remarks


@pytest.mark.parametrize("start", [b"<html><table>", b"\xef\xbb\xbf\n<?xml version='1.0'?>", b"MIME-Version: 1.0\n"])
def test_a_web_page_named_like_a_workbook_is_called_one(tmp_path: Path, start: bytes) -> None:
    for name in ("t.xls", "t.xlsx", "t.csv"):
        reason = refusal(written(tmp_path / name, start))
        assert "网页" in reason
        assert "另存为 .xlsx 或 CSV" in reason


def test_a_workbook_that_says_it_is_large_is_refused_before_it_is_opened(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    book = sheet_of([["a"], ["1"]])
    with zipfile.ZipFile(io.BytesIO(book)) as parts:
        size = sum(part.file_size for part in parts.infolist())
    path = written(tmp_path / "t.xlsx", book)
    assert archive.readable_copy(path)
    monkeypatch.setattr(archive, "MAX_UNPACKED", size - 1)
    assert list(process.messages(path)) == [("refused", "工作簿太大（解压后 0 MB），请另存为 CSV 再导入")]
    monkeypatch.setattr(xls, "MAX_SIZE", 1000)
    assert list(process.messages(CASES / "table.xls")) == [("refused", "工作簿太大（0 MB），请另存为 CSV 再导入")]


def test_a_sheet_that_grows_while_being_read_meets_the_bound_of_its_process(tmp_path: Path) -> None:
    stray = '<c r="A2"><v>1</v></c></row><row r="1048576"><c r="XFD1048576"><v>1</v></c>'
    assert "展开后太大，请另存为 CSV" in refusal(with_cells(tmp_path, stray))


def test_an_old_workbook_that_is_full_to_the_last_row_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(xls, "MAX_ROWS", 5)
    [(kind, reason)] = process.messages(CASES / "table.xls")
    assert (kind, "“名册”写满了" in reason) == ("refused", True)


def test_a_reader_that_does_not_start_is_not_blamed_on_the_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/bin/false")
    with pytest.raises(RuntimeError, match="ended with 1"):
        tables.read_table(CASES / "table.xlsx")


@pytest.mark.parametrize("kind", ["xls", "xlsb", "ods"])
def test_a_damaged_workbook_is_read_or_refused_and_nothing_else(tmp_path: Path, kind: str) -> None:
    rng = random.Random(3)
    content = (CASES / f"table.{kind}").read_bytes()
    for number in range(3):
        at = rng.randrange(len(content))
        damaged = content[:at] if number == 0 else content[:at] + rng.randbytes(2) + content[at + 2 :]
        with suppress(tables.UnreadableError):
            read(written(tmp_path / f"t.{kind}", damaged))
