"""A report that takes a while says what was true at one instant."""

import threading

import pytest
from django.db import DatabaseError, connection

from accounts.models import Person
from payments.reconciliation.snapshot import snapshot
from tests.factories.people import PersonFactory

pytestmark = pytest.mark.usefixtures("committed_db")


def _comes_in_meanwhile() -> None:
    def work() -> None:
        try:
            PersonFactory()
        finally:
            connection.close()

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()


def test_what_comes_in_meanwhile_is_not_seen():
    with snapshot():
        before = Person.objects.count()
        _comes_in_meanwhile()
        assert Person.objects.count() == before
    assert Person.objects.count() == before + 1


def test_nothing_can_be_written_inside():
    with pytest.raises(DatabaseError, match="read-only"), snapshot():
        PersonFactory()
