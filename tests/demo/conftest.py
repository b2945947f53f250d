"""Where the demo's people live."""

from collections.abc import Iterator

import pytest
from django.db import transaction

from tests import databases


@pytest.fixture
def demo(demo_template, django_db_blocker) -> Iterator[None]:
    """Work where the demo's people live; what the test writes is undone."""
    with django_db_blocker.unblock(), databases.database(demo_template), transaction.atomic():
        yield
        transaction.set_rollback(True)
