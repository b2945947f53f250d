"""Runs and chunks: the work list, and the one way to work it off.

Celery workers and the command line call the same `work`. Whoever holds a chunk's row lock works on it; money,
balances and "done" commit together. A killed worker's transaction is rolled back by the database, which frees the
lock, so nothing is lost and nothing is done twice. See docs/decisions for why there is no lease column.
"""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Count, Exists, OuterRef, Sum

from accounts.codes import ChunkState, InsuranceType, JobKind, RunState
from accounts.errors import AccountsError
from accounts.identity.actors import Act
from accounts.ledger import book_years
from accounts.ledger.retry import retrying
from accounts.models import Chunk, Run, Skip
from accounts.policies import registry
from yibao.lib.periods import Period

logger = logging.getLogger(__name__)
ATTEMPTS = 3
END_OF_PEOPLE = 2**62


class CannotRunError(AccountsError):
    """The run makes no sense now; the message says why and what to do."""


@dataclass(slots=True)
class Outcome:
    """What a chunk did: people it looked at, people it credited or charged, fen moved, people it left out."""

    eligible: int = 0
    credited: int = 0
    total_fen: int = 0
    skips: list[tuple[int, str, str, str]] = field(default_factory=list)  # person, period, reason code, detail


@dataclass(frozen=True, slots=True)
class Totals:
    """What an execution did so far. Fen; `skipped` counts people by reason code."""

    people: int
    eligible: int
    credited: int
    total_fen: int
    chunks: int
    finished_chunks: int
    failed_chunks: int
    skipped: dict[str, int]


# What a kind of job does with one chunk.
Process = Callable[[Run, Chunk], Outcome]


@contextmanager
def excluding_imports(region: str) -> Iterator[None]:
    """Hold off imports of contributions for the region while a run opens, so each row is in time or marked late."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext(%s))", [f"contributions:{region}"])
        yield


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


def open_run(*, act: Act, kind: JobKind, region: str, period: Period, on: date) -> Run:
    """Open the run of this kind, region and period; a finished one is opened for another execution.

    An execution looks at everybody again and posts what has become due since: joiners, late payments, mended errors.
    """
    with excluding_imports(region):
        run, created = Run.objects.select_for_update().get_or_create(
            kind=kind,
            region=region,
            period=str(period),
            defaults={"on": on, "actor": str(act.actor), "opened_at": act.at},
        )
        if not created:
            if run.state == RunState.WORKING:
                return run
            run.execution += 1
            run.on, run.actor, run.opened_at = on, str(act.actor), act.at
            run.state, run.finished_at = RunState.WORKING, None
            run.save()
            run.skips.all().delete()
        Chunk.objects.bulk_create(
            Chunk(run=run, execution=run.execution, from_person=first, until_person=last)
            for first, last in ranges(region)
        )
    return run


def ranges(region: str) -> list[tuple[int, int]]:
    """Return the ranges of person ids (from, until) that a run is worked off in. Raises CannotRunError for nobody."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT person_id FROM (
                SELECT person_id, row_number() OVER (ORDER BY person_id) AS n
                FROM (SELECT DISTINCT person_id FROM accounts_enrolment WHERE region = %s AND insurance = %s) people
            ) numbered WHERE n %% %s = 1 OR %s = 1 ORDER BY person_id
            """,
            [region, InsuranceType.EMPLOYEE, settings.CHUNK_PEOPLE, settings.CHUNK_PEOPLE],
        )
        starts = [row[0] for row in cursor.fetchall()]
    if not starts:
        raise CannotRunError(f"统筹区 {region} 还没有职工医保的参保人，请先导入参保名册")
    return list(zip(starts, [*starts[1:], END_OF_PEOPLE], strict=True))


def work(*, chunk_id: int, process: Process, now: datetime) -> bool:
    """Work one chunk off; False when it is done already or somebody else is at it.

    An error rolls the chunk back and is written down. After three, the range is halved again and again until the
    one account that cannot be posted stands alone and no longer blocks the others.
    """
    try:
        return _work(chunk_id, process, now)
    except Exception as error:
        logger.exception("chunk %s failed", chunk_id)
        if connection.in_atomic_block:
            raise
        _note_failure(chunk_id, error, now)
        return True


@retrying
def _work(chunk_id: int, process: Process, now: datetime) -> bool:
    with transaction.atomic():
        chunk = (
            Chunk.objects.select_for_update(skip_locked=True, of=("self",))
            .select_related("run")
            .filter(pk=chunk_id, state=ChunkState.WAITING)
            .first()
        )
        if chunk is None:
            return False
        outcome = process(chunk.run, chunk)
        Skip.objects.bulk_create(
            Skip(run=chunk.run, person_id=person, period=period, reason=reason, detail=detail)
            for (person, period), (reason, detail) in _once(outcome.skips).items()
        )
        chunk.state, chunk.finished_at, chunk.error = ChunkState.DONE, now, ""
        chunk.eligible, chunk.credited, chunk.total_fen = outcome.eligible, outcome.credited, outcome.total_fen
        chunk.save()
    finish(run_id=chunk.run_id, now=now)
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
    finish(run_id=chunk.run_id, now=now)


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


def finish(*, run_id: int, now: datetime) -> None:
    """Decide the state of a run whose last chunk is done. A run that left somebody out is never 'done'."""
    with transaction.atomic():
        run = Run.objects.select_for_update().get(pk=run_id)
        states = set(run.chunks.filter(execution=run.execution).values_list("state", flat=True))
        if ChunkState.WAITING in states or run.state != RunState.WORKING:
            return
        if ChunkState.FAILED in states:
            run.state = RunState.FAILED
        elif run.skips.exists():
            run.state = RunState.INCOMPLETE
        else:
            run.state = RunState.DONE
        run.finished_at = now
        run.save(update_fields=["state", "finished_at"])


def stalled_runs(*, since: datetime) -> list[int]:
    """Return the ids of runs being worked on of which no chunk was finished after `since`."""
    moved = Chunk.objects.filter(run=OuterRef("pk"), finished_at__gt=since)
    waiting = Run.objects.filter(state=RunState.WORKING, opened_at__lte=since).exclude(Exists(moved))
    return list(waiting.order_by("id").values_list("id", flat=True))


def totals_of(run: Run) -> Totals:
    """Return what the run's current execution did so far."""
    chunks = run.chunks.filter(execution=run.execution)
    sums = chunks.aggregate(Sum("eligible"), Sum("credited"), Sum("total_fen"), Count("id"))
    states = dict(chunks.values_list("state").annotate(Count("id")))
    skipped = dict(run.skips.values_list("reason").annotate(Count("id")))
    return Totals(
        people=sum(skipped.values()) + (sums["eligible__sum"] or 0),
        eligible=sums["eligible__sum"] or 0,
        credited=sums["credited__sum"] or 0,
        total_fen=sums["total_fen__sum"] or 0,
        chunks=sums["id__count"],
        finished_chunks=states.get(ChunkState.DONE, 0),
        failed_chunks=states.get(ChunkState.FAILED, 0),
        skipped=skipped,
    )
