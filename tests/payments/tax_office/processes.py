"""Commands in processes of their own, killed -9 at a chosen write."""

import io
from collections.abc import Sequence
from pathlib import Path

from django.conf import settings
from django.core.management import call_command
from django.db import connection

from tests.chaos.process_pool import ready_process
from tests.concurrency import wait_until

# Whoever writes to the table stays there, inside of the transaction, until it is killed.
STAY = """
    CREATE FUNCTION stay() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(3600); RETURN NEW; END $$;
    CREATE TRIGGER stay BEFORE {event} ON {table} FOR EACH ROW EXECUTE FUNCTION stay()
"""
STAYS = "SELECT pid FROM pg_stat_activity WHERE wait_event = 'PgSleep' AND datname = current_database()"


def killed_when_it_comes_to(database: str, table: str, event: str, command: Sequence[str]) -> None:
    """Run a command in a process and kill it -9 while it writes to a table; its session is over when this returns."""
    with connection.cursor() as cursor:
        cursor.execute(STAY.format(table=table, event=event))
    process = ready_process(_run, database, settings.TAX_OFFICE_FOLDER, command)
    process.start()
    try:
        wait_until(lambda: bool(_staying()), unless=lambda: not process.is_alive())
    finally:
        process.kill()
        process.join()
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT pg_terminate_backend(pid) FROM ({STAYS}) backend")
        wait_until(lambda: not _staying())
        cursor.execute(f"DROP TRIGGER stay ON {table}; DROP FUNCTION stay()")


def _run(database: str, folder: Path, command: Sequence[str]) -> None:
    connection.settings_dict["NAME"] = database
    settings.TAX_OFFICE_FOLDER = folder
    call_command(*command, stdout=io.StringIO())


def _staying() -> list[tuple[int]]:
    with connection.cursor() as cursor:
        cursor.execute(STAYS)
        return cursor.fetchall()
