"""Writing CSV that spreadsheets and other offices read: nothing in it is a formula, and it is there whole or not at all."""

import csv
import io
import os
from collections.abc import Iterable, Sequence
from pathlib import Path

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


def harmless(cell: str) -> str:
    """Keep a spreadsheet from taking a text for a formula. Our own figures are no formulas, whatever their sign."""
    is_figure = cell.lstrip("-").replace(".", "", 1).isdecimal()
    return f"'{cell}" if cell.startswith(FORMULA_STARTS) and not is_figure else cell


def csv_bytes(columns: Sequence[str], rows: Iterable[Sequence[str]], *, bom: bool = True) -> bytes:
    """Return a table as CSV in UTF-8, harmless for spreadsheets; `bom` lets them see the encoding."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(columns)
    writer.writerows([harmless(cell) for cell in row] for row in rows)
    return out.getvalue().encode("utf-8-sig" if bom else "utf-8")


def write_private(path: Path, content: bytes) -> None:
    """Put a file there whole, readable by its owner alone; whoever looks meets the old one or the new one.

    It is on the disk when this returns, its name too: a machine that stops a moment later still has it.
    """
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
