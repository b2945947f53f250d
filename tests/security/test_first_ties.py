"""Name and certificate number leak: alone, from a strange phone, they open nothing, and their owner gets the account back."""

import re
from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import call_command
from django.test import Client
from django.urls import reverse

from accounts.identity.actors import Act, Actor
from accounts.models import User
from accounts.operations import identity, notices, taking_back
from accounts.operations.limited import warn_owners
from family.codes import BondState, InvitationState
from family.models import Bond, Invitation
from family.operations import accepting, bonds
from tests.accounts.test_signin import at, code_in_outbox, text_of
from tests.factories.acts import act_now
from tests.factories.family import RUIAN, bond, insured, invited
from tests.factories.notices import texted, titles
from tests.factories.notices import told as notices_told
from tests.factories.users import citizen, limited, official, signed_in
from yibao.lib import clock

pytestmark = pytest.mark.usefixtures("city")

OWN, STRANGE = "19900000001", "19900000666"


@pytest.fixture
def owner():
    return insured(carried=123_456_00, name="郑平", phone=OWN)


def prove(browser: Client, person) -> object:
    data = {"name": person.name, "certno": str(person.certno), "region": RUIAN}
    return browser.post(reverse("identity_record"), data)


@pytest.fixture
def thief(owner) -> Client:
    browser = signed_in(citizen(STRANGE))
    assert prove(browser, owner).status_code == 302
    return browser


def told(phone: str) -> list[str]:
    return [text for number, text in texted(clock.now()) if number == phone]


@pytest.mark.parametrize(
    "name",
    ["account", "entries", "entries_file", "entries_sheet", "years", "messages", "family", "family_usage_file",
     "family_invite_relation", "family_from_others", "cases", "identity_result"],
)  # fmt: skip
def test_a_strange_phone_with_name_and_number_sees_neither_amounts_nor_names(thief, owner, name):
    response = thief.get(reverse(name), follow=True)
    text = text_of(response)
    assert response.redirect_chain[-1][0] == reverse("identity_limited")
    assert "123,456" not in text
    assert "郑平" not in text
    assert OWN not in text


@pytest.mark.parametrize("name", ["help_article", "feedback", "settings"])
def test_pages_open_to_everybody_tell_a_strange_phone_nothing_either(thief, owner, name):
    path = reverse(name, args=["less"] if name == "help_article" else [])
    text = text_of(thief.get(path))
    assert "123,456" not in text
    assert "郑平" not in text


def test_a_strange_phone_invites_nobody(thief, owner):
    thief.post(reverse("family_invite_relation"), {"relation": "5"})
    thief.post(reverse("family_invite_check"), {})
    assert not Invitation.objects.filter(payer=owner).exists()


def test_a_strange_phone_raises_no_limit(thief, owner):
    given = bond(owner, insured(), limit_fen=100_00)
    thief.post(reverse("family_limit", args=[given.pk]), {"limit": "none"})
    thief.post(reverse("family_remove", args=[given.pk]))
    given.refresh_from_db()
    assert (given.limit_fen, given.state) == (100_00, BondState.ACTIVE)


def test_the_roster_s_phone_is_told_and_notices_go_there(thief, owner):
    assert "这不是我" in told(OWN)[0]
    thief.post(reverse("settings_reminders"))  # chooses nothing: would silence all that may be silenced
    assert User.objects.get(person=owner).sms_choices == {}
    user = bond(owner, insured(name="陈伟"))
    bonds.suspend(act=act_now(), payer=owner, bond_id=user.pk)
    notices.warn_of_new_device(act=act_now(), person=owner)
    assert "在一台新的设备上登录" in told(OWN)[-1]
    assert not [text for text in told(STRANGE) if "陈伟" in text]


def test_a_code_to_the_roster_s_phone_opens_it(thief, owner):
    assert thief.post(reverse("identity_phone_send")).url == reverse("identity_phone")
    assert thief.post(reverse("identity_phone"), {"code": "000000"}).status_code == 422
    answer = thief.post(reverse("identity_phone"), {"code": code_in_outbox(OWN)})
    assert answer.url == reverse("identity_result")
    assert thief.get(reverse("account")).status_code == 200


def test_a_counter_opens_it(thief, owner):
    code = identity.issue_identity_code(act=act_now(Actor.staff(official(), "R01")), person=owner)
    assert thief.post(reverse("identity_code"), {"code": code}).url == reverse("identity_result")
    assert thief.get(reverse("account")).status_code == 200


