"""Run a job here and now, as the management commands do: open it, work every chunk off, and say what was done."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction

from accounts.codes import ChunkState, JobKind, RunState
from accounts.identity.actors import Act, Actor
from accounts.jobs import registry, rollover, runs
from accounts.jobs.runs import CannotRunError
from accounts.jobs.schedule import next_jobs
from accounts.models import Run
from yibao.lib.periods import Period

CLOSE_YEAR = "close_year"


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
        run = registry.open_checked(act=Act(actor, clock()), kind=run_kind, region=region, period=run_period, on=on)
        _drain(run, clock, progress)
        run.refresh_from_db()
        reports.append(Report(run.kind, region, run_period, run.state, runs.totals_of(run)))
        if run.state == RunState.FAILED:
            break
    return reports


def _drain(run: Run, clock: Callable[[], datetime], progress: Progress) -> None:
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
            worked |= registry.work_chunk(chunk_id=chunk_id, now=clock())
            progress(what, total - len(waiting) + number, total)
        if not worked:
            time.sleep(0.2)
