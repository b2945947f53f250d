"""A stolen account at the counter: the owner comes, the clerk reads what the thief did, a reviewer agrees, the owner is in."""

import re
from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect

from accounts.identity.actors import Act, Actor
from accounts.models import Person, User
from family.codes import BondState
from family.models import Bond
from family.operations import accepting
from tests.browser.test_counter_case import Keys, sound
from tests.factories.family import RUIAN, insured, invited
from tests.factories.users import citizen, limited
from yibao.lib import clock

OWNERS = "19900000032"


@pytest.fixture
def owner(town) -> Person:
    return insured(RUIAN, carried=300_000, name="郑安泰", phone=OWNERS)


@pytest.fixture
def stolen(owner) -> Bond:
    """What somebody with the owner's name and number did: an accomplice uses the money."""
    at = clock.now() - timedelta(hours=2)
    thief = Act(Actor.citizen(limited("19900000031", owner, since=at - timedelta(hours=1))), at)
    accomplice = insured(RUIAN, resident=True, name="赵六")
    sent = invited(owner, accomplice, act=thief)
    own = Act(Actor.citizen(citizen("19900000033", accomplice)), at)
    return accepting.accept(act=own, user=accomplice, number=str(sent.invitation.number))


def test_the_owner_gets_the_account_back_and_sees_what_stopped(page: Page, console, visit, sign_in, owner, stolen):
    own = citizen(OWNERS)
    sign_in(page, "clerk1")
    visit(page, "/counter/cases/new/?kind=take_back")
    Keys(page).card(owner)
    page.get_by_label("本人已用自己的手机号登录过").check()
    page.get_by_label("本人的登录手机号").fill(OWNERS)
    page.get_by_role("button", name="保存②").click()
    expect(page.get_by_text("请选本人以后怎么登录")).to_have_count(0)
    page.get_by_label("人证一致，材料齐").check()
    page.get_by_role("button", name="保存③").click()
    expect(page.get_by_text(re.compile("停用[父母]亲赵六"))).to_be_visible()
    sound(page)
    page.locator("#submit").click()
    expect(page.get_by_text("等复核")).to_be_visible()
    assert Bond.objects.get(pk=stolen.pk).state == BondState.ACTIVE

    sign_in(page, "reviewer")
    visit(page, "/counter/review/")
    page.get_by_role("link", name="账户被别人绑定").first.click()
    sound(page)
    page.locator("#approve").click()
    expect(page.get_by_text("账户已收回")).to_be_visible()
    assert Bond.objects.get(pk=stolen.pk).state == BondState.SUSPENDED
    assert User.objects.get(person=owner) == own

    sign_in(page, owner.name)
    visit(page, "/messages/")
    expect(page.get_by_text("您的账户已经收回")).to_be_visible()
    expect(page.get_by_text("家庭共济里停下的事")).to_be_visible()
    assert console == []
