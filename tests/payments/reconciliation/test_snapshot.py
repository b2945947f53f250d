"""A report that takes a while says what was true at one instant."""

import pytest
from django.db import DatabaseError

from accounts.models import Person
from payments.reconciliation.snapshot import snapshot
from tests.concurrency import in_a_session_of_its_own
from tests.factories.people import PersonFactory

pytestmark = pytest.mark.usefixtures("committed_db")


def test_what_comes_in_meanwhile_is_not_seen():
    with snapshot():
        before = Person.objects.count()
        in_a_session_of_its_own(PersonFactory).join()
        assert Person.objects.count() == before
    assert Person.objects.count() == before + 1


def test_nothing_can_be_written_inside():
    with pytest.raises(DatabaseError, match="read-only"), snapshot():
        PersonFactory()
