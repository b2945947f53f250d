"""Reading the rows of an XLSX file as text, without ever holding the file in memory.

openpyxl keeps every shared string as an object and a stub of every row: 300 MB for a city's roster. This reader
feeds the sheet to expat in small pieces and keeps nothing but the shared strings, packed. It reads values only:
a formula comes out as its text, beginning with "=", for the caller to refuse.
"""

import re
import zipfile
import zlib
from array import array
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import IO
from xml.parsers import expat

from openpyxl.styles.numbers import BUILTIN_FORMATS, is_date_format

MAX_UNPACKED = 2 << 30  # a roster of a million people unpacks to 0.7 GB
MAX_RATIO = 100  # real sheets shrink to between a fifth and a thirtieth
MAX_SHARED = 256 << 20
MAX_SMALL_PART = 16 << 20
MAX_ROWS = 1_048_576  # Excel's own limits
MAX_COLUMNS = 256
MAX_TEXT = 32_767
_PIECE = 1 << 16
_ESCAPE = re.compile(r"_x([0-9A-Fa-f]{4})_")
_REFERENCE = re.compile(r"([A-Z]{1,3})\d+", re.ASCII)
# Whatever a damaged archive or sheet makes zipfile, expat or the number parsing below raise.
_BROKEN = (zipfile.BadZipFile, zlib.error, expat.ExpatError, EOFError, OSError, RuntimeError, ValueError, LookupError)


_OnStart = Callable[[str, dict[str, str]], None]
_OnProgress = Callable[[float], None] | None


class NotXlsxError(ValueError):
    """The file is not a workbook that can be read; the message says why in Chinese."""


