"""Databases beside pytest-django's: one with every region's rules, and fresh copies of it to be written to for good.

The ledger refuses DELETE and TRUNCATE, so a committed test cannot be cleaned up by a flush. It gets a database of its
own instead: copying one takes a fraction of a second, dropping it is the clean-up.

What takes long to fill is filled once for what it is made of (`stored`), and copied by every worker and every later run.
"""

import hashlib
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import date
from functools import cache
from pathlib import Path

import psycopg
from django.conf import settings
from django.contrib.contenttypes.models import ContentType
from django.core.management import call_command
from django.db import connection, transaction
from django.db.migrations.executor import MigrationExecutor

from accounts.policies import registry
from accounts.policies.loading import load
from accounts.policies.preset_files import shipped
from accounts.sealing import keyring
from tests.factories.acts import act_on
from yibao.lib import clock

APPS = ("accounts", "family", "payments")
PUBLISHED = date(2016, 12, 30)  # before everything that tests tell: a rule published since is looked into anew


@contextmanager
def database(name: str) -> Iterator[None]:
    """Let this process, all threads of it, work on another database of the same server."""
    before = connection.settings_dict["NAME"]
    _turn_to(name)
    try:
        yield
    finally:
        _turn_to(before)


_open: dict[str, psycopg.Connection] = {}  # sessions that wait for the next test on their database


@contextmanager
def session(name: str) -> Iterator[None]:
    """As `database`, in one session from test to test; what a test does in it must be rolled back.

    A new session reads the catalogue of every table and compiles every trigger again, which takes longer than most tests.
    """
    with database(name):
        connection.connection = _open.pop(name, None)
        yield
        if connection.connection is not None and connection.is_usable():
            _open[name], connection.connection = connection.connection, None


def _end_session(name: str) -> None:
    if name in _open:
        _open.pop(name).close()


def _turn_to(name: str) -> None:
    connection.close()
    connection.settings_dict["NAME"] = name
    registry.invalidate()
    ContentType.objects.clear_cache()  # numbered anew in each database


@contextmanager
def rolled_back(name: str, rules: registry._Cache) -> Iterator[None]:
    """Let a test work on a database whose rules were read before; what it writes is undone, after a check."""
    around = transaction.atomic()
    around._from_testcase = True  # what is durable in production is let into the test's transaction, as Django's own do
    with session(name), around:
        registry._cache, registry._checked = rules, time.monotonic()
        yield
        if connection.connection.info.transaction_status.name == "INTRANS":  # and not broken by what failed
            connection.check_constraints()
        transaction.set_rollback(True)


@contextmanager
def copied(template: str, name: str, *, tablespace: str = "pg_default") -> Iterator[str]:
    """Make a database as a copy of another; drop it afterwards, whoever is still connected."""
    create(name, template, tablespace)
    try:
        yield name
    finally:
        drop(name)


def migrated() -> str:
    """Return the stored database in which every migration was run and nothing that `migrate` does besides.

    Migrations take longest, and change rarely: it is kept until one of them does.
    """

    def fill() -> None:
        executor = MigrationExecutor(connection)
        executor.migrate(executor.loader.graph.leaf_nodes())

    return stored("migrated", "template1", fill, of=migrations())


def tables() -> str:
    """Return the stored database as `migrate` leaves it: with triggers, content types and permissions of today's code."""
    return stored("tables", migrated(), lambda: call_command("migrate", verbosity=0))


def rules() -> str:
    """Return the stored database that holds every shipped region's rules and nothing else."""
    return stored("rules", tables(), lambda: load(act=act_on(PUBLISHED), paths=shipped()))


def demo() -> str:
    """Return the stored database with the rules, the counters, and the demo people with their years of history."""

    def fill() -> None:
        call_command("load_offices", verbosity=0)
        call_command("seed_demo", verbosity=0)

    return stored("demo", rules(), fill)


