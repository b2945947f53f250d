"""A case that several tests read is lived through once."""

from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest

from accounts.policies import registry
from tests import databases


class Lived(NamedTuple):
    """The database in which a case was lived through, its rules, and what `live` returned."""

    database: str
    rules: registry._Cache
    returned: Any


@pytest.fixture(scope="class")
def lived_case(request, policies_template, django_db_blocker) -> Iterator[Lived]:
    """What the class tells with its `live`, in a database of its own. Named, not opened."""
    name = f"{policies_template}_case"
    with django_db_blocker.unblock(), databases.copied(policies_template, name, tablespace=databases.in_memory()):
        with databases.database(name):
            returned, rules = request.cls.live(), registry._read()
        yield Lived(name, rules, returned)


@pytest.fixture
def lived(policies_loaded, lived_case) -> Any:
    """What the case of the class returned when it was lived through, once for all its tests."""
    return lived_case.returned


@pytest.fixture
def policies_loaded(request, policies_template, shipped_rules, django_db_blocker) -> Iterator[None]:
    """As everywhere; where the test asks for a case that was lived, it lies behind."""
    name, rules = policies_template, shipped_rules
    if "lived" in request.fixturenames:
        name, rules, _ = request.getfixturevalue("lived_case")
    with django_db_blocker.unblock(), databases.rolled_back(name, rules):
        yield
