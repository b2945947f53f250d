"""What a counter changes about a sign-in: which one belongs to a person, and its phone."""

import pytest
from django.core.management import CommandError, call_command
from django.urls import reverse

from accounts.identity.actors import Act, Actor
from accounts.models import AuditEvent, OutboxMessage, User
from accounts.operations import identity, second_factor
from tests.accounts.test_signin import ask_for_code, code_in_outbox, text_of
from tests.factories.acts import act_now
from tests.factories.people import PersonFactory
from tests.factories.users import citizen, official, signed_in
from yibao.lib import clock

pytestmark = pytest.mark.django_db

OLD, NEW = "19900000001", "19900000002"


@pytest.fixture
def clerk() -> Actor:
    return Actor.staff(official(), "R01", "K7")


def told() -> list[tuple[str, str]]:
    return [(str(message.phone), message.template) for message in OutboxMessage.objects.order_by("queued_at")]


def test_a_person_can_be_moved_to_another_sign_in(clerk):
    person = PersonFactory()
    old, new = citizen(OLD, person), citizen(NEW)
    old_browser, new_browser = signed_in(old), signed_in(new)
    identity.move_sign_in(act=act_now(clerk), person=person, to_user=new)
    assert User.objects.get(person=person) == new
    assert old_browser.get(reverse("settings")).status_code == 302, "signed out everywhere"
    assert new_browser.get(reverse("settings")).status_code == 200
    assert told() == [(OLD, "identity_moved")]
    event = AuditEvent.objects.get(verb="identity.moved")
    assert (event.subject, event.detail) == (person, {"from_user": old.pk, "to_user": new.pk})
    assert (event.office, event.case) == ("R01", "K7")


def test_moving_twice_tells_the_old_number_once(clerk):
    person = PersonFactory()
    citizen(OLD, person)
    new = citizen(NEW)
    for _ in range(2):
        identity.move_sign_in(act=act_now(clerk), person=person, to_user=new)
    assert told() == [(OLD, "identity_moved")]


def test_a_person_without_a_sign_in_can_be_given_one(clerk):
    person, new = PersonFactory(), citizen(NEW)
    identity.move_sign_in(act=act_now(clerk), person=person, to_user=new)
    assert User.objects.get(person=person) == new
    assert told() == []


def test_nobody_is_moved_onto_staff_or_somebody_elses_sign_in(clerk):
    person = PersonFactory()
    citizen(OLD, person)
    switched_off = citizen("19900000009")
    User.objects.filter(pk=switched_off.pk).update(is_active=False)
    for target in (official(username="other"), citizen(NEW, PersonFactory()), switched_off):
        with pytest.raises(identity.NoMatchError):
            identity.move_sign_in(act=act_now(clerk), person=person, to_user=target)
    assert User.objects.get(person=person).phone == OLD
    assert told() == []


def test_a_new_phone_signs_in_to_the_same_account_and_the_old_number_is_told_once(clerk, client):
    person = PersonFactory()
    user = citizen(OLD, person)
    browser = signed_in(user)
    now = clock.now()
    for _ in range(2):
        identity.change_phone(act=Act(clerk, now), person=person, phone=NEW)
    assert told() == [(OLD, "phone_changed")]
    assert browser.get(reverse("settings")).status_code == 302
    user.refresh_from_db()
    assert user.phone_changed_at == now
    ask_for_code(client, NEW)
    client.post(reverse("sign_in_code"), {"code": code_in_outbox(NEW)})
    assert client.session["_auth_user_id"] == str(user.pk)
    event = AuditEvent.objects.get(verb="identity.phone_changed")
    assert (event.subject, event.detail) == (person, {"user": user.pk})


def test_the_old_number_then_opens_an_empty_sign_in_and_not_the_account(clerk, client):
    person = PersonFactory()
    user = citizen(OLD, person)
    identity.change_phone(act=act_now(clerk), person=person, phone=NEW)
    ask_for_code(client, OLD)
    assert client.post(reverse("sign_in_code"), {"code": code_in_outbox(OLD)}).url == reverse("identity")
    assert client.session["_auth_user_id"] != str(user.pk)


def test_a_number_somebody_else_has_proven_is_not_taken_from_them(clerk):
    person = PersonFactory()
    citizen(OLD, person)
    citizen(NEW, PersonFactory())
    with pytest.raises(identity.PhoneTakenError):
        identity.change_phone(act=act_now(clerk), person=person, phone=NEW)
    assert User.objects.get(person=person).phone == OLD


def test_a_number_that_only_opened_an_empty_sign_in_moves_over(clerk, client):
    """The person tried the new phone at home first, which made an empty sign-in of it."""
    person = PersonFactory()
    user, empty = citizen(OLD, person), citizen(NEW)
    identity.change_phone(act=act_now(clerk), person=person, phone=NEW)
    empty.refresh_from_db()
    assert (empty.phone, empty.phone_index, empty.is_active) == ("", None, False)
    assert User.objects.by_phone(NEW).get() == user


def test_a_person_without_a_sign_in_has_no_phone_to_change(clerk):
    with pytest.raises(identity.NotTiedError):
        identity.change_phone(act=act_now(clerk), person=PersonFactory(), phone=NEW)


def test_only_staff_change_sign_ins():
    person, user = PersonFactory(), citizen(OLD)
    for act in (
        lambda: identity.move_sign_in(act=act_now(Actor.citizen(user)), person=person, to_user=user),
        lambda: identity.change_phone(act=act_now(Actor.citizen(user)), person=person, phone=NEW),
        lambda: second_factor.issue_setup_code(act=act_now(Actor.citizen(user)), user=official()),
    ):
        with pytest.raises(ValueError, match="only staff"):
            act()


def test_reminders_can_be_switched_off_and_on():
    browser = signed_in(citizen(OLD, PersonFactory()))
    page = text_of(browser.get(reverse("settings")))
    assert 'value="family" checked' in page
    assert 'value="credit" >' in page
    assert 'value="security"' not in page
    browser.post(reverse("settings_reminders"), {"kinds": ["credit", "security", "nonsense"]})
    user = User.objects.get(person__isnull=False)
    assert [user.wants_sms_of(kind) for kind in ("credit", "family", "security")] == [True, False, True]
    browser.post(reverse("settings_reminders"), {"kinds": ["family"]})
    user.refresh_from_db()
    assert [user.wants_sms_of(kind) for kind in ("credit", "family", "security")] == [False, True, True]
    assert AuditEvent.objects.filter(verb="reminders.chosen").count() == 2


@pytest.mark.parametrize(
    ("typed", "complaint"),
    [
        (["12"], "名册里没有这个证件号码"),
        (["{certno}", "12345"], "没有办，新的登录手机号：手机号"),
        (["{certno}", NEW], "这个手机号还没有登录过"),
    ],
)
def test_the_command_says_what_is_wrong_with_a_number_that_was_typed(monkeypatch, typed, complaint):
    person, clerk = PersonFactory(), official()
    answers = iter(text.format(certno=person.certno) for text in typed)
    monkeypatch.setattr("builtins.input", lambda question: next(answers))
    with pytest.raises(CommandError, match=complaint):
        call_command("identity", "move", "--by", clerk.username)
