"""Right after somebody's sign-in was moved or its number changed, nobody is let at their money, or at more of it."""

from collections.abc import Callable
from datetime import date, timedelta

import pytest

from accounts.identity.actors import Act, Actor
from accounts.models import Person, User
from accounts.operations import identity
from family.models import Bond
from family.operations import bonds
from family.queries.eligibility import to_invite
from family.rules import RefusedError
from tests.factories.acts import act_at
from tests.factories.family import NOW, RUIAN, TODAY, bond, insured
from tests.factories.users import citizen, official
from tests.family.family_pages import browser_of, words

pytestmark = pytest.mark.usefixtures("policies_loaded", "today")

AFTER = NOW + timedelta(days=4)


@pytest.fixture
def payer():
    return insured(carried=300_000, name="陈静", gender=2)


@pytest.fixture
def tie(payer) -> Bond:
    return bond(payer, insured(name="陈伟", gender=1), limit_fen=50_000, until_on=date(2026, 12, 31))


def moved(person: Person) -> None:
    citizen("19900000901", person)
    clerk = Actor.staff(official(), "R01", "K7")
    identity.move_sign_in(act=Act(clerk, NOW), person=person, to_user=citizen("19900000902"))


def given_a_new_number(person: Person) -> None:
    citizen("19900000901", person)
    clerk = Actor.staff(official(), "R01", "K7")
    identity.change_phone(act=Act(clerk, NOW), person=person, phone="19900000902")


def given_a_code(person: Person) -> None:
    """Somebody with the person's card gets a code at a counter and types it on a phone of their own."""
    clerk = Actor.staff(official(), "R01", "K7")
    code = identity.issue_identity_code(act=Act(clerk, NOW), person=person)
    own = citizen("19900000903")
    identity.prove_by_code(act=Act(Actor.citizen(own), NOW), user=own, typed=code, address="a")


def change(operation, payer: Person, tie: Bond, at=NOW, **more) -> None:
    operation(act=act_at(at), payer=payer, bond_id=tie.pk, **more)


@pytest.mark.parametrize("done", [moved, given_a_new_number, given_a_code])
def test_they_invite_nobody_for_three_days(payer, done: Callable[[Person], None]):
    done(payer)
    assert [reason.code for reason in to_invite(payer=payer, region=RUIAN, on=TODAY)] == ["phone_changed"]
    assert to_invite(payer=payer, region=RUIAN, on=AFTER.date()) == ()


@pytest.mark.parametrize(
    ("operation", "more"),
    [
        (bonds.set_limit, {"limit_fen": 50_001}),
        (bonds.set_limit, {"limit_fen": None}),
        (bonds.set_end, {"until_on": date(2027, 1, 1)}),
        (bonds.set_end, {"until_on": None}),
    ],
)
def test_a_relative_gets_no_more_until_then(payer, tie, operation, more):
    moved(payer)
    with pytest.raises(RefusedError) as refusal:
        change(operation, payer, tie, **more)
    assert refusal.value.codes == {"phone_changed"}
    change(operation, payer, tie, at=AFTER, **more)


@pytest.mark.parametrize(
    ("operation", "more"),
    [
        (bonds.set_limit, {"limit_fen": 49_999}),
        (bonds.set_limit, {"limit_fen": 50_000}),
        (bonds.set_end, {"until_on": date(2026, 12, 30)}),
        (bonds.set_end, {"until_on": date(2026, 12, 31)}),
    ],
)
def test_less_is_always_possible(payer, tie, operation, more):
    moved(payer)
    change(operation, payer, tie, **more)


def test_a_first_limit_and_a_first_last_day_are_less_too(payer):
    tie = bond(payer, insured())
    moved(payer)
    change(bonds.set_limit, payer, tie, limit_fen=10_000_000)
    change(bonds.set_end, payer, tie, until_on=date(2036, 1, 1))


def test_the_page_says_why_and_from_when(payer, tie):
    browser = browser_of(payer)
    User.objects.filter(person=payer).update(phone_changed_at=NOW)
    response = browser.post(f"/family/members/{tie.pk}/limit/", {"limit": "other", "limit_other": "600"})
    assert response.status_code == 422
    assert "刚换过登录手机号，暂时不能让家人用更多您的钱" in words(response)
    assert "2026年3月14日起可以办" in words(response)
