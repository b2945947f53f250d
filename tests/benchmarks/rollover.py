"""Year end of everybody, 当年 → 历年, against its own floor: one INSERT … SELECT and the UPDATE of both pots."""

import time
from datetime import date

from django.db import connection

from accounts.codes import JobKind
from accounts.jobs import runs
from tests.benchmarks import population
from tests.benchmarks.accrual import _label
from tests.benchmarks.table import Figure, median
from tests.benchmarks.workers import work_off
from tests.factories.acts import act_now
from yibao.lib.months import Month
from yibao.lib.periods import Period

REGION = "330900"
SAMPLES = 3


def measure(people: int) -> list[Figure]:
    """Pre-credit a year, roll it over, and take the floor of the same rows; for three years."""
    population.fresh_database()
    population.populate(people, REGION)
    jobs, floors, precredits = [], [], []
    for year in range(2023, 2023 + SAMPLES):
        if year > population.FIRST.year:  # nothing is credited ahead to whom no payment is known of
            population.copy_month(REGION, Month(year, 1))
        precredits.append(_run(JobKind.ACCRUAL, year))
        population.vacuum()
        jobs.append(_run(JobKind.ROLLOVER, year))
        population.vacuum()
        floors.append(_floor(year))
    label = _label(people)
    ratios = [job / floor for job, floor in zip(jobs, floors, strict=True)]
    return [
        median(f"precredit_{label}_seconds", precredits, "s"),
        median(f"rollover_{label}_seconds", jobs, "s"),
        median(f"rollover_{label}_floor_seconds", floors, "s"),
        median(f"rollover_{label}_vs_sql_floor", ratios, "×", "≤ 1.5"),
    ]


def _run(kind: JobKind, year: int) -> float:
    run = runs.open_run(act=act_now(), kind=kind, region=REGION, period=Period(year), on=date(year + 1, 1, 1))
    return work_off(run, 1).seconds


def _floor(year: int) -> float:
    with connection.cursor() as cursor:
        cursor.execute(
            """DROP TABLE IF EXISTS floor_rows;
               CREATE UNLOGGED TABLE floor_rows AS SELECT * FROM accounts_transfer
               WHERE kind = 'rollover' AND period = %s;
               ANALYZE floor_rows; CHECKPOINT""",
            [str(year)],
        )
        started = time.perf_counter()
        cursor.execute("BEGIN")
        cursor.execute(
            """INSERT INTO accounts_transfer (voucher_id, source_id, target_id, amount_fen, source_balance_fen,
                                              target_balance_fen, kind, period, region, facts)
               SELECT voucher_id, source_id, target_id, amount_fen, source_balance_fen,
                      target_balance_fen, kind, 'f' || period, region, facts FROM floor_rows"""
        )
        # The money goes the same way as in the job; adding and taking nothing keeps the books as they are.
        cursor.execute(
            """UPDATE accounts_pot p SET balance_fen = p.balance_fen + 0 * f.amount_fen
               FROM floor_rows f WHERE p.id = f.source_id"""
        )
        cursor.execute(
            """UPDATE accounts_pot p SET balance_fen = p.balance_fen + 0 * f.amount_fen
               FROM floor_rows f WHERE p.id = f.target_id"""
        )
        cursor.execute("COMMIT")
        seconds = time.perf_counter() - started
    population.vacuum()
    return seconds
