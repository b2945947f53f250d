"""The process that reads a workbook: `python -m yibao.lib.workbooks.process FILE` writes messages for reading.py."""

import json
import resource
import sys
from collections.abc import Iterator
from functools import partial
from itertools import chain, islice
from pathlib import Path
from typing import Any

import python_calamine

from yibao.lib.workbooks.archive import readable_copy
from yibao.lib.workbooks.sheets import RefusedError, Rows, Sheet, text_of

MAX_MEMORY = 600 << 20  # bytes of address space
_CHUNK = 1_000  # rows


def main(path: Path) -> None:
    """Write the messages as lines of JSON, within MAX_MEMORY."""
    resource.setrlimit(resource.RLIMIT_AS, (MAX_MEMORY, MAX_MEMORY))
    for message in messages(path):
        sys.stdout.write(json.dumps(message) + "\n")


def messages(path: Path) -> Iterator[tuple[str, Any]]:
    """Yield ("remark", text), ("rows", rows) and ("share", number), and last ("done", None) or ("refused", why)."""
    try:
        yield from _read(path)
        yield "done", None
    except RefusedError as refusal:
        yield "refused", str(refusal)
    except MemoryError:
        yield "refused", "工作簿展开后太大，请另存为 CSV 再导入"
    except BaseException:  # the libraries raise whatever they trip over, and calamine's panics are no Exception
        yield "refused", "文件打不开，可能已损坏，或不是 Excel 工作簿"


def _read(path: Path) -> Iterator[tuple[str, Any]]:
    sheets = _sheets(path)
    hidden = "".join(f"“{sheet.name}”" for sheet in sheets if sheet.is_hidden)
    for name, height, rows in _only_filled(sheets, hidden):
        if hidden:
            yield "remark", f"读取的是“{name}”工作表，隐藏的{hidden}没有读"
        while chunk := list(islice(rows, _CHUNK)):
            yield "rows", chunk
            yield "share", chunk[-1][0] / height


def _only_filled(sheets: list[Sheet], hidden: str) -> list[tuple[str, int, Rows]]:
    """Return the only visible sheet that holds anything: name, height, rows. Nothing when the workbook is empty."""
    filled: list[tuple[str, int, Rows]] = []
    for sheet in sheets:
        if not sheet.is_hidden:
            height, rows = sheet.load()
            filled += [(sheet.name, height, chain([first], rows)) for first in islice(rows, 1)]
    if len(filled) > 1:
        names = "".join(f"“{name}”" for name, _, _ in filled)
        raise RefusedError(f"工作簿里有{len(filled)}张表有内容（{names}），请只留一张")
    if hidden and not filled:
        raise RefusedError(f"看得见的工作表是空的，隐藏的{hidden}没有读；要导入哪一张，请先取消隐藏")
    return filled


def _sheets(path: Path) -> list[Sheet]:
    with path.open("rb") as file:
        is_archive = file.read(2) == b"PK"
    if not is_archive:
        from yibao.lib.workbooks import xls  # takes a tenth of a second

        return xls.sheets_of(path)
    try:
        workbook = python_calamine.load_workbook(readable_copy(path))
    except python_calamine.PasswordError:
        raise RefusedError("工作簿加了密码，请另存为不加密的 .xlsx 或 CSV") from None
    return [
        Sheet(
            sheet.name,
            sheet.visible is not python_calamine.SheetVisibleEnum.Visible,
            partial(_load, workbook, sheet.name),
        )
        for sheet in workbook.sheets_metadata
        if sheet.typ is python_calamine.SheetTypeEnum.WorkSheet
    ]


def _load(workbook: python_calamine.CalamineWorkbook, name: str) -> tuple[int, Rows]:
    sheet = workbook.get_sheet_by_name(name)
    left = [""] * (sheet.start[1] if sheet.start else 0)  # iter_rows begins in row 1, but not in column A
    texts = ([cell if type(cell) is str else text_of(cell) for cell in row] for row in sheet.iter_rows())
    return sheet.total_height, ((number, left + cells) for number, cells in enumerate(texts, 1) if any(cells))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
