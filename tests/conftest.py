"""What every test relies on."""

import logging
import os
from collections.abc import Iterator

import hypothesis
import pytest
from django.conf import settings
from django.core.signals import request_started
from django.db import connection
from hypothesis import HealthCheck

from accounts.policies import registry
from tests import databases
from tests.canary import Canary
from tests.concurrency import ROUNDS

# Pages name their files plainly: the manifest of collected files is made when the site is put up, not for tests.
settings.STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}

settings.STATIC_ROOT.mkdir(parents=True, exist_ok=True)  # WhiteNoise warns about a missing folder

# Passwords are hashed slowly on purpose; tests make many users and prove nothing about the hash.
settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


hypothesis.settings.register_profile(
    "patient", max_examples=50 * ROUNDS, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
hypothesis.settings.load_profile("patient")


# One worker fills the stored databases, the demo's last, while others are busy with what needs none of them. Then come
# folders of few and long tests: begun with, they leave no worker alone with one of them at the end.
FIRST = ("demo/test_months.py", "architecture", "chaos", "scenarios", "demo", "browser", "yibao")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    def place(item: pytest.Item) -> int:
        path = item.path.relative_to(settings.BASE_DIR / "tests").as_posix()
        return next((number for number, start in enumerate(FIRST) if path.startswith(start)), len(FIRST))

    items.sort(key=place)


@pytest.fixture
def transactional_db(transactional_db) -> Iterator[None]:
    """Let the flush after the test empty tables that refuse it. post_migrate, part of the flush, arms them again."""
    yield
    with connection.cursor() as cursor:
        cursor.execute("SELECT DISTINCT tgrelid::regclass::text FROM pg_trigger WHERE NOT tgisinternal")
        for (table,) in cursor.fetchall():
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings, django_db_blocker) -> None:
    """Let pytest-django copy a database in which every migration was run."""
    with django_db_blocker.unblock():
        connection.settings_dict["TEST"]["TEMPLATE"] = databases.tables()


@pytest.fixture(scope="session")
def policies_template(django_db_setup, django_db_blocker) -> Iterator[str]:
    """A database of this worker that holds every shipped region's rules and nothing else. Named, not opened."""
    with django_db_blocker.unblock():
        name = f"{connection.creation._get_test_db_name()}_policies"
        connection.close()
        with databases.copied(databases.rules(), name):
            yield name


@pytest.fixture(scope="session")
def shipped_rules(policies_template, django_db_blocker) -> registry._Cache:
    """What that database says, read once: parsing every region's rules takes longer than most tests."""
    with django_db_blocker.unblock(), databases.database(policies_template):
        return registry._read()


@pytest.fixture
def policies_loaded(policies_template, shipped_rules, django_db_blocker) -> Iterator[None]:
    """Work where the rules are loaded; what the test writes is undone, after the database has checked it."""
    with django_db_blocker.unblock(), databases.rolled_back(policies_template, shipped_rules):
        yield


@pytest.fixture
def committed_db(policies_template, django_db_blocker) -> Iterator[str]:
    """Work in a copy of its own, where commits are commits and other processes see them; return its name."""
    own = f"{policies_template}_committed"
    with (
        django_db_blocker.unblock(),
        databases.copied(policies_template, own, tablespace=databases.in_memory()),
        databases.database(own),
    ):
        yield own


@pytest.fixture(scope="session")
def demo_template(policies_template, django_db_blocker) -> Iterator[str]:
    """A database of this worker with every region's rules, the counters, and the demo people with their history."""
    name = f"{policies_template}_demo"
    with django_db_blocker.unblock(), databases.copied(databases.demo(), name):
        yield name


@pytest.fixture(scope="session")
def canary() -> Iterator[Canary]:
    """Listen during the whole suite; look at the broker and the database's log when it is over."""
    canary = Canary()
    logging.getLogger().addHandler(canary)
    request_started.connect(canary.look_at_address)
    yield canary
    if "REDIS_URL" in os.environ:  # tests of pure code run without
        canary.look_at_broker()
    canary.look_at_file(settings.VAR / "postgres" / "log")
    assert canary.captured == [], "something personal was left behind"


@pytest.fixture(autouse=True)
def _nothing_personal_is_captured(canary: Canary) -> Iterator[None]:
    if canary not in logging.getLogger().handlers:  # Celery's set-up and the like take all handlers away
        logging.getLogger().addHandler(canary)
    yield
    captured, canary.captured = canary.captured, []
    assert captured == [], "something personal stands in a log or in an address"


@pytest.fixture(autouse=True)
def _policies_of_this_test(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each test has its own transaction and so its own policy versions: never those of the test before.

    Nor does a request ask in its midst whether they have changed, as any may once a second: tests count queries. And
    the transaction around a test stands for none: else a test that loads rules would ask again at every look-up.
    """
    registry.invalidate()
    monkeypatch.setattr(registry, "_RECHECK_SECONDS", 3600.0)
    monkeypatch.setattr(registry, "_may_be_rolled_back", _in_transaction_of_its_own)


def _in_transaction_of_its_own() -> bool:
    return any(not block._from_testcase for block in connection.atomic_blocks)
