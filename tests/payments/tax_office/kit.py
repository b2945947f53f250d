"""Files from the tax office as the tests write them, and the commands that bring them in."""

import json
from contextlib import suppress
from datetime import date
from io import StringIO
from pathlib import Path

import time_machine
from django.core.management import CommandError, call_command

from payments.models import PremiumOrder
from payments.premiums.tax_office import answers, paid
from payments.premiums.tax_office.files import sealed
from tests.factories.files import csv_file
from tests.payments.tax_office.orders import REGION, YEAR
from yibao.lib.fen import parse_yuan, yuan

ANSWERED_ON = date(2026, 11, 24)
NOW = time_machine.travel("2026-11-25 08:00:00+08:00", tick=False)


def answer(order: PremiumOrder, result: str = "确认", **changes: str) -> dict[str, str]:
    """Return what the tax office says of an order."""
    receipt = f"SP{order.pk:08d}" if result == "确认" else ""
    row = {
        "batch_no": order.batch.no if order.batch else "",
        "order_no": order.no,
        "result": result,
        "amount": yuan(order.amount_fen),
        "receipt_no": receipt,
        "decided_on": ANSWERED_ON.isoformat(),
        "reason": "" if receipt else "参保登记信息不全",
    }
    return row | changes


def results_file(path: Path, rows: list[dict[str, str]]) -> Path:
    """Write a whole file of answers."""
    sum_fen = sum(parse_yuan(row["amount"]) for row in rows)
    path.write_bytes(sealed(answers.COLUMNS, [tuple(row.values()) for row in rows], sum_fen).content.encode())
    return path


def paid_row(person, receipt: str, **changes: str) -> dict[str, str]:
    """Return what the tax office says was paid through another channel."""
    row = {
        "certno": str(person.certno),
        "premium_year": str(YEAR),
        "insuplc_admdvs": REGION,
        "paid_on": "2026-11-22",
        "channel": "微信",
        "receipt_no": receipt,
        "amount": "400.00",
    }
    return row | changes


def paid_file(path: Path, rows: list[dict[str, str]]) -> Path:
    return csv_file(path, rows, paid.COLUMNS)


def imported(command: str, path: Path, *more: str) -> dict:
    """Import a file and return what the command says of it; also what it says when nothing came in."""
    with NOW:
        return _document(command, str(path), *more)


def reconciled(day: date = ANSWERED_ON) -> dict:
    return _document("reconcile", "--region", REGION, "--day", day.isoformat())


def _document(*arguments: str) -> dict:
    out = StringIO()
    with suppress(CommandError):
        call_command(*arguments, "--json", stdout=out)
    return json.loads(out.getvalue())
