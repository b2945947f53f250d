"""Imports of everybody against a floor of bare SQL: COPY of the same file, INSERT … SELECT of the same rows.

The ratio says what reading, checking and sealing cost, and can be held against that of an earlier commit.
"""

import time
from collections.abc import Callable
from datetime import date
from pathlib import Path

from django.conf import settings
from django.db import connection

from accounts.roster.contributions import import_contributions
from accounts.roster.people import import_roster
from payments.demo import files
from tests.benchmarks import population
from tests.benchmarks.population import FIRST
from tests.benchmarks.table import Figure, median
from tests.factories.acts import act_on

REGION, TODAY, SAMPLES = "350500", date(2026, 1, 1), 3
ROSTER_TABLES, PAID_TABLES = ("accounts_person", "accounts_enrolment", "accounts_pot"), ("accounts_contribution",)


def measure(people: int) -> list[Figure]:
    """Take the samples in turn, each in an empty database: a roster, a first month, a month that has one before it."""
    folder = Path(settings.VAR) / "files"
    roster = files.write_roster(folder / "people.csv", files.population_roster(people, REGION))
    months = [
        files.write_contributions(folder / f"{month}.csv", files.population_contributions(people, REGION, month))
        for month in (FIRST, FIRST + 1)
    ]
    found: dict[str, list[tuple[float, float]]] = {"roster": [], "contributions": [], "contributions_later": []}
    for _ in range(SAMPLES):
        population.fresh_database()
        found["roster"].append(_against_floor(roster, people, import_roster, ROSTER_TABLES))
        paid = people - -(-people // 10)
        found["contributions"].append(_against_floor(months[0], paid, import_contributions, PAID_TABLES))
        found["contributions_later"].append(_against_floor(months[1], paid, import_contributions, PAID_TABLES))
    return [
        figure
        for name, samples in found.items()
        for figure in (
            median(f"import_{name}_rows_per_second", [rate for rate, _ in samples], "rows/s"),
            median(f"import_{name}_vs_sql_floor", [ratio for _, ratio in samples], "×"),
        )
    ]


def _against_floor(path: Path, rows: int, bring_in: Callable, tables: tuple[str, ...]) -> tuple[float, float]:
    """Return rows per second of an import, and how many times its floor it took."""
    before = [_last_id(table) for table in tables]
    started = time.perf_counter()
    bring_in(act=act_on(TODAY), path=path)
    seconds = time.perf_counter() - started
    return rows / seconds, seconds / floor(path, dict(zip(tables, before, strict=True)))


def _last_id(table: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT coalesce(max(id), 0) FROM {table}")
        return cursor.fetchone()[0]


def floor(path: Path, tables: dict[str, int]) -> float:
    """Copy the file into a table of its lines, and the new rows into tables like those they are in; return seconds."""
    with connection.cursor() as cursor:
        cursor.execute("CREATE UNLOGGED TABLE floor_lines (line text)")
        for table, last in tables.items():
            cursor.execute(
                f"""CREATE TABLE floor_{table} (LIKE {table} INCLUDING ALL);
                    INSERT INTO floor_{table} SELECT * FROM {table} WHERE id <= %s""",
                [last],
            )
        cursor.execute("CHECKPOINT")
        started = time.perf_counter()
        cursor.execute("BEGIN")
        with cursor.copy("COPY floor_lines FROM STDIN") as copy:
            copy.write(path.read_bytes())
        for table, last in tables.items():
            cursor.execute(f"INSERT INTO floor_{table} SELECT * FROM {table} WHERE id > %s ORDER BY id", [last])
        cursor.execute("COMMIT")
        seconds = time.perf_counter() - started
        cursor.execute("DROP TABLE floor_lines")
        for table in tables:
            cursor.execute(f"DROP TABLE floor_{table}")
    return seconds
