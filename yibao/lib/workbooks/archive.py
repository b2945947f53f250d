"""A copy of a workbook that calamine reads right. .xlsx, .xlsb and .ods are archives; their parts pass by here.

calamine 0.9.1 gives a cell with an error (#N/A) and a formula that nobody has calculated as empty cells, and finds
the workbook's part only under its usual name. In the copy, errors and such formulas are texts for the caller to refuse.
"""

import io
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from defusedxml.ElementTree import fromstring

from yibao.lib.workbooks import xlsb
from yibao.lib.workbooks.sheets import RefusedError

# 100,000 roster rows unpack to 63 MB (.xlsx) or 145 MB (.ods) and are read in 143 MB or 206 MB of memory; a workbook at
# this bound (330,000 rows) took 428 MB. docs/decisions/0013.
MAX_UNPACKED = 200 << 20
MAX_RATIO = 250  # real workbooks shrink to between a tenth and a seventieth
_PIECE = 1 << 18
_MAX_ROW = 4 << 20
_NEEDED = (".xml", ".rels", ".bin", "mimetype")  # what else a workbook carries, such as pictures, stays behind
_ODS = b"application/vnd.oasis.opendocument.spreadsheet"
_ERROR = re.compile(rb"""\st\s*=\s*["']e["']""")
_FORMULA = re.compile(
    rb"<((?:[\w.-]+:)?)c(\s[^>]*[^/>])>\s*<\1f(?:\s[^>]*)?(?:/>|>([^<]*)</\1f>)\s*"
    rb"(?:<\1v\s*/>|<\1v>\s*</\1v>)?\s*</\1c>"
)  # a cell with a formula and without a value
_CELL_TYPE = re.compile(rb"""\st=["'](\w+)["']""")


def readable_copy(path: Path) -> io.BytesIO:
    """Return the workbook at the path with what calamine would pass over written out.

    The sizes that it declares are looked at before anything is unpacked, and zipfile stops reading there. Raises
    RefusedError: no workbook, declares entities, or unpacks to more than MAX_UNPACKED bytes; and whatever zipfile and
    the parts' readers trip over when it is damaged.
    """
    out = io.BytesIO()
    with zipfile.ZipFile(path) as archive, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as copy:
        parts = [part for part in archive.infolist() if part.filename.endswith(_NEEDED)]
        _refuse_large(parts)
        usual = _usual_names(archive)
        for part in parts:
            name = usual.get(part.filename, part.filename)
            with archive.open(part) as source, copy.open(name, "w") as target:
                for piece in _rewritten(name, source):
                    target.write(piece)
    out.seek(0)
    return out


def _refuse_large(parts: list[zipfile.ZipInfo]) -> None:
    unpacked = sum(part.file_size for part in parts)
    packed = sum(part.compress_size for part in parts)
    if unpacked > 1 << 20 and unpacked > MAX_RATIO * packed:
        raise RefusedError("文件解压后大得不正常，已拒绝读取")
    if unpacked > MAX_UNPACKED:
        raise RefusedError(f"工作簿太大（解压后 {unpacked >> 20} MB），请另存为 CSV 再导入")


def _usual_names(archive: zipfile.ZipFile) -> dict[str, str]:
    """Return under which name calamine looks for the parts that have another. Raises RefusedError: no workbook."""
    names = set(archive.namelist())
    if "mimetype" in names and archive.read("mimetype").strip() == _ODS:
        return {}
    target = ""
    if "_rels/.rels" in names:
        for relation in fromstring(archive.read("_rels/.rels")):
            if relation.get("Type", "").endswith("/officeDocument"):
                target = relation.get("Target", "").lstrip("/")
    folder, _, file = target.rpartition("/")
    if folder != "xl" or target not in names:
        raise RefusedError("文件不是 Excel 工作簿（.xlsx）")
    usual = "workbook.bin" if file.endswith(".bin") else "workbook.xml"
    return {target: f"xl/{usual}", f"xl/_rels/{file}.rels": f"xl/_rels/{usual}.rels"}


def _rewritten(name: str, source: IO[bytes]) -> Iterator[bytes]:
    if name.endswith(".bin"):
        part = source.read()
        yield xlsb.rewritten(part) if name.startswith("xl/worksheets/sheet") else part
        return
    for piece in _whole_rows(source):
        if b"<!DOCTYPE" in piece or b"\0" in piece:
            raise RefusedError("文件里声明了外部实体，或用了少见的编码，已拒绝读取")
        if name == "content.xml":  # of .ods; an empty value hides the text that is shown, such as #N/A
            yield piece.replace(b' office:string-value=""', b"")
        else:
            yield _without_gaps(piece)


def _whole_rows(source: IO[bytes]) -> Iterator[bytes]:
    """Yield the part in pieces that end where a row ends, as long as rows are of a sane length."""
    rest = b""
    while piece := source.read(_PIECE):
        rest += piece
        end = rest.rfind(b"row>") + 4
        if end < 4 and len(rest) > _MAX_ROW:
            end = len(rest)
        if end >= 4:
            yield rest[:end]
            rest = rest[end:]
    yield rest


def _without_gaps(rows: bytes) -> bytes:
    """Write errors as text (t="str"), and as such "=…" for each formula whose value was never calculated."""
    if b'"e"' in rows or b"'e'" in rows:
        rows = _ERROR.sub(b' t="str"', rows)
    if b"<f" in rows or b":f" in rows:
        rows = _FORMULA.sub(_formula_as_text, rows)
    return rows


def _formula_as_text(cell: re.Match[bytes]) -> bytes:
    prefix, attributes, formula = cell.groups()
    kind = _CELL_TYPE.search(attributes)
    if kind and kind[1] == b"str":  # calculated: the result is the empty text
        return cell[0]
    attributes = _CELL_TYPE.sub(b"", attributes)
    return b'<%bc%b t="str"><%bv>=%b</%bv></%bc>' % (prefix, attributes, prefix, formula or b"", prefix, prefix)
