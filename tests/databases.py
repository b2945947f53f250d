"""Databases beside pytest-django's: one with every region's rules, and fresh copies of it to be written to for good.

The ledger refuses DELETE and TRUNCATE, so a committed test cannot be cleaned up by a flush. It gets a database of its
own instead: copying one takes a fraction of a second, dropping it is the clean-up.
"""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import date

import psycopg
from django.contrib.contenttypes.models import ContentType
from django.core.management import call_command
from django.db import connection

from accounts.policies import registry
from accounts.policies.loading import load
from accounts.policies.preset_files import shipped
from tests.factories.acts import act_on

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


def _turn_to(name: str) -> None:
    connection.close()
    connection.settings_dict["NAME"] = name
    registry.invalidate()
    ContentType.objects.clear_cache()  # numbered anew in each database


@contextmanager
def copied(template: str, name: str) -> Iterator[str]:
    """Make a database as a copy of another; drop it afterwards, whoever is still connected."""
    create(name, template)
    try:
        yield name
    finally:
        drop(name)


@contextmanager
def with_rules(source: str, name: str) -> Iterator[str]:
    """Make a database that holds every shipped region's rules and nothing else; drop it afterwards."""
    with copied(source, name):
        with database(name):
            call_command("migrate", verbosity=0)
            load(act=act_on(PUBLISHED), paths=shipped())
        yield name


def create(name: str, template: str) -> None:
    """Copy a database. PostgreSQL copies only what nobody uses: sessions that a test left behind are ended."""
    drop(name)
    while True:
        _administer(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{template}'")
        with suppress(psycopg.errors.ObjectInUse):  # waits for sessions that end, five seconds
            _administer(f'CREATE DATABASE "{name}" TEMPLATE "{template}" STRATEGY file_copy')
            break


def drop(name: str) -> None:
    _administer(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


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
