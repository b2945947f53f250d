"""`verify_ledger` finds bonds that stand, or ended, otherwise than their history says."""

import pytest
from django.db import connection

from accounts.ledger.verify import findings
from family.invariants import INVARIANTS
from family.operations import bonds, ending, undoing
from tests.factories.family import ACT, bond, insured

pytestmark = pytest.mark.usefixtures("policies_loaded")
AGREES = next(name for name in INVARIANTS if "状态和经过" in name)


def told_about() -> list[object]:
    return [row["bond"] for finding in findings() if finding.invariant == AGREES for row in finding.rows]


def tamper(statement: str, *values: object) -> None:
    connection.check_constraints()
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE family_bond DISABLE TRIGGER USER")
        cursor.execute(statement, values)
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")
        cursor.execute("ALTER TABLE family_bond ENABLE TRIGGER USER")
        cursor.execute("ALTER TABLE family_bond ENABLE ALWAYS TRIGGER family_bond_event")


def test_what_happens_to_a_bond_agrees_with_its_history():
    payer = insured(carried=1_00)
    given = bond(payer, insured())
    bonds.suspend(act=ACT, payer=payer, bond_id=given.pk)
    bonds.resume(act=ACT, payer=payer, bond_id=given.pk)
    assert told_about() == []
    event = ending.remove(act=ACT, payer=payer, bond_id=given.pk)
    assert told_about() == []
    undoing.undo(act=ACT, person=payer, event_id=event.pk)
    assert told_about() == []


def test_a_bond_that_was_switched_on_again_is_named():
    payer = insured(carried=1_00)
    given = bond(payer, insured())
    ending.remove(act=ACT, payer=payer, bond_id=given.pk)
    tamper("UPDATE family_bond SET state = 'active', end_reason = '' WHERE id = %s", given.pk)
    assert told_about() == [given.pk]


def test_a_bond_that_was_ended_without_an_event_is_named():
    given = bond(insured(carried=1_00), insured())
    tamper("UPDATE family_bond SET state = 'ended', end_reason = 'removed' WHERE id = %s", given.pk)
    assert told_about() == [given.pk]


def test_a_bond_without_a_history_is_named():
    given = bond(insured(carried=1_00), insured())
    tamper("ALTER TABLE family_event DISABLE TRIGGER USER")
    tamper("DELETE FROM family_event WHERE bond_id = %s", given.pk)
    assert told_about() == [given.pk]
