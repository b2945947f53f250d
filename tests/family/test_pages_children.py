"""替孩子同意 (C11): an inviter, or somebody who helps them, learns of nobody's existence or insurance from any byte."""

import re
from collections.abc import Callable
from datetime import date
from types import SimpleNamespace

import pytest
from django.test import Client

from accounts.identity import limits
from accounts.models import Notice, OutboxMessage, Person
from family.codes import BondState, Consent
from family.models import Bond, Invitation
from family.operations import accepting, invitations, undoing
from tests.factories.family import ACT, NOW, insured, invited
from tests.factories.family import bond as given
from tests.factories.people import PersonFactory, certno
from tests.family.family_pages import browser_of, chen, page, words

pytestmark = pytest.mark.usefixtures("policies_loaded", "today")

NAME, BORN = "林小雨", date(2015, 5, 18)
VARIES = (
    rb'value="[A-Za-z0-9]{64}"', rb'"X-CSRFToken": "\w+"', rb"GJ\d{4}-\d{4}-\w{5}", rb"asked-\d+",
    rb"/account/entries/\d+/", rb"999902\d{11}[\dX]", rb"9999\*+\w{4}", rb"\d \d \d [\dX]</span>",
)  # fmt: skip
Invitee = Person | SimpleNamespace


def resident(serial: int, born: date, **facts) -> Person:
    return insured(resident=True, **{"name": NAME, "birth_on": born, "certno": certno(serial, born), **facts})


def nobody(serial: int, born: date) -> Invitee:
    return SimpleNamespace(name=NAME, certno=certno(serial, born))


def another_name(serial: int, born: date) -> Invitee:
    resident(serial, born, name="别的名字")
    return nobody(serial, born)


def not_insured(serial: int, born: date) -> Invitee:
    return PersonFactory(name=NAME, birth_on=born, certno=certno(serial, born))


def suspended(serial: int, born: date) -> Invitee:
    return resident(serial, born, status=2)


def insured_elsewhere(serial: int, born: date) -> Invitee:
    return resident(serial, born, region="350500")


def using_enough_already(serial: int, born: date) -> Invitee:
    user = resident(serial, born)
    for _ in range(2):
        given(chen(), user)
    return user


WHOM: list[Callable[[int, date], Invitee]] = [
    nobody, another_name, not_insured, suspended, insured_elsewhere, using_enough_already,
]  # fmt: skip


def shown_on(browser: Client, number: str, who: Invitee) -> bytes:
    """Read every page of agreeing for a child; return what was said, with what always differs taken out."""
    named = {"name": who.name, "certno": str(who.certno)}
    path, said = f"/family/child/{number}/", b""
    for response in (
        browser.get(path),
        browser.post(path, named),
        browser.post(path, {**named, "answer": "1"}),
        browser.post(path, {**named, "answer": "1", "declared": "on"}),
        browser.get("/messages/"),
        browser.get("/family/"),
    ):
        said += str(response.status_code).encode() + response.content
    for varies in VARIES:
        said = re.sub(varies, b"~", said)
    return said


def tries_left(parent: Person) -> tuple[int, int]:
    """Return how often this parent may still try in a quarter of an hour, and look in a day."""
    return (
        limits.left("family parent", str(parent.pk), accepting.TRIES[0], NOW),
        limits.left("family child look", str(parent.pk), limits.limits("20/1d")[0], NOW),
    )


def outcomes(whom: list[Callable[[int, date], Invitee]], born: date, helper: str = "") -> set[tuple]:
    """Return everything that differs to a parent between these invited people: the inviter, or a helper of theirs."""
    found = set()
    for place, make in enumerate(whom):
        payer, who = chen(), make(2 * place + 1, born)  # odd ones are men
        number = invited(payer, who, relation="2").invitation.number
        parent = insured(name=helper) if helper else payer
        told = Notice.objects.count(), OutboxMessage.objects.count()
        said = shown_on(browser_of(parent), number, who)
        now = Notice.objects.count(), OutboxMessage.objects.count()
        found.add((said, told == now, tries_left(parent), Invitation.objects.get(number=number).is_open))
    return found


