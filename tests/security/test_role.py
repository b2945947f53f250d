"""What the application never does, its role in the database cannot: SQL typed through a hole in the web process."""

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, ProgrammingError, connection, transaction

from accounts import triggers
from accounts.codes import CaseKind, CaseState
from accounts.identity.actors import Actor
from accounts.models import AuditEvent, BookYear, PolicyVersion, User
from accounts.operations import identity
from payments.bills.operations import pay
from tests.accounts.operations.counter_kit import Counter
from tests.factories.acts import act_now
from tests.factories.family import ACT, RUIAN, TODAY, insured
from tests.factories.people import certno
from tests.factories.users import citizen, official
from tests.personas import clinic
from yibao.lib import clock

pytestmark = pytest.mark.usefixtures("city")

REFUSED = (IntegrityError, ProgrammingError)


def as_application(statement: str, *values: object, login: str = triggers.ROLE) -> None:
    """Run SQL as the role of web and workers, as one transaction of its own would."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute(f"SET LOCAL ROLE {login}")
        cursor.execute(statement, values)
        cursor.execute("RESET ROLE")
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE accounts_bookyear SET closed_at = NULL",
        "DELETE FROM accounts_bookyear",
        "UPDATE accounts_bookyear SET year = 1999",
    ],
)
def test_a_closed_year_is_not_opened_again(statement):
    BookYear.objects.create(region=RUIAN, year=2024, closed_at=clock.now())
    with pytest.raises(REFUSED):
        as_application(statement)


@pytest.mark.parametrize(
    "statement", ["DELETE FROM payments_bill", "UPDATE payments_bill SET amount_fen = 1", "DELETE FROM payments_billshare",
                  "DELETE FROM family_event", "UPDATE family_draw SET amount_fen = 1", "DELETE FROM accounts_historicaloffice",
                  "UPDATE accounts_historicalduty SET history_user_id = NULL", "DELETE FROM accounts_auditevent"],
)  # fmt: skip
def test_bills_and_histories_are_neither_deleted_nor_changed(statement):
    person = insured(carried=100_00)
    pay(act=ACT, institution=clinic(RUIAN), person=person, region=RUIAN, amount_fen=1_00, on=TODAY, bill_no="一张")
    with pytest.raises(REFUSED):
        as_application(statement)


def test_a_case_that_is_done_says_for_good_what_was_seen_and_is_only_undone():
    counter = Counter()
    case = counter.finish(counter.seen(counter.open(CaseKind.IDENTITY_CODE, insured()), "own_card"))
    assert case.state == CaseState.DONE
    for change in ("papers = '[]'", "words = '[]'", "record = '[1]'", "power_number = 'x'", "state = 'open'"):
        with pytest.raises(REFUSED):
            as_application(f"UPDATE accounts_case SET {change} WHERE id = %s", case.pk)
    with pytest.raises(REFUSED, match="append-only"):
        as_application("DELETE FROM accounts_case WHERE id = %s", case.pk)
    as_application("UPDATE accounts_case SET prints = '{\"form\": 1}', state = 'done' WHERE id = %s", case.pk)


def test_a_clerk_is_not_made_an_administrator():
    clerk = official()
    with pytest.raises(REFUSED, match="no administrators"):
        as_application("UPDATE accounts_user SET is_superuser = true WHERE id = %s", clerk.pk)
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE ROLE yibao_web_of_test LOGIN; GRANT {triggers.ROLE} TO yibao_web_of_test")
    with pytest.raises(REFUSED, match="no administrators"):  # as docs/deployment.md has it: a login in the role
        as_application("UPDATE accounts_user SET is_superuser = true", login="yibao_web_of_test")
    User.objects.create_superuser("root")
    columns = "username, password, name, role, office, phone, certno, folds_balance, text_size, contrast, tied_by"
    with pytest.raises(REFUSED, match="no administrators"):
        as_application(
            f"INSERT INTO accounts_user ({columns}, is_active, joined_at, is_superuser) SELECT 'eve', "
            f"{columns.partition(', ')[2]}, is_active, joined_at, true FROM accounts_user WHERE username = 'root'"
        )


@pytest.mark.parametrize(
    "command", [("createsuperuser", "--noinput", "--username=eve", "--certno", certno(7)), ("load_policies",)]
)
def test_commands_of_the_owner_say_so_to_another_login(command, settings):
    if command == ("load_policies",):
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL session_replication_role = replica")
            cursor.execute(
                "ALTER TABLE accounts_policyversion DISABLE TRIGGER USER; DELETE FROM accounts_policyversion"
            )
        triggers.install("default")
    with connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL ROLE {triggers.ROLE}")
    with pytest.raises(CommandError, match="属主的登录"), transaction.atomic():
        call_command(*command)
    with connection.cursor() as cursor:
        cursor.execute("RESET ROLE")


def test_rules_are_not_put_in_force_without_two_people():
    version = PolicyVersion.objects.first()
    columns = (
        "region_id, kind, effective_from, terms, sources, note, drafted_by, editors, state, published_by, published_at"
    )
    values = (
        "region_id, kind, '2031-01-01', terms, sources, note, drafted_by, editors, state, published_by, published_at"
    )
    with pytest.raises(REFUSED, match="two people"):
        as_application(
            f"INSERT INTO accounts_policyversion ({columns}) SELECT {values} FROM accounts_policyversion WHERE id = %s",
            version.pk,
        )


@pytest.mark.parametrize(
    "change", ["role = 'approver'", "office = 'X'", "is_active = false", "person_id = NULL", "phone_index = NULL"]
)
def test_whose_a_sign_in_is_and_what_it_may_do_leaves_a_trace_however_it_is_changed(change):
    user = citizen("19900000001", insured()) if "person" in change or "phone" in change else official()
    as_application(f"UPDATE accounts_user SET {change} WHERE id = %s", user.pk)
    event = AuditEvent.objects.filter(verb="user.changed").latest("pk")
    assert event.detail["user"] == user.pk
    assert event.detail["changed"] == [change.split("_index")[0].split("_id")[0].split(" ")[0]]


@pytest.mark.parametrize("change", ["tied_by = 'counter'", "tied_at = now()", "phone_changed_at = now()"])
def test_how_a_sign_in_came_to_its_person_leaves_a_trace(change):
    user = citizen("19900000001", insured())
    as_application(f"UPDATE accounts_user SET {change} WHERE id = %s", user.pk)
    event = AuditEvent.objects.filter(verb="user.changed").latest("pk")
    assert (event.detail["user"], event.detail["changed"]) == (user.pk, ["tie"])


def test_what_staff_sign_in_with_leaves_a_trace_however_it_is_changed():
    user = official()
    as_application("UPDATE accounts_user SET password = 'pbkdf2_sha256$1$a$b' WHERE id = %s", user.pk)
    assert AuditEvent.objects.filter(verb="user.changed").latest("pk").detail["changed"] == ["password"]
    as_application(
        "INSERT INTO mfa_authenticator (user_id, type, data, created_at) VALUES (%s, 'webauthn', '{}', now())", user.pk
    )
    as_application("UPDATE mfa_authenticator SET data = '{\"last_counter\": 5}' WHERE user_id = %s", user.pk)
    as_application('UPDATE mfa_authenticator SET data = \'{"name": "x"}\' WHERE user_id = %s', user.pk)
    as_application("DELETE FROM mfa_authenticator WHERE user_id = %s", user.pk)
    events = AuditEvent.objects.filter(verb="authenticator.changed").order_by("pk")
    assert [(event.detail["user"], event.detail["how"]) for event in events] == [
        (user.pk, "insert"),
        (user.pk, "update"),
        (user.pk, "delete"),
    ]


@pytest.mark.parametrize(
    ("values", "changed"),
    [("role = 'clerk', office = 'R01'", ["role", "office"]), ("is_superuser = true", ["is_superuser"])],
)
def test_staff_put_in_past_the_application_leave_a_trace_too(values, changed):
    User.objects.create_citizen()
    with connection.cursor() as cursor:
        cursor.execute(
            f"CREATE TEMP TABLE made AS SELECT * FROM accounts_user LIMIT 1; UPDATE made SET id = 99, username = 'eve', {values}"
        )
        cursor.execute("INSERT INTO accounts_user SELECT * FROM made")
    event = AuditEvent.objects.filter(verb="user.changed").latest("pk")
    assert (event.actor, event.detail["user"], event.detail["changed"]) == ("system:database", 99, changed)


def test_a_sign_in_put_in_for_somebody_s_account_leaves_a_trace_and_a_stranger_s_first_one_none():
    person = insured()
    citizen("19900000001")
    assert not AuditEvent.objects.filter(verb="user.changed").exists()
    User.objects.create(username="thief", person=person)
    event = AuditEvent.objects.get(verb="user.changed")
    assert (event.subject, event.detail["changed"]) == (person, ["person"])


def test_signing_in_and_moving_work_for_the_role():
    person, user = insured(), citizen("19900000001")
    with connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL ROLE {triggers.ROLE}")
    identity.move_sign_in(act=act_now(Actor.staff(official(), "R01")), person=person, to_user=user)
    with connection.cursor() as cursor:
        cursor.execute("RESET ROLE")
    assert AuditEvent.objects.filter(verb="user.changed", subject=person).exists()


def test_every_guard_is_installed_and_known_by_its_events():
    assert triggers.missing() == []
