"""A look and an act at a counter, seen by whom they concern, objected to, and answered by the reviewer."""

import pytest
from playwright.sync_api import Page, expect

from accounts.codes import CaseKind
from accounts.identity import audit
from accounts.identity.access import actor_of
from accounts.identity.actors import Act
from accounts.models import Enrolment, Person, User
from accounts.operations.cases.desk import open_case
from tests.browser.looking import DESK, FEW_LOOKS, Look, look_over
from yibao.lib import clock

RUIAN = "330381"


@pytest.fixture
def person(town) -> Person:
    """Somebody whom a clerk has looked up, and for whom a case was begun."""
    person = Enrolment.objects.filter(region=RUIAN).earliest("id").person
    act = Act(actor_of(User.objects.get(username="clerk1")), clock.now())
    audit.record(act=act, verb=audit.LOOKED_UP, subject=person, detail={"business": "咨询和查询"})
    open_case(act=act, kind=CaseKind.IDENTITY_CODE, subject=person, region=RUIAN)
    return person


def sound(page: Page, looks: tuple[Look, ...]) -> None:
    assert not (problems := look_over(page, looks)), "\n".join(problems)


def test_not_me_from_the_list_to_the_answer(page, console, visit, sign_in, person):
    sign_in(page, person.name)
    visit(page, "/settings/trace/")
    expect(page.get_by_role("heading", name="开通网上登录：受理").first).to_be_visible()
    expect(page.get_by_role("heading", name="咨询和查询时查看").first).to_be_visible()
    sound(page, FEW_LOOKS)
    page.get_by_role("link", name="不是我来办的").first.click()
    expect(page.get_by_role("heading", name="不是我来办的", exact=True)).to_be_visible()
    sound(page, FEW_LOOKS)
    page.get_by_label("想补充的话").fill("那天我在外地")
    page.get_by_role("button", name="确认，不是我来办的").click()
    expect(page.get_by_text("收到了，编号")).to_be_visible()
    sound(page, FEW_LOOKS)

    sign_in(page, "reviewer")
    visit(page, "/counter/objections/")
    sound(page, DESK)
    page.get_by_role("link", name="YY2").first.click()
    expect(page.get_by_text("那天我在外地")).to_be_visible()
    sound(page, DESK)
    page.get_by_label("答复").fill("查过了，是经办点错了人，已经取消。")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_role("heading", name="已答复")).to_be_visible()
    sound(page, DESK)

    sign_in(page, person.name)
    visit(page, "/cases/")
    expect(page.get_by_text("查过了，是经办点错了人")).to_be_visible()
    assert console == []
