"""通知 leads to what it is about: to the relative with 停用 and 移除, to answering an invitation; never where nothing is left."""

import pytest

from family.operations.ending import remove
from family.operations.invitations import withdraw
from payments.bills.operations import pay
from payments.models import Institution
from tests.factories.family import ACT, RUIAN, TODAY, insured, invited
from tests.family.family_pages import bound, browser_of, chen

pytestmark = pytest.mark.usefixtures("policies_loaded", "today")


def notices(person) -> str:
    return browser_of(person).get("/messages/").content.decode()


def test_a_use_leads_to_the_relative_who_can_be_paused_or_removed():
    payer, user = chen(), insured(name="陈伟", gender=1)
    tie = bound(payer, user)
    clinic = Institution.objects.create(code="H1", name="卫生院", kind="hospital", level=1, region=RUIAN)
    pay(act=ACT, institution=clinic, person=user, region=RUIAN, amount_fen=100, on=TODAY, bill_no="a")
    said = notices(payer)
    assert f'href="/family/members/{tie.pk}/">看陈伟：可以停用、移除</a>' in said
    page = browser_of(payer).get(f"/family/members/{tie.pk}/").content.decode()
    assert "停用陈伟" in page
    assert f'href="/family/from-others/{tie.pk}/"' in notices(user)


def test_an_invitation_leads_to_answering_it_as_long_as_it_can_be_answered():
    payer, user = chen(), insured(name="陈伟", gender=1)
    number = invited(payer, user).invitation.number
    assert f'href="/family/invitations/{number}/answer/">去看看、答复</a>' in notices(user)
    withdraw(act=ACT, payer=payer, number=number)
    assert "去看看、答复" not in notices(user)


def test_what_is_over_leads_nowhere():
    payer, user = chen(), insured(name="陈伟", gender=1)
    tie = bound(payer, user)
    remove(act=ACT, payer=payer, bond_id=tie.pk)
    for person in (payer, user):
        assert f"/{tie.pk}/" not in notices(person)
