"""The timetable's entries stand in the database: they take the names their tasks have now, and are not sent twice."""

from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

# Task and entry as they were, and as they are in yibao/celery.py.
NAMES = (
    ("tick", "tick: open the runs that are due", "schedule_due", "schedule: open the runs that are due"),
    ("pump", "pump: ring for chunks that nobody works on", "requeue_stalled", "requeue: chunks that nobody works on"),
    ("sweep_sms", "sweep: send the text messages that wait", "send_due_sms", "sms: send the text messages that wait"),
    ("tidy_identity", "tidy: forget what sign-ins left behind", "purge_expired", "purge: what sign-ins left behind"),
)


def rename(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    for old_task, old_name, task, name in NAMES:
        _rename(apps, old_task, old_name, task, name)


def rename_back(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    for old_task, old_name, task, name in NAMES:
        _rename(apps, task, name, old_task, old_name)


def _rename(apps: Apps, old_task: str, old_name: str, task: str, name: str) -> None:
    entries = apps.get_model("django_celery_beat", "PeriodicTask").objects
    entries.filter(task=f"accounts.tasks.{old_task}", name=old_name).update(task=f"accounts.tasks.{task}", name=name)


class Migration(migrations.Migration):
    dependencies = [("accounts", "0005_book_year"), ("django_celery_beat", "0001_initial")]

    operations = [migrations.RunPython(rename, rename_back)]
