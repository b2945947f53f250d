"""A number that has gone to somebody else opens nobody's account (二次放号)."""

from datetime import timedelta

import pytest

from accounts.identity.actors import Act, Actor
from accounts.models import AuditEvent, User
from accounts.operations.identity import move_sign_in, welcome
from accounts.operations.notices import warn_of_new_device
from accounts.roster.people import import_roster
from tests.factories.acts import act_at
from tests.factories.family import NOW, RUIAN, insured
from tests.factories.files import csv_file, roster_row
from tests.factories.notices import texted
from tests.factories.users import citizen, official

pytestmark = pytest.mark.usefixtures("policies_loaded")

OLD, NEW = "19900000340", "19900099340"
SIGN_IN = Actor.system("sign-in")


@pytest.fixture
def person():
    return insured(serial=340, carried=300_000, name="陈静", gender=2, phone=OLD)


@pytest.fixture
def roster_has(person, tmp_path):
    def bring(phone: str, at=NOW) -> None:
        row = roster_row(
            340,
            certno=str(person.certno),
            brdy=person.birth_on.isoformat(),
            psn_name="陈静",
            gend="2",
            mob=phone,
            insuplc_admdvs=RUIAN,
        )
        assert not import_roster(act=act_at(at), path=csv_file(tmp_path / f"{phone}.csv", [row])).held

    return bring


def come(phone: str = OLD, at=NOW + timedelta(days=1)) -> User:
    return welcome(act=Act(SIGN_IN, at), phone=phone)


def test_the_old_number_is_no_way_in_once_the_roster_has_a_new_one(person, roster_has):
    citizen(OLD, person)
    roster_has(NEW)
    stranger = come()
    assert stranger.person_id is None
    assert AuditEvent.objects.filter(verb="identity.untied", subject=person).exists()


def test_it_is_while_the_roster_has_it(person, roster_has):
    citizen(OLD, person)
    roster_has(OLD)
    assert come().person_id == person.pk


def test_a_number_taken_off_the_roster_is_not_replaced(person, roster_has):
    citizen(OLD, person)
    roster_has("")
    assert come().person_id == person.pk


def test_who_signs_in_with_the_new_number_stays(person, roster_has):
    citizen(NEW, person)
    roster_has(NEW)
    assert come(NEW).person_id == person.pk


def test_whoever_shows_afterwards_at_a_counter_who_they_are_stays(person, roster_has):
    citizen(OLD, person)
    roster_has(NEW)
    clerk = Act(Actor.staff(official(), "R01"), NOW + timedelta(days=2))
    move_sign_in(act=clerk, person=person, to_user=come())
    assert come(at=NOW + timedelta(days=3)).person_id == person.pk


def test_after_a_year_without_a_sign_in_it_is_proven_anew(person):
    user = citizen(OLD, person)
    User.objects.filter(pk=user.pk).update(last_login=NOW)
    assert come(at=NOW + timedelta(days=365)).person_id == person.pk
    assert come(at=NOW + timedelta(days=366)).person_id is None


def test_what_happens_to_the_money_is_told_to_the_number_that_the_roster_has_now(person, roster_has):
    citizen(OLD, person)
    warn_of_new_device(act=act_at(NOW), person=person)
    assert [phone for phone, _ in texted(NOW)] == [OLD]
    roster_has(NEW, NOW + timedelta(hours=1))
    assert [phone for phone, _ in texted(NOW + timedelta(days=1))] == [NEW]
