"""Crediting as it is usually written: a task that goes through its people and adds. It fails where ours does not.

Late acknowledgement, one transaction per account, no keys, no list of work in the database. Run as a worker by
tests/chaos/test_kill9.py only.
"""

import os
import time

import psycopg
from celery import Celery

app = Celery("naive")
app.conf.update(
    broker_url=os.environ.get("REDIS_URL"),
    task_ignore_result=True,
    task_acks_late=True,
    task_reject_on_worker_lost=True,
    worker_prefetch_multiplier=1,
    broker_connection_retry_on_startup=True,
    broker_connection_max_retries=None,
    broker_transport_options={
        "visibility_timeout": 2,
        "unacked_restore_interval": 1,
        "unacked_restore_throttle": 1,
    },
)


@app.task(name="naive.credit")
def credit(first: int, until: int) -> None:
    """Add 100 to each account from `first` to before `until`."""
    with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as database:
        for account in range(first, until):
            with database.transaction():
                database.execute("UPDATE naive_pot SET balance = balance + 100 WHERE id = %s", [account])
            time.sleep(0.03)