def stored(what: str, template: str, fill: Callable[[], None], *, of: str = "") -> str:
    """Return the name of a database that is filled once and then only copied; that of older code is dropped.

    One worker fills it, the others wait. It gets its name when it is full: a run that was broken off leaves none.

    of: digest of what it depends on, where that is less than all code, the keys and the day.
    """
    name, new = f"yibao_{what}_{of or _everything()}", f"yibao_{what}_new"
    with psycopg.connect(**_server(), dbname="postgres", autocommit=True) as server:
        server.execute("SELECT pg_advisory_lock(hashtext(%s))", [what])
        found = server.execute("SELECT datname FROM pg_database WHERE datname LIKE %s", [f"yibao_{what}_%"])
        there = {row[0] for row in found.fetchall()}
        if name not in there:
            for old in there:
                drop(old)
            create(new, template)
            with database(new):
                fill()
            server.execute(f'ALTER DATABASE "{new}" RENAME TO "{name}"')
    return name


@cache
def migrations() -> str:
    """Return a digest of what migrations make of an empty database: they, what they import, and the packages."""
    found = [path for app in APPS for path in (settings.BASE_DIR / app / "migrations").iterdir()]
    return _digest([settings.BASE_DIR / "accounts/sealing/fields.py", *found])


@cache
def _everything() -> str:
    """Return a digest of the code, its packages, the keys and the day."""
    found = [path for folder in (*APPS, "yibao") for path in (settings.BASE_DIR / folder).rglob("*")]
    return _digest(found, f"{clock.today()} {sorted(keyring.load().masters)}")


def _digest(files: list[Path], more: str = "") -> str:
    digest = hashlib.sha256(more.encode())
    for path in sorted([Path(__file__), settings.BASE_DIR / "requirements.txt", *files]):
        if path.is_file() and path.suffix != ".pyc":
            digest.update(f"{path.relative_to(settings.BASE_DIR)}\n".encode() + path.read_bytes())
    return digest.hexdigest()[:16]


def create(name: str, template: str, tablespace: str = "pg_default") -> None:
    """Copy a database. PostgreSQL copies only what nobody uses: sessions that a test left behind are ended."""
    drop(name)
    _end_session(template)
    while True:
        _administer(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{template}'")
        with suppress(psycopg.errors.ObjectInUse):  # waits for sessions that end, five seconds
            _administer(f'CREATE DATABASE "{name}" TEMPLATE "{template}" STRATEGY file_copy TABLESPACE {tablespace}')
            break


def drop(name: str) -> None:
    _end_session(name)
    _administer(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


MEMORY, ROOM = Path("/dev/shm"), 2 << 30  # bytes that must be free there; all workers' copies take a tenth


@cache
def in_memory() -> str:
    """Return a tablespace in memory, for copies that live as long as a test; the usual one where there is no room.

    On a disk without a journal, ext4 looks through all that it deleted in the last minutes for every file it makes:
    copying a database's nine hundred files soon took longer than most tests.
    """
    if not _server()["host"].startswith("/"):  # another machine's server, it may be
        return "pg_default"
    with psycopg.connect(**_server(), dbname="postgres", autocommit=True) as server:
        server.execute("SELECT pg_advisory_lock(hashtext('in memory'))")
        data = str(server.execute("SHOW data_directory").fetchone()[0])
        folder = MEMORY / f"yibao{data.replace('/', '-')}"
        known = server.execute("SELECT FROM pg_tablespace WHERE spcname = 'in_memory'").fetchone() is not None
        if known and folder.exists():
            return "in_memory"
        if known or not MEMORY.exists() or shutil.disk_usage(MEMORY).free < ROOM:
            return "pg_default"  # known and not there: the machine was started anew
        shutil.rmtree(folder, ignore_errors=True)  # of a server that is no more
        folder.mkdir(mode=0o700)
        shutil.chown(folder, Path(data).stat().st_uid)
        server.execute(f"CREATE TABLESPACE in_memory LOCATION '{folder}'")
    return "in_memory"


def url_of(name: str) -> str:
    """Return the DATABASE_URL by which another process reaches the database."""
    at = _server()
    login = f"{at.get('user', '')}:{at.get('password', '')}"
    if at["host"].startswith("/"):
        return f"postgresql://{login}@/{name}?host={at['host']}"
    return f"postgresql://{login}@{at['host']}:{at.get('port', 5432)}/{name}"


def _server() -> dict[str, str]:
    parameters = connection.get_connection_params()
    return {key: str(parameters[key]) for key in ("host", "port", "user", "password") if parameters.get(key)}


def _administer(statement: str) -> None:
    with psycopg.connect(**_server(), dbname="postgres", autocommit=True) as server:
        server.execute(statement)
