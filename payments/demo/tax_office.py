"""A tax office for the demo and for tests: it reads batches and answers them, as slowly and badly as it is asked to."""

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from payments.premiums.codes import AnswerResult
from payments.premiums.tax_office.answers import COLUMNS
from payments.premiums.tax_office.files import TOTAL, sealed, sm3
from yibao.lib.csv_files import write_private
from yibao.lib.fen import parse_yuan

_ENDING = ".results.csv"
_AGAIN = ".results-again.csv"


@dataclass(frozen=True, slots=True)
class Mood:
    """How the office answers: it loses what it got, says nothing yet, refuses the first so many, says all twice."""

    lose: bool = False
    late: bool = False
    reject: int = 0
    twice: bool = False


def work_off(folder: Path, *, on: date, mood: Mood) -> list[Path]:
    """Look at every batch of the folder that is not answered; return the files with its answers."""
    written: list[Path] = []
    for batch in sorted(folder.glob("*.csv")):
        if _is_answer(batch) or answer_to(batch).exists():
            continue
        if mood.lose:
            batch.unlink()
        elif not mood.late:
            written += _answer(batch, on, mood)
    return written


def answer_to(batch: Path) -> Path:
    """Return where the answer to a batch's file is written."""
    return batch.with_suffix(_ENDING)


def answers_to(rows: Sequence[dict[str, str]], *, on: date, reject: int = 0) -> str:
    """Return the file that answers the rows of a batch: the first `reject` are refused, the others confirmed."""
    lines = [_line(row, on, is_rejected=number < reject) for number, row in enumerate(rows)]
    return sealed(COLUMNS, lines, sum(parse_yuan(row["amount"]) for row in rows)).content


def rows_of(batch: Path) -> list[dict[str, str]]:
    """Return the rows of a batch's file."""
    lines = batch.read_text("utf-8").splitlines()
    return list(csv.DictReader(line for line in lines if not line.startswith(TOTAL)))


def _answer(batch: Path, on: date, mood: Mood) -> list[Path]:
    rows = rows_of(batch)
    first = answer_to(batch)
    write_private(first, answers_to(rows, on=on, reject=mood.reject).encode())
    if not mood.twice:
        return [first]
    again = batch.with_suffix(_AGAIN)
    # The same answers in another order: another file, as far as bytes can tell.
    rejected, confirmed = rows[: mood.reject], rows[mood.reject :]
    lines = [_line(row, on, is_rejected=False) for row in reversed(confirmed)]
    lines += [_line(row, on, is_rejected=True) for row in reversed(rejected)]
    write_private(again, sealed(COLUMNS, lines, sum(parse_yuan(row["amount"]) for row in rows)).content.encode())
    return [first, again]


def _line(row: dict[str, str], on: date, *, is_rejected: bool) -> tuple[str, ...]:
    result = AnswerResult.REJECTED if is_rejected else AnswerResult.CONFIRMED
    receipt = "" if is_rejected else row["receipt_no"] or f"SP{sm3(row['order_no'].encode())[:16].upper()}"
    reason = "参保登记信息不全" if is_rejected else ""
    return (row["batch_no"], row["order_no"], result.label, row["amount"], receipt, on.isoformat(), reason)


def _is_answer(path: Path) -> bool:
    return path.name.endswith((_ENDING, _AGAIN))
