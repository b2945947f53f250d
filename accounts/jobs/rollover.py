"""Year end (年终结转): what is left in 当年 becomes 历年. No fen appears or disappears (seed S0; TV-04)."""

from datetime import date, timedelta

from django.db import connection

from accounts.codes import PotKind, VoucherKind
from accounts.jobs.job import CannotRunError, Outcome
from accounts.ledger import book_years
from accounts.ledger.bulk import Batch, Line, post_batches
from accounts.models import Chunk, Pot, Run
from accounts.policies import formulas, registry
from yibao.lib.periods import Period


def roll_over(run: Run, chunk: Chunk) -> Outcome:
    """Move each remaining 当年 of the run's year to 历年 and let every 当年, also an empty one, begin the next year."""
    year = Period.parse(run.period).year
    _, next_start = year_range(run.region, year)
    pots = _of_earlier_years(run.region, chunk, before=year + 1)
    lines = [line for line in pots if line[2]]
    batch = Batch(VoucherKind.ROLLOVER, next_start - timedelta(days=1), Period(year), None, lines, source_personal=True)
    total = post_batches(run=run, key=f"run:{run.pk}:{run.execution}:{chunk.pk}", batches=[batch], year=year + 1)
    # Else a refund of the closed year, dated back, would still find its 当年 and be no 历年.
    Pot.objects.filter(pk__in=[line[0] for line in pots if not line[2]]).update(year=year + 1)
    return Outcome(eligible=len(lines), credited=len(lines), total_fen=total)


def roll_over_remaining(run: Run, chunk: Chunk, *, before: int) -> None:
    """Roll over whoever of the chunk still has an earlier year's money in 当年, before a new year is credited."""
    lines = _of_earlier_years(run.region, chunk, before=before, least_fen=1)
    if lines:
        _, end = year_range(run.region, before - 1)
        batch = Batch(
            VoucherKind.ROLLOVER, end - timedelta(days=1), Period(before - 1), None, lines, source_personal=True
        )
        post_batches(run=run, key=f"run:{run.pk}:{run.execution}:{chunk.pk}:rollover", batches=[batch], year=before)


def _of_earlier_years(region: str, chunk: Chunk, *, before: int, least_fen: int = 0) -> list[Line]:
    """Lock each 当年 of the chunk of an earlier year with at least so much; return lines that empty it."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT n.id, c.id, n.balance_fen, NULL
            FROM accounts_pot n
            JOIN accounts_pot c ON (c.person_id, c.region, c.kind) = (n.person_id, n.region, %s)
            WHERE n.region = %s AND n.kind = %s AND n.person_id >= %s AND n.person_id < %s
              AND n.year < %s AND n.balance_fen >= %s
            ORDER BY n.id FOR NO KEY UPDATE OF n
            """,
            [PotKind.CARRIED, region, PotKind.CURRENT, chunk.from_person, chunk.until_person, before, least_fen],
        )
        return cursor.fetchall()


def year_range(region: str, year: int) -> tuple[date, date]:
    """Return the first day of a benefit year and the first day after it, by the rules in force in that year."""
    return formulas.year_range(year, registry.credit(region, date(year, 12, 31)))


def require_closed_before(region: str, year: int) -> None:
    """Refuse to credit a benefit year while the one before is still open. Raises CannotRunError."""
    before = year - 1
    if (
        registry.has_buckets(region)
        and book_years.was_opened(region, before)
        and not book_years.is_closed(region, before)
    ):
        raise CannotRunError(
            f"{before} 年度还没有结转。请先运行 run_job close_year --region {region} --period {before}"
        )


def check(region: str, period: Period, on: date) -> None:
    """Refuse a year that is not over. Raises CannotRunError."""
    _, end = year_range(region, period.year)
    if on < end:
        raise CannotRunError(f"{period} 年度到 {end - timedelta(days=1)} 才结束，还不能结转")
