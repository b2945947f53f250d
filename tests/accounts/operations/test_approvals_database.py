"""What two people decided the database keeps as it was, against SQL typed by hand."""

import pytest
from django.db import IntegrityError, ProgrammingError, connection, transaction

from accounts import triggers
from accounts.codes import Role
from accounts.models import Approval, Region, User
from accounts.operations import approval_kinds, approvals, rotation
from tests.accounts.operations.renaming import CODE, RENAME, by, proposed, staff

pytestmark = pytest.mark.django_db


@pytest.fixture
def maker(monkeypatch) -> User:
    monkeypatch.setitem(approval_kinds._kinds, CODE, RENAME)
    Region.objects.create(code="330900", name="旧名市")
    return staff(Role.POLICY, "maker", 1)


@pytest.fixture
def checker() -> User:
    return staff(Role.APPROVER, "checker", 2)


def sql(statement: str, *parameters: object) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement, parameters)


def decided(by_user: User, identity: bytes, state: str = "approved") -> str:
    """Return SQL that decides every proposal; formatted, because the parts that are tried differ."""
    return (
        f"UPDATE accounts_approval SET state = '{state}', decided_at = now(), checker_id = {by_user.pk},"
        f" checker_identity = '\\x{identity.hex()}'"
    )


def test_maker_and_checker_are_two_accounts_and_two_people(maker, checker):
    approval = proposed(maker)
    with pytest.raises(IntegrityError, match="approval_two_accounts"):
        sql(decided(maker, b"somebody else"))
    with pytest.raises(IntegrityError, match="approval_two_people"):
        sql(decided(checker, bytes(approval.maker_identity)))
    sql(decided(checker, b"somebody else"))  # and otherwise it would have gone through


@pytest.mark.parametrize(
    "change",
    [
        "state = 'approved', decided_at = now()",
        "state = 'rejected', decided_at = now()",
        "state = 'withdrawn'",
        "state = 'lost'",
        "checker_identity = 'x'",
    ],
)
def test_a_decision_names_who_and_when(maker, change):
    proposed(maker)
    with pytest.raises(IntegrityError, match="approval_"):
        sql(f"UPDATE accounts_approval SET {change}")


@pytest.mark.parametrize(
    "change",
    [
        "content = '{}'",
        "asked = '{}'",
        "digest = repeat('0', 64)",
        "reason = 'another'",
        "document = 'another'",
        "subject = 'region:1'",
        "kind = 'another'",
        "maker_id = (SELECT id FROM accounts_user WHERE username = 'checker')",
        "maker_identity = 'x'",
        "made_at = now()",
    ],
)
@pytest.mark.parametrize("mode", ["origin", "replica"])
def test_what_was_proposed_never_changes(maker, checker, change, mode):
    proposed(maker)
    with pytest.raises(IntegrityError, match="append-only"):
        sql(f"SET LOCAL session_replication_role = {mode}; UPDATE accounts_approval SET {change}")


@pytest.mark.parametrize("change", ["state = 'waiting', checker_id = NULL, checker_identity = NULL", "note = 'x'"])
def test_what_was_decided_never_changes(maker, checker, change):
    approval = proposed(maker)
    approvals.approve(act=by(checker), approval_id=approval.pk, digest=approval.digest)
    with pytest.raises(IntegrityError, match="append-only"):
        sql(f"UPDATE accounts_approval SET {change}")


@pytest.mark.parametrize("statement", ["DELETE FROM accounts_approval", "TRUNCATE accounts_approval CASCADE"])
def test_nothing_is_forgotten(maker, statement):
    proposed(maker)
    connection.check_constraints()
    with pytest.raises(IntegrityError, match="append-only"):
        sql(statement)


def test_one_proposal_waits_for_each_thing(maker):
    approval = proposed(maker)
    copy = Approval.objects.get(pk=approval.pk)
    copy.pk = None
    with pytest.raises(IntegrityError, match="approval_waits_once"), transaction.atomic():
        copy.save(force_insert=True)


class TestWhoAnAccountBelongsTo:
    def test_it_never_becomes_somebody_elses(self, maker, checker):
        number = bytes(User.objects.get(pk=checker.pk).certno_index)
        for statement in (
            f"UPDATE accounts_user SET certno_index = '\\x{number.hex()}' WHERE id = {maker.pk}",
            f"UPDATE accounts_user SET certno_index = NULL WHERE id = {maker.pk}",
        ):
            with pytest.raises(IntegrityError, match="stays"):
                sql(statement)

    def test_a_change_of_keys_is_no_change_of_person(self, tmp_path, monkeypatch):
        monkeypatch.setenv("YIBAO_KEYRING", str(tmp_path / "keyring.json"))
        maker = staff(Role.POLICY, "maker", 1)
        before = bytes(User.objects.get(pk=maker.pk).certno_index)
        rotation.rotate()
        user = User.objects.get(pk=maker.pk)
        assert (user.certno, bytes(user.certno_index) == before) == (maker.certno, False)


def test_the_application_may_decide_and_nothing_else(maker, checker):
    approval = proposed(maker)
    connection.check_constraints()
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL ROLE {triggers.ROLE}")
        approvals.approve(act=by(checker), approval_id=approval.pk, digest=approval.digest)
        cursor.execute("RESET ROLE")
    for statement in ("DELETE FROM accounts_approval", "UPDATE accounts_approval SET content = '{}'"):
        with pytest.raises(ProgrammingError, match="permission denied"):
            sql(f"SET LOCAL ROLE {triggers.ROLE}; {statement}")
