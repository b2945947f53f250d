"""Working runs off: one chunk, as Celery sends it, or a whole job here and now, as the management commands do.

Whoever holds a chunk's row lock works on it; money, balances and "done" commit together. A killed worker's transaction
is rolled back by the database, which frees the lock, so nothing is lost and nothing is done twice. See docs/decisions
for why there is no lease column.
"""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime

from django.db import connection, transaction

from accounts.codes import ChunkState, JobKind, RunState
from accounts.identity.actors import Act, Actor
from accounts.jobs import registry, rollover, runs
from accounts.jobs.job import CannotRunError
from accounts.jobs.schedule import next_jobs
from accounts.ledger.retry import retrying
from accounts.models import Chunk, Run, Skip
from yibao.lib.periods import Period

logger = logging.getLogger(__name__)
CLOSE_YEAR = "close_year"
ATTEMPTS = 3


def work_chunk(*, chunk_id: int, now: datetime) -> bool:
    """Work one chunk off, whatever its run does; False when it is done already or somebody else is at it.

    An error rolls the chunk back and is written down. After three, the range is halved again and again until the
    one account that cannot be posted stands alone and no longer blocks the others.
    """
    try:
        return _work(chunk_id, now)
    except Exception as error:
        logger.exception("chunk %s failed", chunk_id)
        if connection.in_atomic_block:
            raise
        _note_failure(chunk_id, error, now)
        return True


@retrying
def _work(chunk_id: int, now: datetime) -> bool:
    with transaction.atomic():
        chunk = (
            Chunk.objects.select_for_update(skip_locked=True, of=("self",))
            .select_related("run")
            .filter(pk=chunk_id, state=ChunkState.WAITING)
            .first()
        )
        if chunk is None:
            return False
        job = registry.job_of(JobKind(chunk.run.kind), chunk.run.region, Period.parse(chunk.run.period))
        outcome = job.process(chunk.run, chunk)
        Skip.objects.bulk_create(
            Skip(run=chunk.run, person_id=person, period=period, reason=reason, detail=detail)
            for (person, period), (reason, detail) in _once(outcome.skips).items()
        )
        chunk.state, chunk.finished_at, chunk.error = ChunkState.DONE, now, ""
        chunk.eligible, chunk.credited, chunk.total_fen = outcome.eligible, outcome.credited, outcome.total_fen
        chunk.save()
    runs.finish(run_id=chunk.run_id, now=now)
    return True


def _once(skips: list[tuple[int, str, str, str]]) -> dict[tuple[int, str], tuple[str, str]]:
    """Return one reason for each person and period, the first."""
    return {(person, period): (reason, detail) for person, period, reason, detail in reversed(skips)}


def _note_failure(chunk_id: int, error: Exception, now: datetime) -> None:
    with transaction.atomic():
        chunk = Chunk.objects.select_for_update().get(pk=chunk_id)
        chunk.attempts += 1
        # The type only: a message of the database may quote a row, and rows are about people.
        chunk.error = type(error).__name__
        if chunk.attempts >= ATTEMPTS:
            middle = _middle(chunk)
            if middle is None:
                chunk.state, chunk.finished_at = ChunkState.FAILED, now
            else:
                Chunk.objects.create(
                    run_id=chunk.run_id,
                    execution=chunk.execution,
                    from_person=middle,
                    until_person=chunk.until_person,
                    attempts=ATTEMPTS - 1,
                )
                chunk.until_person, chunk.attempts = middle, ATTEMPTS - 1
        chunk.save()
    runs.finish(run_id=chunk.run_id, now=now)


def _middle(chunk: Chunk) -> int | None:
    """Return a person id that halves the chunk, or None when only one person is left in it."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT (array_agg(person_id ORDER BY person_id))[count(*) / 2 + 1], count(*)
            FROM (SELECT DISTINCT person_id FROM accounts_enrolment
                  WHERE region = %s AND person_id >= %s AND person_id < %s) people
            """,
            [chunk.run.region, chunk.from_person, chunk.until_person],
        )
        middle, people = cursor.fetchone()
    return middle if people > 1 else None


@dataclass(frozen=True, slots=True)
class Report:
    """What one run did in this execution."""

    kind: str
    region: str
    period: Period
    state: str
    totals: runs.Totals

    @property
    def complete(self) -> bool:
        return self.state == RunState.DONE


