"""The Celery application and its one timetable. Beat only asks: what is due is computed from the database."""

import gc
import os

from celery import Celery
from celery.signals import worker_process_init

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "yibao.settings")
app = Celery("yibao")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()

app.conf.beat_schedule = {
    "schedule: open the runs that are due": {"task": "accounts.tasks.schedule_due", "schedule": 60.0},
    "requeue: chunks that nobody works on": {"task": "accounts.tasks.requeue_stalled", "schedule": 20.0},
    "sms: send the text messages that wait": {"task": "accounts.tasks.send_due_sms", "schedule": 15.0},
    "family: let invitations lapse and bonds end": {"task": "family.tasks.keep_up", "schedule": 600.0},
    "merged: what comes to records that are part of another": {
        "task": "accounts.tasks.follow_merged",
        "schedule": 3600.0,
    },
    "warn: sign-ins by name and number that open soon": {
        "task": "accounts.tasks.warn_owners_sms",
        "schedule": 3600.0,
    },
    "purge: what sign-ins left behind": {"task": "accounts.tasks.purge_expired", "schedule": 3600.0},
}


@worker_process_init.connect
def freeze_start_up(**_) -> None:
    """Spare the garbage collector what start-up made: a chunk's rows make it look often (over a quarter of our time)."""
    gc.freeze()
