"""Celery's side of the jobs: thin shells. Messages carry ids only; what to do stands in the database."""

import logging
from datetime import date, timedelta
from functools import partial
from hashlib import sha256
from uuid import UUID

from celery import shared_task
from django.conf import settings
from django.core.cache import cache
from django.db import transaction

from accounts.codes import ChunkState
from accounts.errors import AccountsError
from accounts.identity import sms
from accounts.identity.actors import Act, Actor
from accounts.jobs import runs, schedule, worker
from accounts.models import Chunk
from accounts.operations import found_notices, identity, limited, policy_effect, seals
from accounts.operations.cases import scans
from accounts.operations.life_events import merging
from yibao.lib import clock

logger = logging.getLogger(__name__)


@shared_task(name="accounts.tasks.schedule_due")
def schedule_due() -> None:
    """Open the runs that are due and enqueue their chunks."""
    act = Act(Actor.system("schedule_due"), clock.now())
    for job in schedule.next_jobs(act.on):
        try:
            run = runs.open_run(act=act, kind=job.kind, region=job.region, period=job.period, on=act.on)
        except AccountsError as refusal:  # that of one region: the others must not wait for it
            _log_once_a_day(f"cannot begin {job.kind} {job.region} {job.period}: {refusal}", act.on)
            continue
        transaction.on_commit(partial(enqueue, run.pk))


def _log_once_a_day(words: str, on: date) -> None:
    """Log what every tick would find again; another reason is another line."""
    if cache.add(f"logged:{on}:{sha256(words.encode()).hexdigest()}", True, timeout=timedelta(days=1).total_seconds()):
        logger.error("%s", words)


@shared_task(name="accounts.tasks.requeue_stalled")
def requeue_stalled() -> None:
    """Enqueue the chunks of every stalled run again, and finish it if its last worker died before it could.

    A lost message therefore only delays; a doubled one finds the chunk locked or done.
    """
    for run_id in runs.stalled_runs(since=clock.now() - timedelta(seconds=settings.STALLED_SECONDS)):
        enqueue(run_id)
        runs.finish(run_id=run_id, now=clock.now())


@shared_task(name="accounts.tasks.work_chunk")
def work_chunk(chunk_id: int) -> None:
    """Work one chunk off, if nobody has."""
    worker.work_chunk(chunk_id=chunk_id, now=clock.now())


def enqueue(run_id: int) -> None:
    """Send one message per chunk that is to be done."""
    for chunk_id in (
        Chunk.objects.filter(run=run_id, state=ChunkState.WAITING).order_by("id").values_list("id", flat=True)
    ):
        work_chunk.apply_async((chunk_id,), expires=600)


@shared_task(name=policy_effect.TASK, time_limit=4 * 3600)
def compute_policy_effect(draft_id: int, asked_by: str) -> None:
    """Compute what a draft of the rules would change, as a member of staff asked for on its page."""
    try:
        policy_effect.compute(act=Act(Actor.parse(asked_by), clock.now()), draft_id=draft_id)
    except AccountsError as refusal:  # the page goes on saying that it has not been computed
        logger.error("no effect of draft %s: %s", draft_id, refusal)


@shared_task(name=sms.TASK)
def send_sms(message_id: str) -> None:
    """Send the text message that was just written down."""
    sms.send(UUID(message_id), clock.now())


@shared_task(name="accounts.tasks.send_due_sms")
def send_due_sms() -> None:
    """Send the messages whose task was lost, and those whose gateway did not answer."""
    sms.send_due(clock.now())


@shared_task(name="accounts.tasks.seal", time_limit=4 * 3600)
def seal() -> None:
    """Seal what was written since yesterday. What does not fit is said in the log, every time, until somebody looks."""
    try:
        seals.seal_if_due(act=Act(Actor.system("seal"), clock.now()))
    except AccountsError as error:
        logger.error("not sealed: %s", error)


@shared_task(name="accounts.tasks.tell_found")
def tell_found() -> None:
    """Tell whoever wants it by phone what was posted to their accounts, and what the roster says anew."""
    found_notices.tell_found(act=Act(Actor.system("tell_found"), clock.now()))


@shared_task(name="accounts.tasks.purge_expired")
def purge_expired() -> None:
    """Delete codes, limits, kept forms and sessions that are over."""
    identity.purge_expired(now=clock.now())


@shared_task(name="accounts.tasks.purge_scans")
def purge_scans() -> None:
    """Purge the pictures of papers whose time is over."""
    scans.purge_expired(act=Act(Actor.system("purge_scans"), clock.now()))


@shared_task(name="accounts.tasks.follow_merged")
def follow_merged() -> None:
    """Move what has come to records that are part of another one by now."""
    merging.move_what_came_later(act=Act(Actor.system("follow_merged"), clock.now()))


@shared_task(name="accounts.tasks.warn_owners_sms")
def warn_owners_sms() -> None:
    """Tell the roster's phones of sign-ins by name and number alone, before these open."""
    limited.warn_owners(now=clock.now())
