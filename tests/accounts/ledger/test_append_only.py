"""What is in the books stays: the database refuses to change or forget it, whoever asks."""

from datetime import date

import pytest
from django.core.checks import run_checks
from django.db import IntegrityError, ProgrammingError, connection, transaction

from accounts import triggers
from accounts.identity.audit import record
from accounts.ledger.verify import findings
from accounts.models import FactChange, Import, Transfer, Voucher
from tests.factories.acts import act_now
from tests.personas import balances, give, insured, paid_for
from yibao.lib import clock

pytestmark = pytest.mark.usefixtures("policies_loaded")

BOOKS = ("accounts_voucher", "accounts_transfer")
HISTORY = ("accounts_enrolment", "accounts_contribution", "accounts_import", "accounts_auditevent")
REWRITES = {
    "UPDATE": "UPDATE {table} SET id = -id",
    "DELETE": "DELETE FROM {table}",
    "TRUNCATE": "TRUNCATE {table} CASCADE",
}


@pytest.fixture
def someone():
    person = insured()
    give(person, 1_000, on=date(2025, 3, 3), key="give")
    connection.check_constraints()
    return person


def execute(*statements: str) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)
        connection.check_constraints()


def as_application(*statements: str) -> None:
    execute(f"SET LOCAL ROLE {triggers.ROLE}", *statements)


@pytest.mark.parametrize("table", BOOKS)
@pytest.mark.parametrize("verb", REWRITES)
@pytest.mark.parametrize("mode", ["origin", "replica"])
def test_a_booked_row_cannot_be_rewritten_even_by_a_superuser(someone, table, verb, mode):
    """session_replication_role = replica switches ordinary triggers off; these stay on."""
    execute(f"SET session_replication_role = {mode}")
    with pytest.raises(IntegrityError, match="append-only"):
        execute(REWRITES[verb].format(table=table))
    assert Transfer.objects.count() == Voucher.objects.count() == 1


@pytest.mark.parametrize("table", HISTORY)
@pytest.mark.parametrize("verb", REWRITES)
def test_nor_can_the_history_of_people_and_what_was_done(someone, table, verb):
    paid_for(someone, date(2025, 1, 1), "4462.00")
    Import.objects.create(kind="roster", digest="0", rows=1, actor="system:test")
    record(act=act_now(), verb="lookup", subject=someone, detail={})
    connection.check_constraints()
    with pytest.raises(IntegrityError, match="append-only"):
        execute(REWRITES[verb].format(table=table))


@pytest.mark.parametrize("table", ["accounts_enrolment", "accounts_contribution"])
def test_what_became_of_a_fact_may_change_and_nothing_it_says(someone, table):
    paid_for(someone, date(2025, 1, 1), "4462.00")
    with pytest.raises(IntegrityError, match="why_not_counting"):
        as_application(f"UPDATE {table} SET counts = false")
    change = FactChange.objects.create(kind="corrected", reason="基数写错", actor="system:test", at=clock.now())
    as_application(f"UPDATE {table} SET counts = false, changed_by_id = {change.pk}")
    with pytest.raises((IntegrityError, ProgrammingError)):
        execute(f"UPDATE {table} SET counts = true, region = '110000'")


@pytest.mark.parametrize("table", BOOKS)
@pytest.mark.parametrize("verb", REWRITES)
def test_the_application_role_has_not_even_the_right_to_try(someone, table, verb):
    with pytest.raises(ProgrammingError, match="permission denied"):
        as_application(REWRITES[verb].format(table=table))


@pytest.mark.parametrize(
    "statement",
    [
        "ALTER TABLE accounts_transfer DISABLE TRIGGER USER",
        "DROP TRIGGER accounts_transfer_no_rewrite ON accounts_transfer",
        "SET session_replication_role = replica",
        "CREATE OR REPLACE FUNCTION yibao_append_only() RETURNS trigger LANGUAGE sql AS 'SELECT 1'",
    ],
)
def test_the_application_role_cannot_switch_the_guard_off(someone, statement):
    with pytest.raises(ProgrammingError, match="must be owner|permission denied"):
        as_application(statement)


def test_the_application_role_can_do_its_work(someone):
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(f"SET LOCAL ROLE {triggers.ROLE}")
        give(someone, 500, on=date(2025, 3, 4), key="as the application")
        with connection.cursor() as cursor:
            cursor.execute("RESET ROLE")
    assert balances(someone).carried == 1_500


LOSSES = {
    "dropped": "DROP TRIGGER accounts_transfer_no_rewrite ON accounts_transfer",
    "disabled": "ALTER TABLE accounts_transfer DISABLE TRIGGER accounts_transfer_no_rewrite",
    "on for origin sessions only": "ALTER TABLE accounts_transfer ENABLE TRIGGER accounts_transfer_no_rewrite",
    "hollowed out": (
        "CREATE OR REPLACE FUNCTION yibao_append_only() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$"
    ),
    "moved to another event": (
        "CREATE OR REPLACE TRIGGER accounts_transfer_no_rewrite BEFORE INSERT ON accounts_transfer"
        " FOR EACH ROW EXECUTE FUNCTION yibao_append_only();"
        " ALTER TABLE accounts_transfer ENABLE ALWAYS TRIGGER accounts_transfer_no_rewrite"
    ),
}


@pytest.mark.parametrize("loss", LOSSES)
def test_a_guard_that_no_longer_guards_is_reported_at_start_and_by_the_verification(loss):
    assert run_checks(tags=[triggers.TAG]) == []
    execute(LOSSES[loss])
    errors = run_checks(tags=[triggers.TAG])
    assert "accounts_transfer_no_rewrite" in " ".join(error.msg for error in errors)
    assert {error.id for error in errors} == {"ledger.E001"}
    assert [finding.invariant for finding in findings()] == ["防改写触发器都在"]


@pytest.mark.parametrize("loss", LOSSES)
def test_migrating_puts_it_back(someone, loss):
    execute(LOSSES[loss])
    triggers.install("default")
    assert triggers.missing() == []
    with pytest.raises(IntegrityError, match="append-only"):
        execute("DELETE FROM accounts_transfer")
