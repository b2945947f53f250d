"""The verification finds every way in which somebody with all rights could falsify the books, and names the row."""

from datetime import date

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from accounts.ledger.verify import INVARIANTS, findings
from accounts.models import LifeEvent, Person, Pot, Transfer, Voucher
from accounts.queries import explanations
from tests.factories.acts import act_on
from tests.personas import ZHOUSHAN, give, insured, paid_for, pot, reverse, run, spend

pytestmark = pytest.mark.usefixtures("policies_loaded")

MARCH = date(2025, 3, 3)


@pytest.fixture
def honest():
    """Books with a pre-credit of 1,070.88, a gift, a payment and its refund; two people."""
    person, other = insured(), insured()
    paid_for(person, date(2025, 1, 1), "4462.00")
    paid_for(other, date(2025, 1, 1), "5000.00")
    run("accrual", "2025", on=date(2025, 1, 2))
    give(person, 1_000, on=MARCH, key="give")
    reverse(spend(person, 300, on=MARCH, key="bill 1"), on=MARCH, key="refund 1")
    spend(person, 200, on=MARCH, key="bill 2")
    assert list(findings()) == []
    assert list(explanations.differences()) == []
    connection.check_constraints()
    return person


def tamper(*statements: str) -> None:
    """Do what only an owner who means harm can do: switch the guards off, rewrite, switch them on again."""
    with connection.cursor() as cursor:
        for table in ("accounts_transfer", "accounts_voucher"):
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        for statement in statements:
            cursor.execute(statement)
        connection.check_constraints()
        for table in ("accounts_transfer", "accounts_voucher"):
            cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")
            cursor.execute(f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {table}_no_rewrite")
            cursor.execute(f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {table}_no_truncate")


def found() -> dict[str, tuple[dict[str, object], ...]]:
    return {finding.invariant: finding.rows for finding in findings()}


def transfer(key: str) -> Transfer:
    return Transfer.objects.get(voucher__key=key)


SUM, CHAIN, SIGN, SIDES, ONCE, SAME, EMPTY, REVERSED, WHOSE, TOTAL, OPENING, SIGNED, _, ARRIVED, MERGED, DEAD = (
    INVARIANTS
)


def test_an_amount_made_larger(honest):
    row = transfer("give")
    tamper(f"UPDATE accounts_transfer SET amount_fen = 9000 WHERE id = {row.pk}")
    wrong = found()
    assert wrong[SUM][0]["pot"] == row.target_id
    assert wrong[CHAIN][0]["transfer"] == row.pk
    assert TOTAL in wrong


def test_a_balance_made_larger(honest):
    own = pot(honest, "carried")
    tamper(f"UPDATE accounts_pot SET balance_fen = balance_fen + 1 WHERE id = {own.pk}")
    assert found()[SUM] == ({"pot": own.pk, "balance_fen": 1_001, "transfers_fen": 1_000},)


def test_a_balance_and_an_amount_made_larger_together(honest):
    row = transfer("give")
    tamper(
        f"UPDATE accounts_transfer SET amount_fen = 9000 WHERE id = {row.pk}",
        f"UPDATE accounts_pot SET balance_fen = balance_fen + 8000 WHERE id = {row.target_id}",
    )
    assert set(found()) == {CHAIN}


def test_a_running_balance_changed(honest):
    row = transfer("bill 1")
    tamper(f"UPDATE accounts_transfer SET source_balance_fen = 1 WHERE id = {row.pk}")
    assert found()[CHAIN][0]["transfer"] == row.pk


def test_a_payment_taken_out_and_the_balance_put_right(honest):
    row = transfer("bill 1")
    tamper(
        f"DELETE FROM accounts_transfer WHERE id = {row.pk}",
        f"UPDATE accounts_pot SET balance_fen = balance_fen + 300 WHERE id = {row.source_id}",
    )
    wrong = found()
    assert wrong[EMPTY] == ({"voucher": row.voucher_id, "kind": "spending"},)
    assert CHAIN in wrong


def test_two_payments_in_another_order(honest):
    first, second = transfer("bill 1"), transfer("bill 2")
    tamper(
        f"UPDATE accounts_transfer SET id = 900000000 WHERE id = {first.pk}",
        f"UPDATE accounts_transfer SET id = {first.pk} WHERE id = {second.pk}",
    )
    assert CHAIN in found()


def test_money_moved_to_another_persons_pot(honest):
    row, thief = transfer("give"), pot(insured(), "carried")
    tamper(f"UPDATE accounts_transfer SET target_id = {thief.pk} WHERE id = {row.pk}")
    assert {found()[SUM][n]["pot"] for n in (0, 1)} == {row.target_id, thief.pk}


def test_a_pot_overdrawn(honest):
    own = pot(honest, "carried")
    tamper(
        "ALTER TABLE accounts_pot DROP CONSTRAINT pot_never_overdrawn",
        f"UPDATE accounts_pot SET balance_fen = -5 WHERE id = {own.pk}",
    )
    assert found()[SIGN] == ({"pot": own.pk, "kind": "carried", "balance_fen": -5},)


def test_a_debt_that_owes_us_less_than_nothing(honest):
    debt = Pot.objects.create(person=honest, region=ZHOUSHAN, kind="receivable", balance_fen=0)
    connection.check_constraints()
    tamper(
        "ALTER TABLE accounts_pot DROP CONSTRAINT pot_never_overdrawn",
        f"UPDATE accounts_pot SET balance_fen = 5 WHERE id = {debt.pk}",
    )
    assert found()[SIGN] == ({"pot": debt.pk, "kind": "receivable", "balance_fen": 5},)


def test_a_movement_hidden_from_a_persons_statement(honest):
    row = transfer("give")
    tamper(f"UPDATE accounts_transfer SET target_balance_fen = NULL WHERE id = {row.pk}")
    assert found()[SIDES] == ({"transfer": row.pk},)


def test_a_credit_booked_twice(honest):
    row = Transfer.objects.get(kind="precredit", target__person=honest)
    tamper(
        "DROP INDEX transfer_batch_credits_once",
        "INSERT INTO accounts_transfer (voucher_id, source_id, target_id, amount_fen, target_balance_fen, kind, period,"
        " region) SELECT voucher_id, source_id, target_id, amount_fen, target_balance_fen + amount_fen - 200, kind,"
        f" period, region FROM accounts_transfer WHERE id = {row.pk}",
        f"UPDATE accounts_pot SET balance_fen = balance_fen + {row.amount_fen} WHERE id = {row.target_id}",
    )
    assert found()[ONCE] == ({"pot": row.target_id, "kind": "precredit", "period": "2025", "count": 2},)


@pytest.mark.parametrize("change", ["kind = 'premium'", "region = '110000'", "period = '2024'"])
def test_a_voucher_that_says_something_else_than_its_entries(honest, change):
    voucher = Voucher.objects.get(key="bill 2")
    tamper(f"UPDATE accounts_voucher SET {change} WHERE id = {voucher.pk}")
    assert found()[SAME][0]["voucher"] == voucher.pk


def test_a_refund_of_more_than_was_paid(honest):
    row = transfer("refund 1")
    tamper(f"UPDATE accounts_transfer SET amount_fen = 400 WHERE id = {row.pk}")
    paid = Transfer.objects.get(voucher=row.voucher.reverses).amount_fen
    assert found()[REVERSED] == ({"voucher": row.voucher.reverses_id, "reversed_fen": 400, "original_fen": paid},)


def test_a_refund_to_somebody_who_had_not_paid(honest):
    row, stranger = transfer("refund 1"), insured()
    other = pot(stranger, "carried")
    tamper(f"UPDATE accounts_transfer SET target_id = {other.pk} WHERE id = {row.pk}")
    assert found()[WHOSE] == (
        {"voucher": row.voucher.reverses_id, "person": stranger.pk, "back_fen": row.amount_fen, "change_fen": 0},
    )


def test_everything_emptied(honest):
    tamper("TRUNCATE accounts_transfer")
    assert {SUM, EMPTY} <= set(found())


def test_a_fact_that_the_amount_does_not_follow_from(honest):
    row = Transfer.objects.get(kind="precredit", target__person=honest)
    tamper(
        f"UPDATE accounts_transfer SET facts = jsonb_set(facts, '{{spans,0,base_fen}}', '500000') WHERE id = {row.pk}"
    )
    assert found() == {}
    assert list(explanations.differences()) == [
        {"voucher": row.voucher_id, "person": honest.pk, "posted_fen": 107_088, "formula_fen": 120_000}
    ]
    with pytest.raises(CommandError, match="重算等于记账金额"):
        call_command("verify_ledger")


def test_an_opening_balance_that_nobody_registered(honest):
    row = transfer("give")
    tamper(
        f"UPDATE accounts_transfer SET kind = 'opening' WHERE id = {row.pk}",
        f"UPDATE accounts_voucher SET kind = 'opening' WHERE id = {row.voucher_id}",
    )
    assert found() == {OPENING: ({"pot": row.target_id, "posted_fen": 1_000, "opening_fen": 0},)}


def becomes(kind: str) -> int:
    """Let the gift say that it is of another kind; return its voucher."""
    row = transfer("give")
    tamper(
        f"UPDATE accounts_transfer SET kind = '{kind}' WHERE id = {row.pk}",
        f"UPDATE accounts_voucher SET kind = '{kind}' WHERE id = {row.voucher_id}",
    )
    return row.voucher_id


@pytest.mark.parametrize("kind", ["manual", "write_off", "merge"])
def test_an_adjustment_that_nobody_signed(honest, kind):
    voucher = becomes(kind)
    assert found() == {SIGNED: ({"voucher": voucher, "kind": kind, "approval": None},)}


def test_money_that_arrives_from_nowhere(honest):
    becomes("moved")
    assert found()[ARRIVED] == ({"approval": None, "out_fen": 0, "in_fen": 1_000},)


def happened(kind: str, person: Person, **detail: int) -> None:
    """Write a life event down that nobody signed."""
    tamper("ALTER TABLE accounts_lifeevent DROP CONSTRAINT life_event_that_moves_money_takes_two")
    LifeEvent.objects.create(
        kind=kind,
        person=person,
        on=date(2025, 3, 1),
        proof="notarised",
        document="1",
        reason="x",
        detail=detail,
        actor="staff:1",
        at=act_on(date(2025, 3, 2)).at,
    )


def test_a_merged_record_for_which_something_still_counts(honest):
    happened("merge", insured(), gone=honest.pk)
    assert {(row["person"], row["row"]) for row in found()[MERGED]} == {
        (honest.pk, "enrolment"),
        (honest.pk, "contribution"),
    }


def test_a_dead_person_who_goes_shopping(honest):
    happened("death", honest)
    assert {row["voucher"] for row in found()[DEAD]} == {transfer(key).voucher_id for key in ("bill 1", "bill 2")}


def test_every_invariant_has_been_broken_above_by_name():
    """Whoever adds an invariant adds a way to break it: sixteen are listed; one is broken in test_verify_put_right."""
    assert len(INVARIANTS) == 16