def read_rows(path: Path, on_progress: _OnProgress = None) -> Iterator[tuple[int, list[str]]]:
    """Yield (row number, cells as text) of the only sheet that holds anything; empty rows are left out.

    Raises NotXlsxError, possibly after some rows: not a workbook, damaged, unpacks to more than it should, declares
    entities, holds data in a second sheet. on_progress is told the share read, from 0 to 1.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            _refuse_bombs(archive)
            yield from _Workbook(archive).rows(on_progress)
    except NotXlsxError:
        raise
    except _BROKEN as error:
        raise NotXlsxError(f"文件打不开，可能已损坏，或不是 Excel 工作簿（{type(error).__name__}）") from None


def _refuse_bombs(archive: zipfile.ZipFile) -> None:
    """Trust the declared sizes: zipfile stops reading there and then finds the checksum wrong."""
    unpacked = sum(part.file_size for part in archive.infolist())
    packed = sum(part.compress_size for part in archive.infolist())
    if unpacked > MAX_UNPACKED or (unpacked > MAX_SMALL_PART and unpacked > MAX_RATIO * packed):
        raise NotXlsxError("文件解压后大得不正常，已拒绝读取")


class _Workbook:
    def __init__(self, archive: zipfile.ZipFile) -> None:
        self.archive = archive
        self.sheets: list[str] = []  # relation ids in order
        self.targets: dict[str, str] = {}
        self.epoch = datetime(1899, 12, 30)
        names = set(archive.namelist())
        if "xl/workbook.xml" not in names:
            raise NotXlsxError("文件不是 Excel 工作簿（.xlsx）")
        self._parse("xl/workbook.xml", self._on_workbook)
        self._parse("xl/_rels/workbook.xml.rels", self._on_relation)
        self.dates = _DateStyles()
        if "xl/styles.xml" in names:
            self._parse("xl/styles.xml", self.dates.on_start)
        self.shared = _SharedStrings()
        if "xl/sharedStrings.xml" in names:
            self._parse("xl/sharedStrings.xml", self.shared.start, self.shared)

    def rows(self, on_progress: _OnProgress) -> Iterator[tuple[int, list[str]]]:
        parts = [self.targets[sheet] for sheet in self.sheets if sheet in self.targets]
        parts = [part for part in parts if "worksheets/" in part and part in self.archive.namelist()]
        filled = [part for part in parts if next(self._sheet(part, None), None)]
        if len(filled) > 1:
            raise NotXlsxError(f"工作簿里有{len(filled)}张表有内容，请只留一张")
        for part in filled:
            yield from self._sheet(part, on_progress)

    def _sheet(self, part: str, on_progress: _OnProgress) -> Iterator[tuple[int, list[str]]]:
        sheet = _Sheet(self)
        size = self.archive.getinfo(part).file_size or 1
        with self.archive.open(part) as stream:
            for fed in _feed(stream, sheet.start, sheet):
                if on_progress:
                    on_progress(fed / size)
                yield from sheet.done
                sheet.done.clear()

    def _parse(self, part: str, on_start: _OnStart, handler: "_Text | None" = None) -> None:
        if self.archive.getinfo(part).file_size > (MAX_SHARED if handler else MAX_SMALL_PART):
            raise NotXlsxError("文件里的文字太多，请分成几个文件")
        with self.archive.open(part) as stream:
            for _ in _feed(stream, on_start, handler):
                pass

    def _on_workbook(self, tag: str, attributes: dict[str, str]) -> None:
        if tag == "sheet":
            self.sheets += [value for name, value in attributes.items() if _local(name) == "id"]
        elif tag == "workbookPr" and attributes.get("date1904") in ("1", "true"):
            self.epoch = datetime(1904, 1, 1)

    def _on_relation(self, tag: str, attributes: dict[str, str]) -> None:
        if tag == "Relationship":
            target = attributes.get("Target", "")
            self.targets[attributes.get("Id", "")] = target[1:] if target.startswith("/") else f"xl/{target}"


class _DateStyles:
    """Which cell styles show a number as a day."""

    def __init__(self) -> None:
        self.formats: dict[int, str] = dict(BUILTIN_FORMATS)
        self.dated: list[bool] = []
        self.in_cells = False

    def on_start(self, tag: str, attributes: dict[str, str]) -> None:
        if tag == "numFmt":
            self.formats[int(attributes["numFmtId"])] = attributes.get("formatCode", "")
        elif tag in ("cellXfs", "cellStyleXfs", "cellStyles", "dxfs"):
            self.in_cells = tag == "cellXfs"
        elif tag == "xf" and self.in_cells:
            self.dated.append(is_date_format(self.formats.get(int(attributes.get("numFmtId", 0)), "")))

    def __contains__(self, style: str) -> bool:
        return style.isdecimal() and int(style) < len(self.dated) and self.dated[int(style)]


class _Text:
    """Collects the text of one string: its <t> elements, without the phonetic reading (<rPh>)."""

    def __init__(self) -> None:
        self.collecting = self.phonetic = False
        self.pieces: list[str] = []
        self.length = 0

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        if tag == "rPh":
            self.phonetic = True
        elif tag == "t":
            self.collecting = not self.phonetic

    def end(self, tag: str) -> None:
        if tag == "rPh":
            self.phonetic = False
        elif tag in ("t", "v", "f"):
            self.collecting = False

    def text(self, data: str) -> None:
        if self.collecting:
            self.length += len(data)
            if self.length > MAX_TEXT:
                raise NotXlsxError("有一格的文字太长")
            self.pieces.append(data)

    def take(self) -> str:
        value = "".join(self.pieces)
        self.pieces.clear()
        self.length = 0
        return value


class _SharedStrings(_Text):
    """The strings of the workbook, packed: a million certificate numbers as objects would take 70 MB."""

    def __init__(self) -> None:
        super().__init__()
        self.packed = bytearray()
        self.ends = array("Q")

    def end(self, tag: str) -> None:
        super().end(tag)
        if tag == "si":
            self.packed += _unescaped(self.take()).encode("utf-8", "surrogatepass")
            self.ends.append(len(self.packed))

    def __getitem__(self, index: int) -> str:
        start = self.ends[index - 1] if index else 0
        return self.packed[start : self.ends[index]].decode("utf-8", "surrogatepass")


class _Sheet(_Text):
    """Turns the events of a worksheet into rows of text."""

    def __init__(self, workbook: _Workbook) -> None:
        super().__init__()
        self.workbook = workbook
        self.done: list[tuple[int, list[str]]] = []
        self.number = self.column = 0
        self.cells: list[str] = []
        self.kind = self.style = ""
        self.is_formula = False

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        if tag == "c":
            self._start_cell(attributes)
        elif tag == "v":
            self.collecting = not self.is_formula
        elif tag == "f":
            self.take()
            self.is_formula = self.collecting = True
        elif tag == "row":
            number = attributes.get("r", "")
            self.number = int(number) if number.isdecimal() and len(number) < 9 else self.number + 1
            if self.number > MAX_ROWS:
                raise NotXlsxError(f"超过{MAX_ROWS}行，请分成几个文件")
            self.cells, self.column = [], 0
        else:
            super().start(tag, attributes)

    def _start_cell(self, attributes: dict[str, str]) -> None:
        self.kind = attributes.get("t", "n")
        self.style = attributes.get("s", "")
        self.is_formula = self.phonetic = False
        if reference := _REFERENCE.fullmatch(attributes.get("r", "")):
            self.column = 0
            for letter in reference[1]:
                self.column = self.column * 26 + ord(letter) - 64
        else:
            self.column += 1

    def end(self, tag: str) -> None:
        super().end(tag)
        if tag == "c" and (value := self._value(self.take())):
            if self.column > MAX_COLUMNS:
                raise NotXlsxError(f"第{self.number}行超过{MAX_COLUMNS}列")
            self.cells += [""] * (self.column - len(self.cells))
            self.cells[self.column - 1] = value
        elif tag == "row" and self.cells:
            self.done.append((self.number, self.cells))

    def _value(self, raw: str) -> str:
        if self.is_formula:
            return "=" + raw
        if self.kind == "s":
            return self.workbook.shared[int(raw)] if raw else ""
        if self.kind == "n":
            return self._number(raw) if raw else ""
        return _unescaped(raw)

    def _number(self, raw: str) -> str:
        """Return a number as a person would type it; one beyond 15 digits keeps its exponent, its end being lost."""
        try:
            number = float(raw)
            if self.style in self.workbook.dates:
                instant = self.workbook.epoch + timedelta(seconds=round(number * 86_400))
                return instant.date().isoformat() if number.is_integer() else instant.isoformat()
        except (ValueError, OverflowError):
            return raw
        if abs(number) < 1e15 and number.is_integer():
            return str(int(number))
        return repr(number)


def _unescaped(text: str) -> str:
    """Excel writes characters that XML forbids as _x0000_."""
    return _ESCAPE.sub(lambda match: chr(int(match[1], 16)), text) if "_x" in text else text


def _local(name: str) -> str:
    return name.rpartition(" ")[2]


def _feed(stream: IO[bytes], on_start: _OnStart, handler: "_Text | None" = None) -> Iterator[int]:
    """Parse the stream piece by piece and yield the number of bytes read after each."""
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.StartElementHandler = lambda name, attributes: on_start(_local(name), attributes)
    if handler:
        parser.EndElementHandler = lambda name: handler.end(_local(name))
        parser.CharacterDataHandler = handler.text
    parser.StartDoctypeDeclHandler = _refuse_doctype
    fed = 0
    while piece := stream.read(_PIECE):
        parser.Parse(piece, False)
        fed += len(piece)
        if fed - parser.CurrentByteIndex > MAX_SMALL_PART:  # one endless tag or attribute
            raise NotXlsxError("文件内容不正常，已拒绝读取")
        yield fed
    parser.Parse(b"", True)
    yield fed


def _refuse_doctype(*_: object) -> None:
    raise NotXlsxError("文件里声明了外部实体，已拒绝读取")
