"""Two counters are handed the same invoice at the same moment: one pays, whichever code of its issuer is typed.

Without what keeps it from that both would pay.
"""

import re
from dataclasses import replace
from itertools import count

import pytest
from django.db import connection

from accounts.codes import InstitutionKind
from accounts.ledger.verify import findings
from payments.models import Reimbursement
from payments.reimbursements import operations
from payments.reimbursements.rules import Invoice, Visit
from tests.accounts.operations.life_kit import Desk
from tests.concurrency import ROUNDS, all_at_once, is_lost
from tests.factories.family import RUIAN, TODAY, ZHOUSHAN, bond, insured

pytestmark = [pytest.mark.usefixtures("committed_db"), pytest.mark.chaos]

VISIT = Visit(issuer_code="H33090100001", issuer_name="卫生院", institution_kind=InstitutionKind.HOSPITAL, level=1)
OTHER_CODE = replace(VISIT, issuer_code="123309014721234567")
ONE_PAYS = "一张发票只报一次|可能是同一张"
_numbers = count(1)


@pytest.fixture
def race(committed_db):
    """Return a race for one invoice between two families, typed as these visits; which says how often it was paid."""
    act, families = Desk().act(TODAY), []
    for _ in range(2):
        payer, parent = insured(RUIAN, carried=1000_00), insured(ZHOUSHAN, resident=True)
        bond(payer, parent)
        families.append({"payer": payer, "person": parent})

    def run(*visits: Visit) -> int:
        invoice = Invoice(f"0330026{next(_numbers):05d}", TODAY, 1_00)
        asked = {"act": act, "region": RUIAN, "invoices": [invoice], "payee": "尾号1234"}
        said = all_at_once(
            *(
                lambda own=own, visit=visit: operations.reimburse(**asked, **own, visit=visit)
                for own, visit in zip(families, visits, strict=True)
            ),
            told=str,
        )
        paid = sum(isinstance(one, Reimbursement) for one in said)
        assert all(isinstance(one, Reimbursement) or re.search(ONE_PAYS, one) for one in said)
        return paid

    return run


@pytest.mark.parametrize("second", [VISIT, OTHER_CODE], ids=["the same code", "another code of its issuer"])
def test_one_of_two_counters_pays_an_invoice(race, second):
    assert [race(VISIT, second) for _ in range(3 * ROUNDS)] == [1] * 3 * ROUNDS
    assert list(findings()) == []


def unlocked(invoices: object) -> None:
    """Stand in for the lock on invoices of a day and amount."""


def test_the_database_keeps_it_from_two_whatever_was_looked_at_before(race, monkeypatch):
    monkeypatch.setattr(operations, "_lock_invoices", unlocked)
    assert [race(VISIT, VISIT) for _ in range(3 * ROUNDS)] == [1] * 3 * ROUNDS


@pytest.mark.parametrize("second", [VISIT, OTHER_CODE], ids=["the same code", "another code of its issuer"])
def test_without_either_both_pay(race, monkeypatch, second):
    monkeypatch.setattr(operations, "_lock_invoices", unlocked)
    with connection.cursor() as cursor:
        cursor.execute("DROP INDEX reimbursed_invoice_once")
    assert is_lost(lambda: race(VISIT, second) == 2)
