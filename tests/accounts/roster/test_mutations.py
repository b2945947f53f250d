"""Valid files, damaged at random: each is refused whole or comes in whole, never anything between, never a crash."""

import csv
import io
import random
from collections.abc import Callable
from pathlib import Path

import pytest
from django.db import transaction
from stdnum.cn import ric

from accounts.models import Contribution, Enrolment, Import, Person
from accounts.roster.drafts import ImportResult
from accounts.roster.problems import ImportRefusedError
from tests.accounts.roster.import_kit import contributions, kept, roster
from tests.concurrency import ROUNDS
from tests.factories.files import contribution_row, csv_file, csv_text, roster_row, xlsx_file

pytestmark = pytest.mark.usefixtures("policies_loaded")

ROWS = 12
FILES = 40
HOSTILE = [
    "",
    "x",
    "=1+1",
    "-1",
    "1e9",
    "NaN",
    "0" * 40,
    "\x00",
    "\u202e",
    "😀",
    "2025-02-30",
    "9999-12-31",
    "'",
    '"',
    "\\N",
    "\\",
    "\t",
    "１２",
]

Mutator = Callable[[random.Random, list[list[str]]], None]


def _cell(rng: random.Random, rows: list[list[str]]) -> tuple[list[str], int]:
    row = rng.choice(rows)
    return row, rng.randrange(len(row)) if row else 0


def hostile_cell(rng: random.Random, rows: list[list[str]]) -> None:
    row, place = _cell(rng, rows)
    row[place : place + 1] = [rng.choice(HOSTILE)]


def changed_character(rng: random.Random, rows: list[list[str]]) -> None:
    row, place = _cell(rng, rows)
    if row and row[place]:
        at = rng.randrange(len(row[place]))
        row[place] = row[place][:at] + rng.choice("0123456789X-.陈 ") + row[place][at + 1 :]


def swapped_cells(rng: random.Random, rows: list[list[str]]) -> None:
    row, place = _cell(rng, rows)
    other = rng.randrange(len(row)) if row else 0
    if row:
        row[place], row[other] = row[other], row[place]


def repeated_row(rng: random.Random, rows: list[list[str]]) -> None:
    rows.insert(rng.randrange(1, len(rows) + 1), list(rng.choice(rows)))


def lost_row(rng: random.Random, rows: list[list[str]]) -> None:
    rows.pop(rng.randrange(len(rows)))


def empty_row(rng: random.Random, rows: list[list[str]]) -> None:
    rows.insert(rng.randrange(1, len(rows) + 1), [""] * len(rows[0]))


def extra_cell(rng: random.Random, rows: list[list[str]]) -> None:
    row, place = _cell(rng, rows)
    row.insert(place, "1")


def lost_cell(rng: random.Random, rows: list[list[str]]) -> None:
    row, place = _cell(rng, rows)
    if len(row) > 1:
        row.pop(place)


def shuffled_columns(rng: random.Random, rows: list[list[str]]) -> None:
    order = list(range(len(rows[0])))
    rng.shuffle(order)
    for row in rows:
        row[:] = [row[place] for place in order if place < len(row)]


MUTATORS: list[Mutator] = [
    hostile_cell,
    changed_character,
    changed_character,
    swapped_cells,
    repeated_row,
    lost_row,
    empty_row,
    extra_cell,
    lost_cell,
    shuffled_columns,
]


def damaged(rng: random.Random, rows: list[dict[str, str]], path: Path) -> list[list[str]] | None:
    """Write a damaged copy; return its cells where another reader can tell them for sure, else None."""
    table = list(csv.reader(io.StringIO(csv_text(rows))))
    for mutate in rng.choices(MUTATORS, k=rng.randint(0, 3)):
        if len(table) > 1:
            mutate(rng, table)
    out = io.StringIO()
    csv.writer(out).writerows(table)
    content = out.getvalue().encode(rng.choice(["utf-8", "utf-8-sig", "gb18030"]))
    sure = rng.random() < 0.7
    if not sure:
        at, length = rng.randrange(len(content)), rng.choice([0, 1, 5])
        noise = rng.choice([b"", b'"', b"\x00", b"\xff", b"\r", b"\n", b",", b"PK\x03\x04", rng.randbytes(3)])
        content = content[:at] if rng.random() < 0.3 else content[:at] + noise + content[at + length :]
    path.write_bytes(content)
    return table if sure else None


def try_import(operation: Callable[[Path], ImportResult], path: Path) -> ImportResult | None:
    before = kept()
    refused = None
    try:
        return operation(path)
    except ImportRefusedError as error:
        refused = error
    assert refused.problems
    assert all(problem.reason for problem in refused.problems)
    assert kept() == before
    return None


@pytest.mark.parametrize("seed", range(2 * ROUNDS))
def test_a_damaged_roster_is_refused_whole_or_comes_in_whole(tmp_path: Path, seed: int) -> None:
    rng = random.Random(seed)
    outcomes = {True: 0, False: 0}
    for number in range(FILES):
        table = damaged(rng, [roster_row(n) for n in range(ROWS)], tmp_path / f"{number}.csv")
        with transaction.atomic():
            result = try_import(roster, tmp_path / f"{number}.csv")
            outcomes[result is not None] += 1
            if result:
                assert Enrolment.objects.count() == result.rows - len(result.held) - result.left_out
                assert result.rows == Import.objects.get().rows
                for person in Person.objects.all():
                    assert ric.calc_check_digit(person.certno) == person.certno[-1]
                    assert f"{person.birth_on:%Y%m%d}" == person.certno[6:14]
                if table is not None:
                    filled = [row for row in table[1:] if any(row)]
                    place = [name.strip() for name in table[0]].index("certno")
                    assert sorted(p.certno for p in Person.objects.all()) == sorted(
                        {row[place].strip() for row in filled}
                    )
            transaction.set_rollback(True)
    assert min(outcomes.values()) > FILES // 10


def test_a_damaged_file_of_contributions_is_refused_whole_or_comes_in_whole(tmp_path: Path) -> None:
    rng = random.Random(7)
    roster(csv_file(tmp_path / "roster.csv", [roster_row(n) for n in range(ROWS)]))
    outcomes = {True: 0, False: 0}
    for number in range(FILES):
        damaged(rng, [contribution_row(n) for n in range(ROWS)], tmp_path / f"{number}.csv")
        with transaction.atomic():
            result = try_import(contributions, tmp_path / f"{number}.csv")
            outcomes[result is not None] += 1
            assert Contribution.all_rows.count() == (result.rows - len(result.held) if result else 0)
            transaction.set_rollback(True)
    assert min(outcomes.values()) > FILES // 10


def test_a_workbook_with_changed_bytes_is_refused_whole_or_comes_in_whole(tmp_path: Path) -> None:
    rng = random.Random(11)
    content = xlsx_file(tmp_path / "good.xlsx", [roster_row(n) for n in range(ROWS)]).read_bytes()
    for number in range(20 * ROUNDS):
        at = rng.randrange(len(content))
        path = tmp_path / f"{number}.xlsx"
        path.write_bytes(content[:at] if number % 5 == 0 else content[:at] + rng.randbytes(2) + content[at + 2 :])
        with transaction.atomic():
            result = try_import(roster, path)
            assert Enrolment.objects.count() == (ROWS if result else 0)
            transaction.set_rollback(True)
