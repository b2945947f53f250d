"""Bills of an earlier release: their key becomes their number, their kind follows from the place, refunds become rows."""

from datetime import date

import pytest
from django.core.management import call_command
from django.db import connection

from accounts import triggers
from accounts.ledger.errors import AlreadyReversedError
from accounts.ledger.verify import findings
from accounts.models import Person, Voucher
from payments.bills import operations
from payments.models import Bill
from tests.factories.acts import act_on
from tests.personas import ZHOUSHAN, give, insured, reverse, spend

pytestmark = [pytest.mark.usefixtures("committed_db"), pytest.mark.chaos]

DAY = date(2025, 3, 3)
BEFORE = "0003_tax_office_batches"


def old_bill(person: Person, voucher: Voucher | None, place: str, key: str, cash_fen: int) -> None:
    """Write a bill as the earlier release did."""
    with connection.cursor() as cursor:
        cursor.execute(
            """INSERT INTO payments_bill (institution_id, person_id, region, "on", amount_fen, account_fen, key, voucher_id)
               SELECT id, %s, region, %s, %s, %s, %s, %s FROM payments_institution WHERE code = %s""",
            [person.pk, DAY, 30_00 + cash_fen, 30_00 if voucher else 0, key, voucher and voucher.pk, place],
        )


def test_bills_of_an_earlier_release_are_numbered_and_their_refunds_become_rows():
    call_command("migrate", "payments", BEFORE, verbosity=0)
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
    back = reverse(given_back, on=DAY, key="refund")
    call_command("migrate", verbosity=0)
    said = Bill.objects.order_by("pk").values_list("bill_no", "kind", "amount_fen", "account_fen", "reverses__bill_no")
    assert list(said) == [
        ("k1", "purchase", 35_00, 30_00, None),
        ("k2", "outpatient", 35_00, 30_00, None),
        ("k3", "outpatient", 31_00, 0, None),
        (f"冲正{back.pk}", "outpatient", 35_00, 30_00, "k2"),
    ]
    assert not triggers.missing()
    assert list(findings()) == []
    again = {"act": act_on(DAY), "reason": "退药"}
    assert operations.refund(**again, bill=Bill.objects.get(bill_no="k1"), bill_no="r1").account_fen == 30_00
    with pytest.raises(AlreadyReversedError):
        operations.refund(**again, bill=Bill.objects.get(bill_no="k2"), bill_no="r2")
