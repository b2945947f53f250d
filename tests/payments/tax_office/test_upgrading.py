"""Batches that older code made: their content is still there, byte for byte, after it has moved to a row of its own."""

import pytest
from django.core.management import call_command
from django.db import connection

from accounts.sealing.fields import seal
from payments.models import TaxBatch
from tests import databases

OLD = "0005_reminders_and_reports"


@pytest.fixture
def old(django_db_setup, django_db_blocker):
    """A database of its own, with the tables from before the content had a row of its own."""
    name = f"{connection.creation._get_test_db_name()}_batches"
    with django_db_blocker.unblock(), databases.copied("template1", name), databases.database(name):
        call_command("migrate", "payments", OLD, verbosity=0)
        yield name


def test_a_batch_keeps_its_content(old):
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO payments_taxbatch (no, region, premium_year, number, rows, sum_fen, digest, content, actor,"
            " made_at) VALUES ('350500-2027-0001', '350500', 2027, 1, 1, 40000, 'x', %s, 'system:test', now())",
            [seal("whole", "taxbatch:content")],
        )
    call_command("migrate", "payments", verbosity=0)
    assert TaxBatch.objects.get().file.content == "whole"
