"""Pytest plugin, loaded before Django: the embedded PostgreSQL and a Valkey for the whole test run; none for `-m unit`.

DATABASE_URL and REDIS_URL, when set, are used instead. Each xdist worker has its own test database (pytest-django)
and its own Redis database number.
"""

import atexit
import os
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

os.environ.setdefault("YIBAO_VAR", "var/test")
os.environ.setdefault("YIBAO_DEMO", "1")  # http on localhost; the deployment checks are tested with it off
os.environ.setdefault("YIBAO_REHEARSAL", "1")  # jobs may run on days to come
# On a busy machine a test waits; it does not fail for waiting.
os.environ.setdefault("DATABASE_TIMEOUTS", "-c lock_timeout=20min -c idle_in_transaction_session_timeout=20min")


def only_unit(config: pytest.Config) -> bool:
    """Return whether nothing is asked for but tests of pure code, which need no server."""
    return config.known_args_namespace.markexpr == "unit"


@pytest.hookimpl(wrapper=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> Iterator[None]:
    if not only_unit(early_config):
        start()
    return (yield)


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Leave modules without a unit test unread when only these run: importing them all would take most of the time."""
    if not only_unit(config):
        return None
    modules = collection_path.rglob("test_*.py") if collection_path.is_dir() else [collection_path]
    return None if any(b"mark.unit" in module.read_bytes() for module in modules) else True


def start() -> None:
    from yibao import servers

    if "DATABASE_URL" not in os.environ:
        with psycopg.connect(servers.ensure_postgres(), autocommit=True) as server:
            for setting in ("fsync", "full_page_writes", "synchronous_commit"):  # this machine does not lose its power
                server.execute(f"ALTER SYSTEM SET {setting} = off")
            server.execute("SELECT pg_reload_conf()")

    if "REDIS_URL" not in os.environ:
        valkey = servers.Valkey(servers.var() / "valkey", durable=False)
        valkey.start()
        atexit.register(valkey.stop)
        os.environ["REDIS_URL"] = valkey.url

    if worker := os.environ.get("PYTEST_XDIST_WORKER"):
        base = os.environ["REDIS_URL"].rsplit("/", 1)[0]
        os.environ["REDIS_URL"] = f"{base}/{int(worker.removeprefix('gw')) + 1}"
