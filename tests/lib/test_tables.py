"""Tables as people hand them in: what is read, and what is refused with a reason."""

import io
import tracemalloc
import zipfile
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path

import openpyxl
import pytest

from yibao.lib import tables

pytestmark = pytest.mark.unit

HEADER = "姓名,a\r\n"


def read(path: Path) -> list[tuple[int, list[str]]]:
    return list(tables.read_table(path).rows)


def written(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    return path


def refusal(path: Path) -> str:
    with pytest.raises(tables.UnreadableError) as error:
        read(path)
    return f"{error.value.row}: {error.value}"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
@pytest.mark.parametrize("name", ["陈晓明", "𠮷野", "阿依古丽·买买提", "联通"])
def test_chinese_is_read_in_every_encoding_that_offices_use(tmp_path: Path, encoding: str, name: str) -> None:
    path = written(tmp_path / "t.csv", f"{HEADER}{name},1\r\n".encode(encoding))
    assert tables.read_table(path).columns == ("姓名", "a")
    assert read(path) == [(2, [name, "1"])]


def test_gb18030_that_happens_to_be_utf_8_is_read_as_chinese(tmp_path: Path) -> None:
    # Each character lies where two bytes of GB18030 form one two-byte character of UTF-8.
    content = "name,a\n毛,1\n".encode("gb18030")
    content.decode("utf-8")
    assert read(written(tmp_path / "t.csv", content)) == [(2, ["毛", "1"])]


def test_rows_without_content_are_left_out_but_counted(tmp_path: Path) -> None:
    path = written(tmp_path / "t.csv", b"a,b\r\n1,2\r\n\r\n,\r\n3,4\r\n\r\n")
    assert read(path) == [(2, ["1", "2"]), (5, ["3", "4"])]


def test_rows_of_spaces_and_the_mark_that_old_programs_end_with_are_no_content(tmp_path: Path) -> None:
    content = "a,b\r\n1,2\r\n , \r\n　,\u00a0\r\n3,4\r\n \r\n\x1a".encode()
    assert read(written(tmp_path / "t.csv", content)) == [(2, ["1", "2"]), (5, ["3", "4"])]
    rows = [["a", "b"], ["1", "2"], [" ", "　"], ["3", "4"]]
    assert read(written(tmp_path / "t.xlsx", sheet_of(rows))) == [(2, ["1", "2"]), (4, ["3", "4"])]


def test_a_byte_order_mark_that_stands_there_twice_is_no_part_of_a_name(tmp_path: Path) -> None:
    table = tables.read_table(written(tmp_path / "t.csv", b"\xef\xbb\xbf\xef\xbb\xbfa,b\n1,2\n"))
    assert (table.columns, list(table.rows)) == (("a", "b"), [(2, ["1", "2"])])


def test_a_last_line_without_a_line_end_is_a_line(tmp_path: Path) -> None:
    assert read(written(tmp_path / "t.csv", b"a,b\n1,2")) == [(2, ["1", "2"])]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "文件是空的"),
        (b"\n\n", "文件是空的"),
        ("a,b\n陈晓明,2\n陈".encode() + b"\xe9\x99", "3: 第3行的编码不是 UTF-8"),
        (b"\xef\xbb\xbfa,b\n\xff\xff\n", "第2行的编码不是 UTF-8"),
        ("a,b\n陈,1\n".encode("utf-16"), "UTF-16"),
        ("a,b\n陈,1\n".encode("utf-16-le"), "UTF-16"),
        (b"a,b\n\xff\xfe,1\n", "不是 UTF-8，也不是 GB18030"),
        (b'a,b\n1,"2\n3,4\n', "2: 引号没有配对"),
        (b'a,b\n1,"2"x\n', "2: 引号没有配对"),
        (b"a,b\n" + b"x" * 200_000, "太长"),
        (b"a;b\n1;2\n", "英文逗号"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "旧格式"),
    ],
)
def test_a_file_that_is_no_table_is_refused_with_a_reason(tmp_path: Path, content: bytes, reason: str) -> None:
    assert reason in refusal(written(tmp_path / "t.csv", content))


def workbook(fill: Callable[[openpyxl.Workbook], None]) -> bytes:
    book = openpyxl.Workbook()
    fill(book)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def sheet_of(rows: list[list[object]]) -> bytes:
    return workbook(lambda book: [book.active.append(row) for row in rows] and None)


def test_a_sheet_gives_the_same_text_as_the_csv_it_was_made_from(tmp_path: Path) -> None:
    typed = [
        ["a", "b", "c"],
        ["陈晓明", 330900, date(2025, 3, 1)],
        [None] * 3,
        ["x", 4462.5, None],
        [None, 1070.88, 12],
    ]
    text = b"a,b,c\n\xe9\x99\x88\xe6\x99\x93\xe6\x98\x8e,330900,2025-03-01\n,,\nx,4462.5,\n,1070.88,12\n"
    sheet = written(tmp_path / "t.xlsx", sheet_of(typed))
    assert read(sheet) == read(written(tmp_path / "t.csv", text))


