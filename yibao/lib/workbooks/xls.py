"""Sheets of the old format (.xls), by xlrd. calamine reads it too, but tells neither its errors nor all of its days."""

import sys
from functools import partial
from pathlib import Path

import xlrd

from yibao.lib.workbooks.sheets import RefusedError, Rows, Sheet, text_of

MAX_SIZE = 64 << 20  # bytes; 65,536 roster rows have 14 MB and are read in 61 MB of memory
MAX_ROWS = 65_536  # of the format


def sheets_of(path: Path) -> list[Sheet]:
    """Return the sheets of the workbook. Raises RefusedError: too large, damaged, encrypted."""
    if path.stat().st_size > MAX_SIZE:
        raise RefusedError(f"工作簿太大（{path.stat().st_size >> 20} MB），请另存为 CSV 再导入")
    try:
        workbook = xlrd.open_workbook(path, logfile=sys.stderr, ragged_rows=True)
    except MemoryError:
        raise
    except Exception:  # xlrd raises whatever it trips over; an encrypted .xlsx is such a container too
        reason = "旧格式（.xls）的工作簿打不开，可能已损坏或加了密码，请另存为不加密的 .xlsx 或 CSV"
        raise RefusedError(reason) from None
    return [Sheet(sheet.name, bool(sheet.visibility), partial(_load, sheet)) for sheet in workbook.sheets()]


def _load(sheet: xlrd.sheet.Sheet) -> tuple[int, Rows]:
    if sheet.nrows == MAX_ROWS:
        raise RefusedError(f"“{sheet.name}”写满了旧格式（.xls）的{MAX_ROWS}行，后面的可能已丢失，请另存为 CSV 再导入")
    texts = ([_text(cell, sheet.book.datemode) for cell in sheet.row(index)] for index in range(sheet.nrows))
    return sheet.nrows, ((number, cells) for number, cells in enumerate(texts, 1) if any(cells))


def _text(cell: xlrd.sheet.Cell, datemode: int) -> str:
    if cell.ctype == xlrd.XL_CELL_ERROR:
        return str(xlrd.error_text_from_code.get(cell.value, "#ERROR!"))
    if cell.ctype == xlrd.XL_CELL_BOOLEAN:
        return text_of(bool(cell.value))
    if cell.ctype == xlrd.XL_CELL_DATE:
        instant = xlrd.xldate.xldate_as_datetime(cell.value, datemode)
        return text_of(instant if cell.value >= 1 else instant.time())
    return text_of(cell.value)
