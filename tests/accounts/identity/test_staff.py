"""A member of staff is somebody: their certificate number is registered once, by a command that asks for it."""

import io

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from accounts.codes import Role
from accounts.identity.staff import identity_of
from accounts.models import AuditEvent, FormerCertificate, User
from accounts.operations.staff_accounts import _others_of_the_same_person
from accounts.queries.people import is_same_person, person_of_staff
from tests.factories.people import PersonFactory, certno
from tests.factories.users import PASSWORD, citizen, official
from yibao.lib import clock

pytestmark = pytest.mark.django_db

NUMBER = certno(900_001)


def register(monkeypatch, username: str, typed: str) -> str:
    monkeypatch.setattr("builtins.input", lambda prompt="": typed)
    out = io.StringIO()
    call_command("staff_certno", username, stdout=out)
    return out.getvalue()


def test_the_number_is_typed_once_and_kept_encrypted(monkeypatch):
    user = official(Role.POLICY, "zhang")
    assert "zhang 已登记" in register(monkeypatch, "zhang", f" {NUMBER[:6]} {NUMBER[6:].lower()} ")
    user.refresh_from_db()
    assert user.certno == NUMBER
    with connection.cursor() as cursor:
        cursor.execute("SELECT position(%s IN encode(certno, 'escape')) FROM accounts_user", [NUMBER])
        assert cursor.fetchone() == (0,)
    register(monkeypatch, "zhang", NUMBER)
    assert AuditEvent.objects.filter(verb="staff.certno_registered", detail={"user": user.pk}).count() == 1


@pytest.mark.parametrize(
    ("username", "typed", "says"),
    [
        ("zhang", NUMBER[:-1], "证件号码少了1位"),
        ("zhang", certno(900_002), "登记后不能改"),
        ("nobody", NUMBER, "没有“nobody”这个工作人员账号"),
        ("a-citizen", NUMBER, "没有“a-citizen”这个工作人员账号"),
    ],
)
def test_what_cannot_be_registered_is_explained(monkeypatch, username, typed, says):
    official(Role.POLICY, "zhang", certno=NUMBER)
    User.objects.filter(pk=citizen("19900000001").pk).update(username="a-citizen")
    with pytest.raises(CommandError, match=says):
        register(monkeypatch, username, typed)


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_the_first_administrator_is_asked_who_they_are(monkeypatch):
    answers = iter(["root", "123", NUMBER.lower()])
    monkeypatch.setattr("builtins.input", lambda prompt="": next(answers))
    monkeypatch.setattr("getpass.getpass", lambda prompt="": PASSWORD)
    complaints = io.StringIO()
    call_command("createsuperuser", stdin=Terminal(), stdout=io.StringIO(), stderr=complaints)
    assert "证件号码少了15位" in complaints.getvalue()
    assert User.objects.get(username="root").certno == NUMBER


def test_so_is_one_made_by_a_script(monkeypatch):
    monkeypatch.setenv("DJANGO_SUPERUSER_CERTNO", NUMBER[:-1])
    with pytest.raises(CommandError, match="证件号码少了1位"):
        call_command("createsuperuser", username="root", interactive=False)
    monkeypatch.setenv("DJANGO_SUPERUSER_CERTNO", NUMBER.lower())
    call_command("createsuperuser", username="root", interactive=False, stdout=io.StringIO())
    assert User.objects.get(username="root").certno == NUMBER


def test_two_accounts_of_one_person_are_one_person():
    one, too, other = official(username="one", certno=NUMBER), official(username="too", certno=NUMBER), official()
    assert is_same_person(one, too)
    assert identity_of(one) == identity_of(too)
    assert is_same_person(other, other)
    assert not is_same_person(one, other)
    assert not is_same_person(other, official(username="another unregistered"))


def test_accounts_under_a_present_and_a_former_number_are_one_person():
    """A number was corrected, and a second account made under the new one: still one maker, or one checker."""
    person = PersonFactory(certno=certno(71))
    FormerCertificate.objects.create(person=person, certno=certno(72), actor="test", at=clock.now())
    before, after = official(certno=certno(72), username="before"), official(certno=certno(71), username="after")
    assert is_same_person(before, after)
    assert _others_of_the_same_person(after) == ["before"]
    assert _others_of_the_same_person(before) == ["after"]


def test_it_can_be_asked_who_somebody_is_among_the_insured():
    person = PersonFactory()
    assert person_of_staff(official(username="insured", certno=str(person.certno))) == person
    assert person_of_staff(official(username="from elsewhere", certno=NUMBER)) is None
    assert person_of_staff(official(username="unregistered")) is None
