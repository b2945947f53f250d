"""What an earlier release wrote of bills and batches, after one `migrate` to the tables of today."""

from collections.abc import Iterator
from datetime import date

import pytest
from django.core.management import call_command
from django.db import connection

from accounts import triggers
from accounts.ledger.errors import AlreadyReversedError
from accounts.ledger.verify import findings
from accounts.models import Person, Voucher
from accounts.sealing.fields import seal
from payments.bills import operations
from payments.models import Bill, TaxBatch
from tests import databases
from tests.factories.acts import act_on
from tests.personas import ZHOUSHAN, give, insured, reverse, spend

DAY = date(2025, 3, 3)
BEFORE = "0003_tax_office_batches"


@pytest.fixture(scope="module")
def upgraded(policies_template, django_db_blocker) -> Iterator[Voucher]:
    """A database that an earlier release wrote to, migrated; yields the voucher of its one refund."""
    name = f"{policies_template}_upgraded"
    with django_db_blocker.unblock(), databases.copied(policies_template, name), databases.database(name):
        call_command("migrate", "payments", BEFORE, verbosity=0)
        back = old_bills()
        old_batch()
        call_command("migrate", verbosity=0)
        yield back


def old_bills() -> Voucher:
    """Write a bill at a pharmacy, one at a hospital that is given back, one in cash; return the voucher of the refund."""
    person = insured()
    give(person, 100_00, on=DAY, key="give")
    with connection.cursor() as cursor:
        cursor.execute(
            """INSERT INTO payments_institution (code, name, kind, level, region)
               VALUES ('H1', '临城医院', 'hospital', 1, %(region)s), ('P1', '海岛药房', 'pharmacy', 0, %(region)s)""",
            {"region": ZHOUSHAN},
        )
    paid, given_back = (spend(person, 30_00, on=DAY, key=f"bill:{key}") for key in ("k1", "k2"))
    old_bill(person, paid, "P1", "k1", 5_00)
    old_bill(person, given_back, "H1", "k2", 5_00)
    old_bill(person, None, "H1", "k3", 1_00)
    return reverse(given_back, on=DAY, key="refund")


def old_bill(person: Person, voucher: Voucher | None, place: str, key: str, cash_fen: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            """INSERT INTO payments_bill (institution_id, person_id, region, "on", amount_fen, account_fen, key, voucher_id)
               SELECT id, %s, region, %s, %s, %s, %s, %s FROM payments_institution WHERE code = %s""",
            [person.pk, DAY, 30_00 + cash_fen, 30_00 if voucher else 0, key, voucher and voucher.pk, place],
        )


def old_batch() -> None:
    """Write a batch whose content stands in its own row."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO payments_taxbatch (no, region, premium_year, number, rows, sum_fen, digest, content, actor,"
            " made_at) VALUES ('350500-2027-0001', '350500', 2027, 1, 1, 40000, 'x', %s, 'system:test', now())",
            [seal("whole", "taxbatch:content")],
        )


@pytest.fixture
def today(upgraded, django_db_blocker) -> Iterator[Voucher]:
    with django_db_blocker.unblock():
        yield upgraded


def test_bills_are_numbered_by_their_key_and_refunds_become_rows(today):
    said = Bill.objects.order_by("pk").values_list("bill_no", "kind", "amount_fen", "account_fen", "reverses__bill_no")
    assert list(said) == [
        ("k1", "purchase", 35_00, 30_00, None),
        ("k2", "outpatient", 35_00, 30_00, None),
        ("k3", "outpatient", 31_00, 0, None),
        (f"冲正{today.pk}", "outpatient", 35_00, 30_00, "k2"),
    ]
    assert not triggers.missing()
    assert [found.invariant for found in findings()] == [
        "交税务批次与批次里的代缴单一致"
    ]  # the batch stands alone here


def test_a_bill_is_given_back_and_one_that_was_is_not_again(today):
    again = {"act": act_on(DAY), "reason": "退药"}
    assert operations.refund(**again, bill=Bill.objects.get(bill_no="k1"), bill_no="r1").account_fen == 30_00
    with pytest.raises(AlreadyReversedError):
        operations.refund(**again, bill=Bill.objects.get(bill_no="k2"), bill_no="r2")


def test_a_batch_keeps_its_content_byte_for_byte(today):
    """It has moved to a row of its own."""
    assert TaxBatch.objects.get().file.content == "whole"
