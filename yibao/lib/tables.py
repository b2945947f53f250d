"""Reading tables that people hand in: CSV (UTF-8 with or without BOM, GB18030) or a workbook, row by row as text.

What the file is, is seen from its content. Memory stays the same for ten rows and for a million.
"""

import codecs
import csv
import io
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, NamedTuple, TextIO

from yibao.lib.workbooks import reading

MAX_LINE = 100_000  # characters; a longer "line" is no table
MAX_COLUMNS = 256
WORKBOOK_STARTS = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")  # .xlsx, .xlsb and .ods; .xls
_PIECE = 1 << 20
_MARK = "\ufeff"  # a second byte order mark, where a program has put its own before another's
_NOTHING = " \t\xa0\u3000\x1a"  # spaces, and with what programs of old end a file
_CHINESE = re.compile("[\u0800-\U0010ffff]")  # three or four bytes in UTF-8
_FOREIGN = re.compile("[\u0080-\u00b6\u00b8-\u07ff]")  # two bytes in UTF-8, without the middle dot of names
# García, its accents also apart from their letters; Chinese hardly stands so
_IN_A_WORD = re.compile("[A-Za-z][\u00c0-\u024f\u0300-\u030c]|[\u00c0-\u024f][A-Za-z]")
_ERROR = re.compile(r"#(N/A|GETTING_DATA|[A-Z0-9/_]+[!?])|Err:\d{3}")  # of Excel and WPS; of LibreOffice
_ROUNDED = re.compile(r"\d(\.\d+)?[eE]\+\d+", re.ASCII)
_WEB_PAGE = re.compile(rb"(\xef\xbb\xbf)?\s*(<|MIME-Version:)")


_Row = tuple[int, list[str]]
_OnProgress = Callable[[float], None] | None


class UnreadableError(ValueError):
    """The file, or what follows after a row of it, cannot be read. The message says why in Chinese."""

    def __init__(self, reason: str, row: int | None = None) -> None:
        super().__init__(reason)
        self.row = row


@dataclass(frozen=True)
class Table:
    """A header and the rows under it. Row numbers are those a spreadsheet shows: the header is row 1.

    A row of CSV has as many cells as stood in the file; one of a workbook, where cells at the end may be left out, is
    filled up to the header's width. Rows without any content are left out but counted, columns at the end that are
    empty in the header and in every row are left out. `remarks` says in Chinese what had to be guessed.
    """

    columns: tuple[str, ...]
    rows: Iterator[_Row]
    remarks: list[str]


def read_table(path: Path, on_progress: _OnProgress = None) -> Table:
    """Return the table in the file; its rows are read as they are iterated.

    Raises UnreadableError here or while iterating: empty file, unknown encoding, no workbook though it says so,
    damaged or too large a workbook, an unclosed quote. on_progress is told the share read, from 0 to 1.
    """
    remarks: list[str] = []
    rows = (row for row in _rows(path, remarks, on_progress) if any(cell.strip(_NOTHING) for cell in row[1]))
    header = next(rows, None)
    if header is None:
        raise UnreadableError("文件是空的")
    columns = [cell.strip().strip(_MARK) for cell in header[1]]
    width = len(columns)
    while columns and not columns[-1]:
        columns.pop()
    if header[0] != 1 or not columns:
        raise UnreadableError("第1行应为列名", 1)
    if len(columns) > MAX_COLUMNS:
        raise UnreadableError(f"超过{MAX_COLUMNS}列", 1)
    if len(columns) == 1 and re.search(r"[;\t|；，、]", columns[0]):
        raise UnreadableError("列与列之间应以英文逗号分隔", 1)
    return Table(tuple(columns), _without_empty_end(rows, len(columns), width), remarks)


def is_error(cell: str) -> bool:
    """Whether a cell's text is what spreadsheets show when a formula fails: #N/A, #REF!, …"""
    return bool(_ERROR.fullmatch(cell))


def has_lost_digits(cell: str) -> bool:
    """Whether a cell's text is a long number as spreadsheets show it once they have rounded it: 1.23457E+17."""
    return bool(_ROUNDED.fullmatch(cell))


def _without_empty_end(rows: Iterator[_Row], named: int, width: int) -> Iterator[_Row]:
    """Leave out the cells right of the named columns in rows as wide as the header; others are for the caller to judge.

    A row with one comma too many has an empty cell at its end too, and all its cells in the wrong columns.
    """
    for number, cells in rows:
        if len(cells) == width > named:
            if any(cell.strip() for cell in cells[named:]):
                raise UnreadableError("有一列没有列名", 1)
            cells = cells[:named]
        yield number, cells


