"""Opening runs and their chunks, the work list; and how far they are."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Count, Exists, OuterRef, Sum

from accounts.codes import ChunkState, InsuranceType, JobKind, RunState
from accounts.identity.actors import Act
from accounts.jobs import registry
from accounts.jobs.job import RIGHTLY_LEFT_OUT, CannotRunError
from accounts.ledger import book_years
from accounts.models import Chunk, Run
from yibao.lib.periods import Period

END_OF_PEOPLE = 2**62


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


@contextmanager
def excluding_imports(region: str) -> Iterator[None]:
    """Hold off imports of contributions for the region while a run opens, so each row is in time or marked late."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext(%s))", [f"contributions:{region}"])
        yield


def open_run(*, act: Act, kind: JobKind, region: str, period: Period, on: date) -> Run:
    """Open the run of this kind, region and period for a business day; a finished one for another execution.

    An execution looks at everybody again and posts what has become due since: joiners, late payments, mended errors.
    Raises CannotRunError when that makes no sense on that day.
    """
    if on > act.on and not settings.REHEARSAL:
        raise CannotRunError(f"业务日期 {on} 在今天（{act.on}）之后。演练要用专门的数据库，并设 YIBAO_REHEARSAL=1")
    job = registry.job_of(kind, region, period)
    job.check(region, period, on)
    if job.closes_year:
        book_years.close(region=region, year=period.year, at=act.at)
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


def finish(*, run_id: int, now: datetime) -> None:
    """Decide the state of a run whose last chunk is done. A run in which somebody waits for staff is never 'done'."""
    with transaction.atomic():
        run = Run.objects.select_for_update().get(pk=run_id)
        states = set(run.chunks.filter(execution=run.execution).values_list("state", flat=True))
        if ChunkState.WAITING in states or run.state != RunState.WORKING:
            return
        if ChunkState.FAILED in states:
            run.state = RunState.FAILED
        elif run.skips.exclude(reason__in=RIGHTLY_LEFT_OUT).exists():
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
