"""Two counters are handed the same invoice at the same moment: one pays. Without the database's rule both would."""

from itertools import count

import pytest
from django.db import connection

from accounts.codes import InstitutionKind
from accounts.ledger.verify import findings
from payments.models import Reimbursement
from payments.reimbursements.operations import reimburse
from payments.reimbursements.rules import Invoice, Visit
from tests.accounts.operations.life_kit import Desk
from tests.concurrency import all_at_once, is_lost
from tests.factories.family import RUIAN, TODAY, ZHOUSHAN, bond, insured

pytestmark = [pytest.mark.usefixtures("committed_db"), pytest.mark.chaos]

VISIT = Visit(issuer_code="H33090100001", issuer_name="卫生院", institution_kind=InstitutionKind.HOSPITAL, level=1)
_numbers = count(1)


@pytest.fixture
def race(committed_db):
    """Return a race for one invoice between two families, which says what each was told."""
    act, families = Desk().act(TODAY), []
    for _ in range(2):
        payer, parent = insured(RUIAN, carried=1000_00), insured(ZHOUSHAN, resident=True)
        bond(payer, parent)
        families.append({"payer": payer, "person": parent})

    def run() -> list[str]:
        invoice = Invoice(f"0330026{next(_numbers):05d}", TODAY, 1_00)
        asked = {"act": act, "region": RUIAN, "visit": VISIT, "invoices": [invoice], "payee": "尾号1234"}
        return [
            str(said)
            for said in all_at_once(*(lambda own=own: reimburse(**asked, **own) for own in families), told=str)
        ]

    return run


def test_one_of_two_counters_pays_an_invoice(race):
    assert sum("只报一次" in said for said in race()) == 1
    assert Reimbursement.objects.count() == 1
    assert list(findings()) == []


def test_without_the_databases_rule_both_pay(race):
    with connection.cursor() as cursor:
        cursor.execute("DROP INDEX reimbursed_invoice_once")
    assert is_lost(lambda: not any("只报一次" in said for said in race()))