def test_numbers_that_excel_has_rounded_show_it_and_formulas_show_themselves(tmp_path: Path) -> None:
    rows = [["a", "b"], [999902199001010012, "=1+1"], [1070.8800000000001, datetime(2025, 3, 1, 8, 30)]]
    assert read(written(tmp_path / "t.xlsx", sheet_of(rows))) == [
        (2, ["9.9990219900101e+17", "=1+1"]),
        (3, ["1070.88", "2025-03-01T08:30:00"]),
    ]


def test_shared_strings_rich_text_and_phonetics_read_as_the_text_people_see(tmp_path: Path) -> None:
    sheet = sheet_of([["name"], ["占位"]])
    shared = (
        '<sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><si><t>name</t></si>'
        "<si><r><t>陈</t></r><r><t>晓明</t></r><rPh><t>chen</t></rPh></si></sst>"
    )
    cell = '<row r="{}"><c r="A{}" t="s"><v>{}</v></c></row>'
    rows = "".join(cell.format(row, row, row - 1) for row in (1, 2))
    data = f'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>{rows}</sheetData></worksheet>'
    path = written(
        tmp_path / "t.xlsx", replaced(sheet, {"xl/sharedStrings.xml": shared, "xl/worksheets/sheet1.xml": data})
    )
    assert read(path) == [(2, ["陈晓明"])]


def replaced(archive: bytes, parts: dict[str, str]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(archive)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            if name not in parts:
                new.writestr(name, old.read(name))
        for name, text in parts.items():
            new.writestr(name, text)
    return out.getvalue()


def test_a_file_called_xlsx_that_is_none_is_refused(tmp_path: Path) -> None:
    assert "内容却不是 Excel 工作簿" in refusal(written(tmp_path / "t.xlsx", b"a,b\n1,2\n"))
    assert "打不开" in refusal(written(tmp_path / "t.xlsx", b"PK\x03\x04" + b"\0" * 100))
    assert "打不开" in refusal(written(tmp_path / "u.xlsx", sheet_of([["a"], ["1"]])[:-200]))
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("word/document.xml", "<w/>")
    assert "不是 Excel 工作簿" in refusal(written(tmp_path / "t.xlsx", out.getvalue()))


def test_a_second_sheet_with_content_is_refused_and_an_empty_one_is_not(tmp_path: Path) -> None:
    def two(book: openpyxl.Workbook) -> None:
        book.active.append(["a"])
        book.active.append(["1"])
        book.create_sheet("two")

    def two_filled(book: openpyxl.Workbook) -> None:
        two(book)
        book["two"].append(["b"])

    assert read(written(tmp_path / "t.xlsx", workbook(two))) == [(2, ["1"])]
    assert "2张表有内容" in refusal(written(tmp_path / "t.xlsx", workbook(two_filled)))


def test_a_zip_bomb_is_refused_before_it_is_unpacked(tmp_path: Path) -> None:
    bomb = replaced(sheet_of([["a"], ["1"]]), {"xl/worksheets/sheet1.xml": " " * (64 << 20)})
    assert len(bomb) < 1 << 20
    tracemalloc.start()
    reason = refusal(written(tmp_path / "t.xlsx", bomb))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert "大得不正常" in reason
    assert peak < 8 << 20


def test_an_entity_bomb_is_refused(tmp_path: Path) -> None:
    lol = '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]><worksheet>&b;</worksheet>'
    path = written(tmp_path / "t.xlsx", replaced(sheet_of([["a"], ["1"]]), {"xl/worksheets/sheet1.xml": lol}))
    assert "外部实体" in refusal(path)


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_memory_stays_the_same_for_many_rows(tmp_path: Path, kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tables, "_PIECE", 1 << 16)

    def peak(rows: int) -> int:
        path = tmp_path / f"{rows}.{kind}"
        if kind == "csv":
            path.write_text("a,b\n" + "陈晓明,999902199001010012\n" * rows)
        else:
            book = openpyxl.Workbook(write_only=True)
            sheet = book.create_sheet()
            for row in [["a", "b"], *[["陈晓明", "999902199001010012"]] * rows]:
                sheet.append(row)
            book.save(path)
        tracemalloc.start()
        count = sum(1 for _ in tables.read_table(path).rows)
        most = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert count == rows
        return most

    few, many = (10_000, 40_000) if kind == "csv" else (2_000, 8_000)
    assert peak(many) < peak(few) + (1 << 19)
