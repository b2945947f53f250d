"""Files as a bureau hands them in: rosters and contributions of synthetic people, as CSV and XLSX."""

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import openpyxl

from accounts.roster.contributions import COLUMNS as CONTRIBUTION_COLUMNS
from accounts.roster.people import COLUMNS as ROSTER_COLUMNS
from tests.factories.people import birth_on, certno, name, phone

Row = Mapping[str, str]


def roster_row(serial: int, **changes: str) -> dict[str, str]:
    """Return a sound roster row: an employee in 舟山 since 2020."""
    return {
        "certno": certno(serial),
        "psn_name": name(serial),
        "gend": str(1 + serial % 2),
        "brdy": birth_on(serial).isoformat(),
        "mob": phone(serial),
        "insuplc_admdvs": "330900",
        "insutype": "310",
        "psn_type": "11",
        "psn_insu_stas": "1",
        "stas_date": "2020-01-01",
        "flex": "",
        "psn_idet_type": "",
        "street": "昌国街道",
        "monthly_pension": "",
        **changes,
    }


def contribution_row(serial: int, **changes: str) -> dict[str, str]:
    """Return a sound contribution row: the floor base of 舟山 for January 2025."""
    return {
        "certno": certno(serial),
        "insuplc_admdvs": "330900",
        "accrym": "2025-01",
        "base": "4462.00",
        "received_on": "2025-01-15",
        **changes,
    }


def csv_text(rows: Iterable[Row], columns: Sequence[str] | None = None) -> str:
    rows = list(rows)
    columns = columns or list(rows[0])
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(columns)
    writer.writerows([row[column] for column in columns] for row in rows)
    return out.getvalue()


def csv_file(path: Path, rows: Iterable[Row], columns: Sequence[str] | None = None, encoding: str = "utf-8") -> Path:
    path.write_bytes(csv_text(rows, columns).encode(encoding))
    return path


def xlsx_file(path: Path, rows: Iterable[Row], columns: Sequence[str] | None = None) -> Path:
    rows = list(rows)
    columns = columns or list(rows[0])
    workbook = openpyxl.Workbook()
    sheet = workbook.active
    sheet.append(list(columns))
    for row in rows:
        sheet.append([row[column] or None for column in columns])
    workbook.save(path)
    return path


__all__ = [
    "CONTRIBUTION_COLUMNS",
    "ROSTER_COLUMNS",
    "contribution_row",
    "csv_file",
    "csv_text",
    "roster_row",
    "xlsx_file",
]
