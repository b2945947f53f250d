"""我的账户 of people who share: a limit that is used up says so and when it counts anew; what is offered can succeed."""

from datetime import date

import pytest
from django.urls import reverse

from accounts.operations.life_events.freezing import freeze
from family.models import Bond
from payments.bills.operations import pay
from tests.accounts.citizen_pages import browser_of, words
from tests.accounts.operations.life_kit import PAPER, Desk
from tests.factories.family import ACT, NOW, RUIAN, TODAY, bond, insured
from tests.family.family_pages import at, chen, daughter
from tests.personas import clinic

pytestmark = pytest.mark.usefixtures("policies_loaded")

UNTIL = date(2026, 9, 30)


def account_page(person) -> str:
    with at(NOW):
        return words(browser_of(person).get(reverse("account")))


def used_up(**terms):
    """Return payer and user of a bond of 15.00 a year, all of it used."""
    payer, user = chen(), insured(name="陈伟")
    bond(payer, user, limit_fen=1_500, **terms)
    pay(act=ACT, institution=clinic(RUIAN), person=user, region=RUIAN, amount_fen=2_000, on=TODAY, bill_no="b1")
    return payer, user


def test_a_used_up_limit_is_said_to_the_one_who_pays():
    payer, _ = used_up()
    assert "今年用了¥15.00，最多¥15.00，今年的额度用完了，2027年1月1日起重新算" in account_page(payer)


def test_a_used_up_limit_is_said_to_the_one_who_used_it():
    _, user = used_up()
    page = account_page(user)
    assert "陈静（女儿）的钱今年的额度用完了，2027年1月1日起重新算" in page
    assert "还能用陈静" not in page


def test_no_new_year_is_promised_to_a_bond_that_ends_before():
    payer, user = used_up(until_on=UNTIL)
    for page in (account_page(payer), account_page(user)):
        assert "今年的额度用完了" in page
        assert "重新算" not in page


def test_a_relative_s_own_page_does_not_speak_of_what_is_left_after_resuming():
    payer, user = used_up()
    with at(NOW):
        page = words(browser_of(user).get(reverse("family_payer", args=[Bond.objects.get(payer=payer).pk])))
    assert "今年的额度用完了，2027年1月1日起重新算" in page
    assert "今年还能用¥0.00" in page
    assert "恢复后" not in page


def test_who_shares_already_and_may_is_offered_to_invite_one_more():
    payer = chen()
    bond(payer, daughter(), relation="2")
    page = account_page(payer)
    assert "邀请家人" in page.replace("管理、邀请家人", "")


def test_who_shares_already_and_may_not_is_offered_nothing_that_would_be_refused():
    payer = insured(carried=1_000_00)  # below what 瑞安 asks for
    bond(payer, insured(name="陈伟"))
    assert "邀请家人" not in account_page(payer).replace("管理、邀请家人", "")


def test_who_has_a_frozen_account_is_offered_nobody_to_share_it_with():
    person = chen()
    assert "给家人开通共济" in account_page(person)
    freeze(act=Desk().act(TODAY), person=person, region=RUIAN, on=TODAY, paper=PAPER, reason="法院要求")
    page = account_page(person)
    assert "给家人开通共济" not in page
    assert "解除冻结以后再办" in page