Progress = Callable[[str, int, int], None]  # what, done chunks, all chunks


def runs_of(kind: str, region: str, period: Period, on: date) -> list[tuple[JobKind, Period]]:
    """Return the runs a kind stands for: `close_year` is true-up, interest, rollover and the next pre-credit.

    Before them a pre-credited year is run once more, for joiners and new bases since the last time. One that was
    never pre-credited here is not begun by closing it. Raises CannotRunError for a year that cannot be closed that day.
    """
    if kind != CLOSE_YEAR:
        return [(JobKind(kind), period)]
    registry.job_of(JobKind.ROLLOVER, region, period).check(region, period, on)
    found = [(end_kind, period) for end_kind in registry.year_end(region, period.year)]
    if Run.objects.filter(kind=JobKind.ACCRUAL, region=region, period=str(period)).exists():
        found.insert(0, (JobKind.ACCRUAL, period))
    _, next_start = rollover.year_range(region, period.year)
    if registry.is_yearly(region, next_start) and on >= next_start:
        found.append((JobKind.ACCRUAL, Period(period.year + 1)))
    return found


def run_job(
    *,
    actor: Actor,
    kind: str,
    region: str,
    period: Period,
    on: date,
    clock: Callable[[], datetime],
    dry: bool = False,
    progress: Progress = lambda what, done, total: None,
) -> list[Report]:
    """Run a job and return a report per run; with `dry` everything is computed, posted and rolled back.

    Raises CannotRunError before anything is posted when the job makes no sense on that day. A run that failed for
    somebody stops `close_year`: the next one would build on it. Somebody left out for want of a fact does not.
    """
    if not dry:
        return _run_all(actor, kind, region, period, on, clock, progress)
    with transaction.atomic():
        reports = _run_all(actor, kind, region, period, on, clock, progress)
        transaction.set_rollback(True)
    return reports


def run_due(
    *,
    actor: Actor,
    on: date,
    clock: Callable[[], datetime],
    progress: Progress = lambda what, done, total: None,
) -> list[Report]:
    """Run everything that is due on a day, in order, and return the reports.

    What cannot run holds up its own region only. Raises CannotRunError, with every reason, when all else is done.
    """
    reports: list[Report] = []
    refused: list[str] = []
    tried: set[tuple[str, str, Period]] = set()
    while jobs := [job for job in next_jobs(on) if (job.kind, job.region, job.period) not in tried]:
        for job in jobs:
            tried.add((job.kind, job.region, job.period))
            try:
                reports += run_job(
                    actor=actor,
                    kind=job.kind,
                    region=job.region,
                    period=job.period,
                    on=on,
                    clock=clock,
                    progress=progress,
                )
            except CannotRunError as refusal:
                refused.append(f"{job.region} {job.period} {job.kind.label}：{refusal}")
    if refused:
        raise CannotRunError("；".join(refused))
    return reports


def _run_all(
    actor: Actor, kind: str, region: str, period: Period, on: date, clock: Callable[[], datetime], progress: Progress
) -> list[Report]:
    reports = []
    for run_kind, run_period in runs_of(kind, region, period, on):
        run = runs.open_run(act=Act(actor, clock()), kind=run_kind, region=region, period=run_period, on=on)
        _work_off(run, clock, progress)
        run.refresh_from_db()
        reports.append(Report(run.kind, region, run_period, run.state, runs.totals_of(run)))
        if run.state == RunState.FAILED:
            break
    return reports


def _work_off(run: Run, clock: Callable[[], datetime], progress: Progress) -> None:
    """Work until no chunk is left to do; chunks that workers hold are waited for."""
    what = f"{run.get_kind_display()} {run.region} {run.period}"
    while True:
        waiting = list(
            run.chunks.filter(execution=run.execution, state=ChunkState.WAITING).values_list("id", flat=True)
        )
        total = run.chunks.filter(execution=run.execution).count()
        progress(what, total - len(waiting), total)
        if not waiting:
            runs.finish(run_id=run.pk, now=clock())
            return
        worked = False
        for number, chunk_id in enumerate(waiting, start=1):
            worked |= work_chunk(chunk_id=chunk_id, now=clock())
            progress(what, total - len(waiting) + number, total)
        if not worked:
            time.sleep(0.2)
