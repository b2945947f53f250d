"""Monthly credit of everybody against the bare SQL floor: one INSERT … SELECT of the same rows, one balance UPDATE."""

import time
from datetime import date, timedelta

from django.db import connection

from accounts.codes import JobKind
from accounts.jobs import runs
from tests.benchmarks import population
from tests.benchmarks.population import FIRST
from tests.benchmarks.table import Figure, median
from tests.benchmarks.workers import Worked, work_off
from tests.factories.acts import act_at
from yibao.lib import clock
from yibao.lib.months import Month
from yibao.lib.periods import Period

REGION = "350500"
SAMPLES = 3


def measure(people: int) -> list[Figure]:
    """Take the samples in turn (job, floor, two workers), so that the machine's moods meet all of them."""
    population.fresh_database()
    speed = population.populate(people, REGION)
    month, one, floors, two = FIRST, [], [], []
    for sample in range(SAMPLES):
        if sample:
            month = _next(month)
        one.append(credit(month, 1))
        population.vacuum()
        floors.append(floor(month))
        month = _next(month)
        two.append(credit(month, 2))
        population.vacuum()
    growth = _growth(people, [w.seconds for w in one])
    label = _label(people)
    return [
        Figure("import_roster_rows_per_second", round(speed["roster"]), "rows/s"),
        Figure("import_contributions_rows_per_second", round(speed["contributions"]), "rows/s"),
        median(f"accrual_{label}_seconds", [w.seconds for w in one], "s"),
        median(f"accrual_{label}_floor_seconds", floors, "s"),
        median(
            f"accrual_{label}_vs_sql_floor", [w.seconds / f for w, f in zip(one, floors, strict=True)], "×", "≤ 1.3"
        ),
        median(
            f"accrual_{label}_two_workers_vs_sql_floor",
            [w.seconds / f for w, f in zip(two, floors, strict=True)],
            "×",
            "≤ 0.8",
        ),
        median("accrual_peak_mb", [w.peak_mb for w in one], "MB", "≤ 300"),
        *growth,
    ]


def credit(month: Month, processes: int) -> Worked:
    """Run the accrual of a month, two days after the files came in: nobody's status is news to it."""
    now = clock.now() + timedelta(days=2)
    run = runs.open_run(
        act=act_at(now), kind=JobKind.ACCRUAL, region=REGION, period=Period.of(month), on=date(2026, 1, 1)
    )
    return work_off(run, processes)


def floor(month: Month) -> float:
    """Insert the month's rows once more under another label and add them to the balances, in bare SQL."""
    with connection.cursor() as cursor:
        cursor.execute(
            """DROP TABLE IF EXISTS floor_rows;
               CREATE UNLOGGED TABLE floor_rows AS SELECT * FROM accounts_transfer WHERE period = %s;
               ANALYZE floor_rows; CHECKPOINT""",
            [str(month)],
        )
        started = time.perf_counter()
        cursor.execute("BEGIN")
        cursor.execute(
            """INSERT INTO accounts_transfer (voucher_id, source_id, target_id, amount_fen, source_balance_fen,
                                              target_balance_fen, kind, period, region, facts)
               SELECT voucher_id, source_id, target_id, amount_fen, source_balance_fen,
                      target_balance_fen + amount_fen, kind, 'f' || period, region, facts FROM floor_rows"""
        )
        cursor.execute(
            """UPDATE accounts_pot p SET balance_fen = p.balance_fen + f.amount_fen
               FROM floor_rows f WHERE p.id = f.target_id"""
        )
        cursor.execute("COMMIT")
        seconds = time.perf_counter() - started
    population.vacuum()
    return seconds


def _next(month: Month) -> Month:
    population.copy_month(REGION, month + 1)
    return month + 1


def _growth(people: int, seconds: list[float]) -> list[Figure]:
    """Cost per account with 10,000 people against the full size, each with its own database."""
    small = 10_000
    if people <= small:
        return []
    population.fresh_database()
    population.populate(small, REGION)
    month, samples, peaks = FIRST, [], []
    for sample in range(5):
        if sample:
            month = _next(month)
        worked = credit(month, 1)
        samples.append(worked.seconds)
        peaks.append(worked.peak_mb)
        population.vacuum()
    per_account = sorted(samples)[len(samples) // 2] / small
    ratios = [second / people / per_account for second in seconds]
    return [
        median(f"accrual_cost_growth_10k_to_{_label(people)}", ratios, "×", "≤ 1.25"),
        median("accrual_peak_mb_10k", peaks, "MB"),
    ]


def _label(people: int) -> str:
    return f"{people // 1_000_000}m" if people % 1_000_000 == 0 else f"{people // 1000}k"
