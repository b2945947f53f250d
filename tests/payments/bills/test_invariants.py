"""The verification names bills that say something else than the books, whoever with all rights has written them."""

from datetime import date

import pytest
from django.db import connection

from accounts.ledger import reversing
from accounts.ledger.verify import findings
from payments.bills import operations
from payments.bills.invariants import INVARIANTS
from payments.models import Bill
from tests.factories.acts import act_on
from tests.payments.bills.test_operations import pay
from tests.personas import give, insured

pytestmark = pytest.mark.usefixtures("policies_loaded")

DAY = date(2025, 3, 3)
WITHIN, WITH_BILL = INVARIANTS


@pytest.fixture
def bill():
    person = insured()
    give(person, 100_00, on=DAY, key="give")
    return pay(person, 130_00, "b1", on=DAY)


def found() -> dict[str, tuple[dict[str, object], ...]]:
    return {finding.invariant: finding.rows for finding in findings()}


def tamper(sql: str) -> None:
    with connection.cursor() as cursor:
        connection.check_constraints()
        cursor.execute("ALTER TABLE payments_bill DISABLE TRIGGER USER")
        cursor.execute(sql)
        connection.check_constraints()
        for name in ("no_rewrite", "no_truncate", "fits"):
            cursor.execute(f"ALTER TABLE payments_bill ENABLE ALWAYS TRIGGER payments_bill_{name}")


def test_more_given_back_than_was_paid(bill):
    back = operations.refund(act=act_on(DAY), bill=bill, bill_no="r1", amount_fen=60_00, reason="退药")
    assert found() == {}
    tamper(f"UPDATE payments_bill SET amount_fen = 13001 WHERE id = {back.pk}")
    assert [row["bill"] for row in found()[WITHIN]] == [bill.pk]


def test_a_voucher_of_a_bill_reversed_past_the_bill(bill):
    back = reversing.reverse(act=act_on(DAY), voucher_id=bill.voucher_id, key="past it", reason="退药")
    assert found() == {WITH_BILL: ({"voucher": back.pk, "reverses_id": bill.voucher_id},)}


def test_a_trigger_that_was_taken_away(bill):
    with connection.cursor() as cursor:
        cursor.execute("DROP TRIGGER payments_bill_fits ON payments_bill")
    assert found()["防改写触发器都在"] == ({"trigger": "payments_bill_fits"},)


def test_every_invariant_has_been_broken_above_by_name():
    assert len(INVARIANTS) == 2
    assert Bill.objects.count() == 0
