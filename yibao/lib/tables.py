"""Reading tables that people hand in: CSV (UTF-8 with or without BOM, GB18030) or XLSX, row by row as text.

What the file is, is seen from its content. Memory stays the same for ten rows and for a million.
"""

import codecs
import csv
import io
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, TextIO

from yibao.lib import xlsx

MAX_LINE = 100_000  # characters; a longer "line" is no table
MAX_COLUMNS = xlsx.MAX_COLUMNS
_PIECE = 1 << 20
_CHINESE = re.compile("[\u0800-\U0010ffff]")  # three or four bytes in UTF-8
_FOREIGN = re.compile("[\u0080-\u00b6\u00b8-\u07ff]")  # two bytes in UTF-8, without the middle dot of names


class UnreadableError(ValueError):
    """The file, or what follows after a row of it, cannot be read. The message says why in Chinese."""

    def __init__(self, reason: str, row: int | None = None) -> None:
        super().__init__(reason)
        self.row = row


@dataclass(frozen=True)
class Table:
    """A header and the rows under it. Row numbers are those a spreadsheet shows: the header is row 1.

    A row of CSV has as many cells as stood in the file; one of XLSX, where cells at the end may be left out, is
    filled up to the header's width. Rows without any content are left out but counted.
    """

    columns: tuple[str, ...]
    rows: Iterator[tuple[int, list[str]]]


def read_table(path: Path, on_progress: Callable[[float], None] | None = None) -> Table:
    """Return the table in the file; its rows are read as they are iterated.

    Raises UnreadableError here or while iterating: empty file, unknown encoding, no XLSX though it says so, damaged
    file, an unclosed quote. on_progress is told the share read, from 0 to 1.
    """
    rows = _rows(path, on_progress)
    header = next(rows, None)
    if header is None:
        raise UnreadableError("文件是空的")
    columns = tuple(cell.strip() for cell in header[1])
    if header[0] != 1:
        raise UnreadableError("第1行应为列名", 1)
    if len(columns) > MAX_COLUMNS:
        raise UnreadableError(f"超过{MAX_COLUMNS}列", 1)
    if len(columns) == 1 and re.search(r"[;\t|；，、]", columns[0]):
        raise UnreadableError("列与列之间应以英文逗号分隔", 1)
    return Table(columns, rows)


def _rows(path: Path, on_progress: Callable[[float], None] | None) -> Iterator[tuple[int, list[str]]]:
    with path.open("rb") as file:
        start = file.read(8)
    if start.startswith(b"PK\x03\x04"):
        return _xlsx_rows(path, on_progress)
    if start.startswith(b"\xd0\xcf\x11\xe0"):
        raise UnreadableError("这是旧格式（.xls）或加了密码的工作簿，请另存为不加密的 .xlsx 或 CSV")
    if path.suffix.lower() in (".xlsx", ".xlsm"):
        raise UnreadableError("文件名是 .xlsx，内容却不是 Excel 工作簿")
    if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        raise UnreadableError("文件是 UTF-16 编码，请另存为“CSV UTF-8（逗号分隔）”")
    return _csv_rows(path, on_progress)


def _xlsx_rows(path: Path, on_progress: Callable[[float], None] | None) -> Iterator[tuple[int, list[str]]]:
    width = 0
    try:
        for number, cells in xlsx.read_rows(path, on_progress):
            width = width or len(cells)
            yield number, cells + [""] * (width - len(cells))
    except xlsx.NotXlsxError as error:
        raise UnreadableError(str(error)) from None


def _csv_rows(path: Path, on_progress: Callable[[float], None] | None) -> Iterator[tuple[int, list[str]]]:
    encoding = _encoding(path)
    size = path.stat().st_size or 1
    number = 0
    with path.open("rb") as file, io.TextIOWrapper(file, encoding=encoding, newline="") as text:
        reader = csv.reader(_lines(text), strict=True)
        try:
            for number, cells in enumerate(reader, 1):
                if on_progress and number % 1000 == 0:
                    on_progress(file.tell() / size)
                if any(cells):
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


def _encoding(path: Path) -> str:
    """Return the encoding of a text file, by reading it through once. Raises UnreadableError when it is neither.

    Bytes of GB18030 can by chance be UTF-8 too, and a damaged UTF-8 file can be GB18030 by chance. Chinese takes
    three bytes in UTF-8, so a text with Chinese before the fault is damaged UTF-8, and a text of only two-byte
    characters is GB18030.
    """
    with path.open("rb") as file:
        has_bom = file.read(3) == codecs.BOM_UTF8
        chinese, foreign, fault = _decoded(file, "utf-8")
        if fault is None and (chinese or not foreign):
            return "utf-8-sig"
        if has_bom or (fault is not None and chinese):
            raise UnreadableError(f"第{fault or 1}行的编码不是 UTF-8，文件可能已损坏", fault)
        _, _, other_fault = _decoded(file, "gb18030")
    if other_fault is None:
        return "gb18030"
    if fault is None:
        return "utf-8-sig"
    raise UnreadableError(f"第{fault}行的编码不是 UTF-8，也不是 GB18030", fault)


def _decoded(file: BinaryIO, encoding: str) -> tuple[bool, bool, int | None]:
    """Decode the whole file; return whether Chinese and foreign characters were met, and the line of a fault."""
    file.seek(0)
    decoder = codecs.getincrementaldecoder(encoding)()
    chinese = foreign = False
    lines = 1
    while True:
        piece = file.read(_PIECE)
        try:
            text = decoder.decode(piece, final=not piece)
        except UnicodeDecodeError as error:
            sound = error.object[: error.start]
            before = sound.decode(encoding)
            return chinese or bool(_CHINESE.search(before.lstrip("\ufeff"))), foreign, lines + sound.count(b"\n")
        chinese = chinese or bool(_CHINESE.search(text.lstrip("\ufeff")))
        foreign = foreign or bool(_FOREIGN.search(text))
        lines += piece.count(b"\n")
        if not piece:
            return chinese, foreign, None
