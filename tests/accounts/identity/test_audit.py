"""Who did what: actors as text, and events that cannot be rewritten or hold personal data."""

from datetime import UTC, datetime

import pytest
from django.db import connection, transaction
from django.db.utils import IntegrityError, InternalError

from accounts.errors import AccountsError
from accounts.identity import audit
from accounts.identity.actors import Actor
from accounts.models import AuditEvent, Contribution, Enrolment, Import, User
from tests.factories.acts import act_at
from tests.factories.people import ContributionFactory, EnrolmentFactory, PersonFactory, certno

AT = datetime(2025, 3, 1, 1, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("actor", "text"),
    [
        (Actor.system("accrual"), "system:accrual"),
        (Actor.citizen(User(pk=12, name="陈晓明")), "citizen:12"),
        (Actor.staff(User(pk=7, name="林静"), "R01"), "staff:7@R01"),
        (Actor.staff(User(pk=7), "R01", "K2025-3"), "staff:7@R01#K2025-3"),
    ],
)
def test_an_actor_is_stored_as_text_without_a_name_and_read_back(actor: Actor, text: str) -> None:
    assert str(actor) == text
    assert Actor.parse(text) == actor


def test_the_longest_actor_still_fits_its_column() -> None:
    longest = Actor.staff(User(pk=2**63 - 1), "R" * 12, "K" * 24)
    assert len(str(longest)) <= AuditEvent._meta.get_field("actor").max_length
    assert longest.user_id == 2**63 - 1


@pytest.mark.parametrize(
    ("office", "case"), [("", ""), ("瑞安", ""), ("R01", "K 1"), ("R" * 13, ""), ("R01", "K" * 25)]
)
def test_an_office_or_case_that_is_no_code_is_refused(office: str, case: str) -> None:
    with pytest.raises(ValueError, match="plain codes"):
        Actor.staff(User(pk=1), office, case)


def test_a_system_actor_has_no_user_and_a_plain_name() -> None:
    assert Actor.system("accrual").user_id is None
    with pytest.raises(ValueError, match="plain"):
        Actor.system("陈晓明")
    with pytest.raises(ValueError, match="stored actor"):
        Actor.parse("root")


@pytest.mark.django_db
@pytest.mark.parametrize("detail", [{"certno": certno(5)}, {"note": ["电话 19900012345"]}, {certno(5): 1}])
def test_personal_data_is_kept_out_of_the_audit_trail(detail: dict[str, object]) -> None:
    with pytest.raises(audit.PersonalDataError) as error:
        audit.record(act=act_at(AT), verb="x.done", detail=detail)
    assert certno(5) not in str(error.value)
    assert not AuditEvent.objects.exists()


@pytest.mark.django_db
def test_the_digest_of_a_file_is_no_phone_number_whatever_digits_stand_in_it() -> None:
    digest = "a" * 26 + "13900012345" + "b" * 27
    audit.record(act=act_at(AT), verb="x.done", detail={"digest": digest})
    assert AuditEvent.objects.get().detail == {"digest": digest}


def test_a_refusal_stays_though_all_that_was_done_before_it_is_undone(committed_db: str) -> None:
    act, person = act_at(AT), PersonFactory()
    try:
        with transaction.atomic():
            audit.record(act=act, verb="case.opened", subject=person)
            raise AccountsError("经办不能办自己家人的业务")
    except AccountsError as error:
        audit.record_refusal(act=act, verb="case.opened", error=error, subject=person)
    event = AuditEvent.objects.get(subject=person)
    assert event.verb == audit.REFUSED
    assert event.detail == {"verb": "case.opened", "error": "AccountsError"}


def test_a_refusal_is_not_written_where_it_could_be_undone_too(committed_db: str) -> None:
    with pytest.raises(RuntimeError, match="durable"), transaction.atomic():
        audit.record_refusal(act=act_at(AT), verb="case.opened", error=AccountsError())
    assert not AuditEvent.objects.filter(verb=audit.REFUSED).exists()


@pytest.mark.django_db
@pytest.mark.parametrize(
    "table", ["accounts_enrolment", "accounts_contribution", "accounts_import", "accounts_auditevent"]
)
@pytest.mark.parametrize("statement", ["UPDATE {} SET id = -id", "DELETE FROM {}", "TRUNCATE {} CASCADE"])
@pytest.mark.parametrize("role", ["origin", "replica"])
def test_history_cannot_be_rewritten_by_sql_either(table: str, statement: str, role: str) -> None:
    EnrolmentFactory()
    ContributionFactory()
    Import.objects.create(kind="roster", digest="0" * 64, rows=1, actor="system:test")
    audit.record(act=act_at(AT), verb="x.done")
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute(f"SET LOCAL session_replication_role = {role}")
        with pytest.raises((IntegrityError, InternalError), match="append-only"), transaction.atomic():
            cursor.execute(statement.format(table))
    assert all(model.objects.count() for model in (Enrolment, Contribution, Import, AuditEvent))
