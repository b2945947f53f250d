"""With the application's role nobody is let at anybody's money without an event that both sides can read."""

from datetime import date

import pytest
from django.db import connection, transaction

from accounts import triggers
from accounts.ledger.verify import findings
from family.models import Bond
from family.operations import bonds, closing, ending, undoing
from tests.factories.family import ACT, bond, insured
from tests.security.test_role import REFUSED

pytestmark = pytest.mark.usefixtures("committed_db")  # an event counts in the transaction that wrote it

COLUMNS = (
    "payer_id, region, relation, scopes, place, from_on, state, state_at, end_reason, temporary, declared, consent"
)


def as_application(statement: str, *values: object) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL ROLE {triggers.ROLE}")
        cursor.execute(statement, values)


def is_refused(statement: str, *values: object) -> bool:
    with pytest.raises(REFUSED, match="has an event"):
        as_application(statement, *values)
    return True


def test_nobody_is_let_at_more_money_without_an_event():
    given = bond(insured(carried=1_00), insured(), limit_fen=100, until_on=date(2026, 12, 31), declared=True)
    for change in (
        "limit_fen = 99999999",
        "limit_fen = NULL",
        "until_on = '2099-01-01'",
        "until_on = NULL",
        "scopes = '{medical,premium}'",
        "from_on = '2020-01-01'",
        "declared = false",
    ):
        assert is_refused(f"UPDATE family_bond SET {change} WHERE id = %s", given.pk)
    as_application("UPDATE family_bond SET limit_fen = 50, place = 2 WHERE id = %s", given.pk)
    bonds.set_limit(act=ACT, payer=given.payer, bond_id=given.pk, limit_fen=200)
    assert Bond.objects.get(pk=given.pk).limit_fen == 200


def test_nobody_is_let_at_money_without_an_event():
    payer, accomplice = insured(carried=1_00), insured()
    given = bond(payer, insured())
    assert is_refused("UPDATE family_bond SET user_id = %s WHERE id = %s", accomplice.pk, given.pk)
    assert is_refused("UPDATE family_bond SET payer_id = %s WHERE id = %s", accomplice.pk, given.pk)
    assert is_refused(
        f"INSERT INTO family_bond ({COLUMNS}, user_id) SELECT {COLUMNS}, %s FROM family_bond WHERE id = %s",
        accomplice.pk,
        given.pk,
    )
    bonds.suspend(act=ACT, payer=payer, bond_id=given.pk)
    assert is_refused("UPDATE family_bond SET state = 'active' WHERE id = %s", given.pk)
    ending.remove(act=ACT, payer=payer, bond_id=given.pk)
    for state in ("active", "suspended"):
        assert is_refused(f"UPDATE family_bond SET state = '{state}', end_reason = '' WHERE id = %s", given.pk)


def test_a_closing_that_is_undone_lets_all_its_bonds_stand_again():
    payer = insured(carried=1_00)
    first, second = bond(payer, insured()), bond(payer, insured())
    event = closing.close_family(act=ACT, payer=payer, region=first.region)
    undoing.undo(act=ACT, person=payer, event_id=event.pk)
    assert {one.state for one in Bond.objects.filter(pk__in=[first.pk, second.pk])} == {"active"}
    assert list(findings()) == []