@pytest.mark.parametrize("helper", ["", "林强"], ids=["the inviter", "a helper"])
class TestNothingIsSaidOf:
    def test_a_child(self, helper):
        ((said, is_silent, _, is_open),) = outcomes(WHOM, BORN, helper)
        assert is_silent
        assert is_open
        text = said.decode()
        assert "没有办成" in text
        assert "请带户口本到窗口办" in text
        assert "打给谁" in text
        assert "去窗口办" in text

    def test_an_adult_who_is_called_a_child(self, helper):
        ((said, *_),) = outcomes([*WHOM, resident], date(2000, 1, 1), helper)
        assert "满16周岁要本人同意" in said.decode()
        assert "没有办成" not in said.decode()
        assert not Bond.objects.filter(consent=Consent.PARENT).exists()

    def test_whether_a_child_does_not_know_the_sender(self, helper):
        def with_unknown_sender(serial: int, born: date) -> Invitee:
            return resident(serial, born)

        found = []
        for serial, make in ((1, nobody), (3, with_unknown_sender)):
            payer, who = chen(), make(serial, BORN)
            number = invited(payer, who, relation="2").invitation.number
            if make is with_unknown_sender:
                decline(who, number)
            found.append(shown_on(browser_of(insured(name=helper) if helper else payer), number, who))
        assert found[0] == found[1]
        assert not Bond.objects.exists()


def decline(user, number: str):
    return invitations.decline(act=ACT, user=user, number=number, not_family=True)


@pytest.mark.parametrize("relation", ["2", "5"])
def test_the_inviters_pages_are_the_same_before_and_after_an_adult_reports_an_unknown_sender(relation):
    born = date(2000, 1, 1) if relation == "2" else date(1950, 1, 1)
    payer, user = chen(), insured(resident=True, name="张三", birth_on=born)
    number = invited(payer, user, relation=relation).invitation.number
    before = shown_on(browser_of(payer), number, user)
    decline(user, number)
    assert shown_on(browser_of(payer), number, user) == before


def test_a_parent_who_pays_agrees_for_their_own_child():
    payer, child = chen(), resident(1, BORN)
    number = invited(payer, child, relation="2").invitation.number
    shown_on(browser_of(payer), number, child)
    assert Bond.objects.get().consent == Consent.PARENT


def test_that_somebody_knew_no_sender_and_then_agreed_is_in_no_history_of_the_payers():
    payer, user = chen(), insured(resident=True, name="张三")
    number = invited(payer, user).invitation.number
    event = decline(user, number)
    undoing.undo(act=ACT, person=user, event_id=event.pk)
    bond = accepting.accept(act=ACT, user=user, number=number)
    assert bond.state == BondState.ACTIVE
    said = page(browser_of(payer), f"/family/members/{bond.pk}/")
    assert "张三同意" in said
    assert "不同意" not in said
    assert "撤回了" not in said
    assert "张三撤回了：不同意" in page(browser_of(user), f"/family/from-others/{bond.pk}/")


class TestWhatIsNoNumber:
    @pytest.mark.parametrize("typed", ["GJ2026/1121", "GJ2026-1121", "%00", "../account/", "GJ２０２６－1121－7F3A"])
    def test_is_a_field_error(self, typed):
        response = browser_of(insured()).post("/family/child/", {"number": typed})
        assert response.status_code == 422
        assert "邀请编号不对，应该像GJ2026-1121-7F3AK这样" in words(response)

    @pytest.mark.parametrize("number", ["%00", "GJ2026-0310-2222%00", "GJ2026-0310", "GJ%D9%A2026-0310-22222"])
    @pytest.mark.parametrize("path", ["invitations/{}/", "invitations/{}/answer/", "invitations/{}/here/", "child/{}/"])
    def test_is_no_address(self, number, path):
        assert browser_of(insured()).get("/family/" + path.format(number)).status_code == 404
