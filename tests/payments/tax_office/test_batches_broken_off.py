"""A hand-over that is killed half-way, or done by several at once: each order in one batch, each batch with its file."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection

from payments.models import PremiumOrder, TaxBatch
from payments.premiums.codes import OrderState
from payments.premiums.tax_office import batches
from tests import databases
from tests.architecture.test_shape import ROOT
from tests.concurrency import all_at_once, wait_until
from tests.payments.tax_office.orders import AFTER_UNDO, REGION, debited

# Whoever writes to the table stays there, inside of the transaction, until it is killed.
STAY = """
    CREATE FUNCTION stay() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(3600); RETURN NEW; END $$;
    CREATE TRIGGER stay BEFORE {event} ON {table} FOR EACH ROW EXECUTE FUNCTION stay()
"""
STAYS = "SELECT pid FROM pg_stat_activity WHERE wait_event = 'PgSleep' AND datname = current_database()"


def test_eight_exports_at_once_make_each_order_part_of_one_batch(committed_db, monkeypatch):
    monkeypatch.setattr(batches, "MOST_ORDERS", 3)
    for _ in range(9):
        debited()
    results = all_at_once(*[lambda: list(batches.export(act=AFTER_UNDO, region=REGION))] * 8)
    assert not [result for result in results if isinstance(result, type)]
    assert sorted(TaxBatch.objects.values_list("number", "rows")) == [(1, 3), (2, 3), (3, 3)]
    assert PremiumOrder.objects.filter(batch__isnull=False, state=OrderState.HANDED_OVER).count() == 9


def test_killed_while_the_batch_is_made_nothing_has_happened(committed_db, folder):
    order = debited()
    with killed_when_it_comes_to(committed_db, folder, "payments_premiumorderevent", "INSERT"):
        pass
    order.refresh_from_db()
    assert (order.state, TaxBatch.objects.count(), folder.exists()) == (OrderState.DEBITED, 0, False)
    ((batch, path),) = batches.export(act=AFTER_UNDO, region=REGION)
    assert (batch.number, batch.content.encode()) == (1, path.read_bytes())


def test_killed_when_the_file_is_there_and_not_noted_the_next_run_writes_the_same(committed_db, folder):
    debited()
    with killed_when_it_comes_to(committed_db, folder, "payments_taxbatch", "UPDATE"):
        (path,) = folder.iterdir()
        before = path.read_bytes()
    assert TaxBatch.objects.get().written_at is None
    ((batch, again),) = batches.export(act=AFTER_UNDO, region=REGION)
    assert (again, again.read_bytes(), batch.number) == (path, before, 1)
    assert list(batches.export(act=AFTER_UNDO, region=REGION)) == []


@contextmanager
def killed_when_it_comes_to(database: str, folder, table: str, event: str) -> Iterator[None]:
    """Run the command in a process and kill it -9 while it writes to a table; what is done inside sees it killed."""
    with connection.cursor() as cursor:
        cursor.execute(STAY.format(table=table, event=event))
    environment = os.environ | {"DATABASE_URL": databases.url_of(database), "YIBAO_TAX_OFFICE": str(folder)}
    command = [sys.executable, "manage.py", "export_premiums", "--region", REGION]
    process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        wait_until(lambda: bool(_staying()), unless=lambda: process.poll() is not None)
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT pg_terminate_backend(pid) FROM ({STAYS}) backend")
        wait_until(lambda: not _staying())
        cursor.execute(f"DROP TRIGGER stay ON {table}; DROP FUNCTION stay()")
    yield


def _staying() -> list[tuple[int]]:
    with connection.cursor() as cursor:
        cursor.execute(STAYS)
        return cursor.fetchall()
