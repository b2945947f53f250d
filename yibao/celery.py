"""The Celery application and its one timetable. Beat only asks: what is due is computed from the database."""

import gc
import os
import sys

from celery import Celery, Task
from celery.signals import task_postrun, task_prerun, worker_process_init
from django.db import close_old_connections

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "yibao.settings")
app = Celery("yibao")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
# Celery would open a connection to the database for every task. Ours are kept as those of the web are (settings.py):
# after and before a task those that are too old or broken are closed, and a kept one is tried before it is used.
app.conf.CELERY_DB_REUSE_MAX = sys.maxsize

app.conf.beat_schedule = {
    "schedule: open the runs that are due": {"task": "accounts.tasks.schedule_due", "schedule": 60.0},
    "requeue: chunks that nobody works on": {"task": "accounts.tasks.requeue_stalled", "schedule": 20.0},
    "sms: send the text messages that wait": {"task": "accounts.tasks.send_due_sms", "schedule": 15.0},
    "family: let invitations lapse and bonds end": {"task": "family.tasks.keep_up", "schedule": 600.0},
    "payments: the tax office, reminders, yesterday's report": {"task": "payments.tasks.keep_up", "schedule": 1800.0},
    "merged: what comes to records that are part of another": {
        "task": "accounts.tasks.follow_merged",
        "schedule": 3600.0,
    },
    "warn: sign-ins by name and number that open soon": {
        "task": "accounts.tasks.warn_owners_sms",
        "schedule": 3600.0,
    },
    "seal: what was written since yesterday": {"task": "accounts.tasks.seal", "schedule": 3600.0},
    "tell: what was posted, and what changed of people": {"task": "accounts.tasks.tell_found", "schedule": 600.0},
    "purge: what sign-ins left behind": {"task": "accounts.tasks.purge_expired", "schedule": 3600.0},
    "scans: purge the pictures whose time is over": {"task": "accounts.tasks.purge_scans", "schedule": 3600.0},
}


@task_prerun.connect
@task_postrun.connect
def look_after_connections(task: Task, **_: object) -> None:
    if not task.request.is_eager:
        close_old_connections()


@worker_process_init.connect
def freeze_start_up(**_) -> None:
    """Spare the garbage collector what start-up made: a chunk's rows make it look often (over a quarter of our time)."""
    gc.freeze()
