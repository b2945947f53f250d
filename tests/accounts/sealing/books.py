"""Books that are sealed, and somebody who owns the database and may switch its triggers off."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from io import StringIO
from pathlib import Path
from typing import NamedTuple

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from django.test import override_settings

from accounts import triggers
from accounts.identity import audit
from accounts.ledger.legs import LEGS
from accounts.models import AuditEvent, Transfer, Voucher
from accounts.operations import seals
from accounts.policies import registry
from tests import databases
from tests.factories.acts import act_now
from tests.personas import give, insured

TABLES = {"voucher": Voucher, "transfer": Transfer, "auditevent": AuditEvent}

# What makes the books agree again, whatever was done to them: every running balance and every pot anew.
MENDED = (
    *(
        f"UPDATE accounts_transfer t SET {side}_balance_fen = running.balance FROM ("
        f"SELECT pot, id, sum(change) OVER (PARTITION BY pot ORDER BY id) AS balance FROM ({LEGS}) leg) running "
        f"WHERE running.id = t.id AND running.pot = t.{side}_id"
        for side in ("source", "target")
    ),
    f"UPDATE accounts_pot p SET balance_fen = coalesce((SELECT sum(change) FROM ({LEGS}) leg WHERE leg.pot = p.id), 0) "
    "WHERE person_id IS NOT NULL",
)


class Books(NamedTuple):
    """The database that holds books, and the folder of the files beside it: heads and keyring."""

    database: str
    folder: Path


@contextmanager
def written_once(template: str, folder: Path, live: Callable[[], None]) -> Iterator[Books]:
    """Let `live` write books, in a copy of a database, to be opened by many tests."""
    name = f"{template}_books"
    with databases.copied(template, name, tablespace=databases.in_memory()):
        with databases.database(name), override_settings(VAR=folder), pytest.MonkeyPatch.context() as patch:
            patch.delenv("YIBAO_KEYRING", raising=False)
            live()
        yield Books(name, folder)


@contextmanager
def opened(books: Books, folder: Path, rules: registry._Cache) -> Iterator[None]:
    """Work on the books, with the test's own copies of the files; what it writes is undone."""
    shutil.copytree(books.folder, folder, dirs_exist_ok=True)
    with databases.rolled_back(books.database, rules):
        yield


def seal():
    return seals.seal(act=act_now())


def give_something(times: int = 3, name: str = "give") -> None:
    person = insured()
    for n in range(times):
        give(person, 1_000, on=date(2025, 3, 3), key=f"{name} {n}")
        audit.record(act=act_now(), verb="lookup", subject=person)
    connection.check_constraints()


def as_owner(*statements: str) -> None:
    """Do what the triggers refuse, as somebody does who may switch them off and puts them back, leaving no trace."""
    tables = [f"accounts_{name}" for name in (*TABLES, "approval", "casescan", "seal")]
    with transaction.atomic(), connection.cursor() as cursor:
        connection.check_constraints()
        for table in tables:
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER ALL")
        for statement in statements:
            cursor.execute(statement)
        for table in tables:
            ours = [name for of, name, _ in triggers.triggers() if of == table]
            always = "".join(f", ENABLE ALWAYS TRIGGER {name}" for name in ours)
            cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER ALL{always}")
    connection.check_constraints()


def refusal(*arguments: str) -> str:
    """Return what verify_seals says first; it must find something."""
    with pytest.raises(CommandError) as refused:
        call_command("verify_seals", *arguments, stdout=StringIO())
    assert refused.value.returncode == 1
    return str(refused.value).splitlines()[0]


def said(*arguments: str) -> str:
    """Return what a command that finds nothing wrong prints."""
    out = StringIO()
    call_command(*arguments, stdout=out)
    return out.getvalue()
