"""A day for the pages: 20 November 2026, six in the evening, in Shanghai; the counters of 瑞安; an employee with a past."""

from collections.abc import Iterator
from datetime import datetime

import pytest
from django.core.management import call_command

from accounts.models import Person
from tests import databases
from tests.accounts.citizen_pages import worker
from yibao.lib import clock

NOW = datetime(2026, 11, 20, 18, 0, tzinfo=clock.SHANGHAI)


@pytest.fixture
def november(monkeypatch: pytest.MonkeyPatch) -> datetime:
    """Let every door believe that it is this day; sessions and the database keep the real time."""
    monkeypatch.setattr(clock, "now", lambda: NOW)
    return NOW


@pytest.fixture
def own_files(settings, tmp_path, monkeypatch) -> None:
    """The heads outside the database, and a keyring, of this test alone."""
    settings.VAR = tmp_path
    monkeypatch.delenv("YIBAO_KEYRING", raising=False)


@pytest.fixture(scope="session")
def counters_template(policies_template, django_db_blocker) -> Iterator[str]:
    """A database with the rules and the counters that ship. Named, not opened."""
    name = f"{policies_template}_counters"
    with django_db_blocker.unblock(), databases.copied(policies_template, name):
        with databases.database(name):
            call_command("load_offices", verbosity=0)
        yield name


@pytest.fixture
def counters_loaded(counters_template, shipped_rules, django_db_blocker) -> Iterator[None]:
    """Work where the counters are loaded; what the test writes is undone."""
    with django_db_blocker.unblock(), databases.rolled_back(counters_template, shipped_rules):
        yield


@pytest.fixture(scope="session")
def employee_template(policies_template, django_db_blocker) -> Iterator[str]:
    """A database with the rules and the employee of citizen_pages. Named, not opened."""
    name = f"{policies_template}_employee"
    with django_db_blocker.unblock(), databases.copied(policies_template, name):
        with databases.database(name), pytest.MonkeyPatch.context() as patch:
            patch.setattr(clock, "now", lambda: NOW)
            worker()
        yield name


@pytest.fixture
def policies_loaded(request, policies_template, shipped_rules, django_db_blocker) -> Iterator[None]:
    """As everywhere; where the test asks for the employee, they have lived already."""
    name = request.getfixturevalue("employee_template") if "employee" in request.fixturenames else policies_template
    with django_db_blocker.unblock(), databases.rolled_back(name, shipped_rules):
        yield


@pytest.fixture
def employee(policies_loaded) -> Person:
    """The worker() of citizen_pages, whose two years were lived through once for all tests."""
    return Person.objects.earliest("pk")