def test_time_opens_it_only_after_the_roster_s_phone_was_told_twice(thief, owner, monkeypatch):
    at(monkeypatch, timedelta(days=8))
    late = signed_in(User.objects.get(person=owner))
    assert late.get(reverse("account")).url == reverse("identity_limited")
    assert warn_owners(now=clock.now()) == 1
    assert warn_owners(now=clock.now()) == 0
    assert len(told(OWN)) == 2
    assert late.get(reverse("account")).url == reverse("identity_limited")
    at(monkeypatch, timedelta(days=2, seconds=1))
    assert signed_in(User.objects.get(person=owner)).get(reverse("account")).status_code == 200


def test_without_a_phone_on_the_roster_only_a_counter_opens_it(monkeypatch):
    nobody_told = insured(carried=5_00, phone="")
    limited(STRANGE, nobody_told)
    at(monkeypatch, timedelta(days=400))
    warn_owners(now=clock.now())
    browser = signed_in(User.objects.get(phone_index__isnull=False))
    page = text_of(browser.get(reverse("account"), follow=True))
    assert "到窗口打开" in page
    assert "自己打开" not in page
    assert browser.post(reverse("identity_phone_send")).url == reverse("identity_limited")


def stolen(owner, when=None) -> tuple[Bond, Invitation]:
    """Return what a thief has done who was not limited: an accomplice bound, somebody else invited."""
    when = when or clock.now()
    thief = limited(STRANGE, owner, since=when - timedelta(hours=1))
    act = Act(Actor.citizen(thief), when)
    accomplice = insured(name="赵六", birth_on=owner.birth_on.replace(year=1950))
    sent = invited(owner, accomplice, act=act)
    other = citizen("19900000777", accomplice)
    given = accepting.accept(act=Act(Actor.citizen(other), when), user=accomplice, number=str(sent.invitation.number))
    return given, sent.invitation


def test_the_owner_with_the_roster_s_phone_gets_in_and_what_the_thief_did_stops(owner):
    given, _ = stolen(owner)
    earlier = bond(owner, insured(name="陈老"), place=2)
    browser = signed_in(citizen(OWN))
    assert prove(browser, owner).url == reverse("identity_result")
    assert browser.get(reverse("account")).status_code == 200
    assert User.objects.get(person=owner).phone == OWN
    given.refresh_from_db()
    earlier.refresh_from_db()
    assert (given.state, earlier.state) == (BondState.SUSPENDED, BondState.ACTIVE)
    assert "您的账户已经收回" in titles(owner)
    assert "赵六" in " ".join(words.text for words in notices_told(owner))


def test_whoever_holds_the_roster_s_phone_says_this_is_not_me(owner):
    given, _ = stolen(owner)
    thief = signed_in(User.objects.get(person=owner))
    browser = signed_in(citizen(OWN))
    assert "这不是我" in text_of(browser.get(reverse("identity")))
    assert "已经停掉" in text_of(browser.post(reverse("identity_not_me")))
    given.refresh_from_db()
    assert given.state == BondState.SUSPENDED
    assert not User.objects.filter(person=owner).exists()
    assert thief.get(reverse("settings")).status_code in (302, 401), "signed out everywhere"


def test_an_invitation_that_still_waits_is_withdrawn(owner):
    limited(STRANGE, owner, since=clock.now() - timedelta(hours=1))
    thief = Act(Actor.citizen(User.objects.get(person=owner)), clock.now())
    sent = invited(owner, insured(), act=thief)
    taking_back.take_back(act=act_now(Actor.staff(official(), "R01")), person=owner)
    assert Invitation.objects.get(pk=sent.invitation.pk).state == InvitationState.WITHDRAWN


def test_a_stranger_cannot_say_it_of_somebody_whom_a_counter_has_seen(owner):
    clerk = act_now(Actor.staff(official(), "R01"))
    identity.move_sign_in(act=clerk, person=owner, to_user=citizen(STRANGE))
    browser = signed_in(citizen(OWN))  # the roster's number, which may be anybody's by now
    assert browser.post(reverse("identity_not_me")).url == reverse("identity_not_me")
    assert prove(browser, owner).status_code == 422
    assert User.objects.get(person=owner).phone == STRANGE


def test_a_clerk_does_it_by_a_command_too(owner, monkeypatch):
    given, _ = stolen(owner)
    official(username="clerk1")
    monkeypatch.setattr("builtins.input", lambda prompt: str(owner.certno))
    said = StringIO()
    call_command("identity", "not_me", "--by", "clerk1", stdout=said)
    given.refresh_from_db()
    assert given.state == BondState.SUSPENDED
    assert "停用" in said.getvalue()
    call_command("identity", "code", "--by", "clerk1", stdout=said)
    code = re.findall(r"[A-Z2-9]{8}", said.getvalue())[-1]
    assert signed_in(citizen("19900000667")).post(reverse("identity_code"), {"code": code}).status_code == 302
