"""The Celery application and its one timetable. Beat only ticks: what is due is computed from the database."""

import gc
import os

from celery import Celery
from celery.signals import worker_process_init

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "yibao.settings")
app = Celery("yibao")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()

app.conf.beat_schedule = {
    "tick: open the runs that are due": {"task": "accounts.tasks.tick", "schedule": 60.0},
    "pump: ring for chunks that nobody works on": {"task": "accounts.tasks.pump", "schedule": 20.0},
    "sweep: send the text messages that wait": {"task": "accounts.tasks.sweep_sms", "schedule": 15.0},
    "family: let invitations lapse and bonds end": {"task": "family.tasks.keep_up", "schedule": 600.0},
    "tidy: forget what sign-ins left behind": {"task": "accounts.tasks.tidy_identity", "schedule": 3600.0},
}


@worker_process_init.connect
def settle(**_) -> None:
    """Spare the garbage collector what start-up made: a chunk's rows make it look often (over a quarter of our time)."""
    gc.freeze()