def _rows(path: Path, remarks: list[str], on_progress: _OnProgress) -> Iterator[_Row]:
    with path.open("rb") as file:
        start = file.read(1024)
    if start.startswith(WORKBOOK_STARTS):
        return _workbook_rows(path, remarks, on_progress)
    if _WEB_PAGE.match(start):
        raise UnreadableError("这是网页或 XML，不是工作簿，也不是 CSV；请用表格软件打开，另存为 .xlsx 或 CSV 再导入")
    if path.suffix.lower() in (".xlsx", ".xlsm"):
        raise UnreadableError("文件名是 .xlsx，内容却不是 Excel 工作簿")
    if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) or b"\0" in start[:2]:
        raise UnreadableError("文件是 UTF-16 编码，请另存为“CSV UTF-8（逗号分隔）”")
    return _csv_rows(path, remarks, on_progress)


def _workbook_rows(path: Path, remarks: list[str], on_progress: _OnProgress) -> Iterator[_Row]:
    width = 0
    try:
        for number, cells in reading.read_rows(path, remarks, on_progress):
            while cells and not cells[-1]:
                cells.pop()
            width = width or len(cells)
            yield number, cells + [""] * (width - len(cells))
    except reading.WorkbookError as error:
        raise UnreadableError(str(error)) from None


def _csv_rows(path: Path, remarks: list[str], on_progress: _OnProgress) -> Iterator[_Row]:
    encoding = _encoding(path, remarks)
    size = path.stat().st_size or 1
    number = 0
    with path.open("rb") as file, io.TextIOWrapper(file, encoding=encoding, newline="") as text:
        reader = csv.reader(_lines(text), strict=True)
        try:
            for number, cells in enumerate(reader, 1):
                if on_progress and number % 1000 == 0:
                    on_progress(file.tell() / size)
                yield number, cells
        except csv.Error as error:
            raise UnreadableError(_csv_reason(str(error)), number + 1) from None
        except _LineTooLongError:
            raise UnreadableError("这一行太长，可能缺了引号或换行", number + 1) from None


class _LineTooLongError(Exception):
    pass


def _lines(text: TextIO) -> Iterator[str]:
    while line := text.readline(MAX_LINE):
        if len(line) == MAX_LINE:
            raise _LineTooLongError
        yield line


def _csv_reason(error: str) -> str:
    if "field larger" in error or "end of data" in error:
        return "引号没有配对，文件可能不完整"
    if "expected after" in error:
        return "引号没有配对：引号后面应是逗号或换行"
    return "这一行不是 CSV 的写法"


class _Seen(NamedTuple):
    """What was met while decoding a file: kinds of characters, and the line of the first fault."""

    chinese: bool
    foreign: bool
    in_a_word: bool
    fault: int | None


def _encoding(path: Path, remarks: list[str]) -> str:
    """Return the encoding of a text file, by reading it through once. Raises UnreadableError when it is neither.

    A byte order mark declares UTF-8. Without it, bytes of GB18030 can by chance be UTF-8 too, and a damaged UTF-8 file
    can be GB18030 by chance. Chinese takes three bytes in UTF-8, so a text with Chinese before the fault is damaged
    UTF-8. A text of only two-byte characters is UTF-8 if one of them stands beside a Latin letter, else GB18030.
    """
    with path.open("rb") as file:
        has_bom = file.read(3) == codecs.BOM_UTF8
        seen = _decoded(file, "utf-8")
        if seen.fault is None and (has_bom or seen.chinese or not seen.foreign):
            return "utf-8-sig"
        if has_bom or (seen.fault is not None and seen.chinese):
            raise UnreadableError(f"第{seen.fault}行的编码不是 UTF-8，文件可能已损坏", seen.fault)
        is_gb18030 = _decoded(file, "gb18030").fault is None
    if seen.fault is None and (seen.in_a_word or not is_gb18030):
        remarks.append("按 UTF-8 读取")
        return "utf-8-sig"
    if is_gb18030:
        remarks.append("按 GB18030 读取")
        return "gb18030"
    raise UnreadableError(f"第{seen.fault}行的编码不是 UTF-8，也不是 GB18030", seen.fault)


def _decoded(file: BinaryIO, encoding: str) -> _Seen:
    """Decode the whole file, or as far as it can be."""
    file.seek(0)
    decoder = codecs.getincrementaldecoder(encoding)()
    chinese = foreign = in_a_word = False
    lines = 1
    fault = None
    piece = b"-"
    while piece and fault is None:
        piece = file.read(_PIECE)
        try:
            text = decoder.decode(piece, final=not piece)
        except UnicodeDecodeError as error:
            piece = error.object[: error.start]
            text = piece.decode(encoding)
            fault = lines + piece.count(b"\n")
        chinese = chinese or bool(_CHINESE.search(text.lstrip("\ufeff")))
        foreign = foreign or bool(_FOREIGN.search(text))
        in_a_word = in_a_word or bool(_IN_A_WORD.search(text))
        lines += piece.count(b"\n")
    return _Seen(chinese, foreign, in_a_word, fault)
