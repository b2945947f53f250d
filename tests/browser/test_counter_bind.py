"""Binding at a counter by keyboard only, and what the two people then find on their own pages."""

from datetime import date

import pytest
from django.urls import reverse
from playwright.sync_api import Page, expect

from accounts.codes import CaseKind, CaseState
from accounts.models import Case, Person
from family.models import Bond
from tests.browser.test_counter_case import RUIAN, Keys, sound
from tests.factories.people import EnrolmentFactory, PersonFactory

MOST_KEYS = 10  # beside the two cards


@pytest.fixture
def payer(town) -> Person:
    return Person.objects.get(name="郑平")  # last year's balance is just above the gate


@pytest.fixture
def mother(town) -> Person:
    """Return somebody who is new in the town."""
    name = next(f"周玉{given}" for given in "兰英珍梅" if not Person.objects.filter(name=f"周玉{given}").exists())
    person = PersonFactory(birth_on=date(1957, 5, 6), gender=2, name=name)
    return EnrolmentFactory(person=person, region=RUIAN, insurance="390", person_type="15").person


def at_the_papers(page: Page, keys: Keys, payer: Person, user: Person) -> None:
    """Read both cards and say that the second is the first one's parent."""
    keys.card(payer)
    expect(page.get_by_role("heading", name="建立家庭共济")).to_be_visible()
    expect(page.locator("#id_typed")).to_be_focused()
    choose_a_parent(page, keys, user)


def choose_a_parent(page: Page, keys: Keys, user: Person) -> None:
    """Read the second card on the page of the case, and say that it is a parent."""
    keys.card(user)
    expect(page.locator("#id_relation input").first).to_be_focused()
    keys.press("5", "Enter")
    expect(page.locator("#id_everything")).to_be_focused()


def test_a_parent_is_bound_with_two_cards_and_ten_keys(page, console, visit, sign_in, payer, mother):
    """From the workbench to the printer, each key of Ctrl+Enter counted; why one looks up is as it was the last time."""
    sign_in(page, "clerk1")
    page.add_init_script("window.print = () => { document.title = '打印了'; }")
    visit(page, "/counter/find/")
    page.select_option("#id_purpose", "bind")
    page.locator("#id_typed").focus()
    keys = Keys(page)
    keys.card(payer)
    expect(page.locator("#begin")).to_be_focused()

    visit(page, "/counter/")
    expect(page.locator("#id_typed")).to_be_focused()
    keys.card(payer)
    expect(page.locator("#begin")).to_be_focused()
    sound(page)
    keys.press("Enter")
    expect(page.get_by_role("heading", name="建立家庭共济")).to_be_visible()
    expect(page.locator("#id_typed")).to_be_focused()
    choose_a_parent(page, keys, mother)
    sound(page)
    keys.press("Space", "Enter")
    expect(page.locator("#submit")).to_be_focused()
    expect(page.locator("#check")).to_contain_text("先每年最多用 1,000.00 元")
    sound(page)
    keys.press("Control+Enter")
    expect(page.get_by_role("heading", name="办好了")).to_be_visible()
    expect(page.locator("#print-sheets")).to_be_focused()
    sound(page)
    keys.press("Enter")
    for sheet in ("医疗保障窗口业务申请表", "受理回执"):
        expect(page.get_by_role("heading", name=sheet)).to_be_visible()
    expect(page.locator("main")).to_contain_text(mother.name)
    expect(page.locator("#print")).to_be_focused()
    keys.press("Enter")
    expect(page).to_have_title("打印了")
    assert keys.struck <= MOST_KEYS
    assert Bond.objects.get(payer=payer, user=mother).declared
    assert console == []


def test_who_is_under_the_gate_is_told_by_how_much(page, visit, sign_in, mother):
    sign_in(page, "clerk1")
    visit(page, "/counter/cases/new/?kind=bind")
    at_the_papers(page, Keys(page), Person.objects.get(name="何苗"), mother)
    expect(page.locator("#check")).to_contain_text("上年末余额满 2,000.00 元才能开通")
    expect(page.locator("#check")).to_contain_text("还差")
    sound(page)
    assert not Bond.objects.filter(user=mother).exists()


def test_what_is_missing_is_brought_to_the_office_that_is_responsible(page, visit, sign_in, payer, mother):
    sign_in(page, "clerk2")
    visit(page, "/counter/cases/new/?kind=bind")
    at_the_papers(page, Keys(page), payer, mother)
    for name in ("人证一致，我已核对", "授权人的身份证", "填好的申请表"):
        page.get_by_role("checkbox", name=name).check()
    page.get_by_role("button", name="保存③").click()
    expect(page.locator("#check")).not_to_contain_text("缺：授权人的身份证")
    expect(page.locator("#check")).to_contain_text("缺：家人的身份证或户口本")
    expect(page.locator("#check")).to_contain_text("这件业务归医保中心办")
    page.get_by_role("button", name="挂起，下一步打印告知单").click()
    expect(page.locator("#print-sheets")).to_be_focused()
    sound(page)
    page.keyboard.press("Enter")
    notice = page.locator("section", has=page.get_by_role("heading", name="一次告知单")).first
    expect(notice).to_contain_text("家人的身份证或户口本")
    expect(notice).to_contain_text("医保中心（东山经济开发区毓蒙路1727号")
    expect(notice).not_to_contain_text("授权人的身份证")
    number = Case.objects.filter(kind=CaseKind.BIND, state=CaseState.PARKED).latest("id").number

    sign_in(page, "clerk1")
    visit(page, f"/counter/cases/{number}/")
    page.get_by_role("button", name="接着办").click()
    page.get_by_role("checkbox", name="家人的身份证或户口本").check()
    page.get_by_role("checkbox", name="户口本、出生证明或收养登记证").check()
    page.get_by_role("button", name="保存③").click()
    expect(page.locator("#submit")).to_be_visible()
    page.keyboard.press("Control+Enter")
    expect(page.get_by_role("heading", name="办好了")).to_be_visible()
    assert not Bond.objects.get(payer=payer, user=mother).declared


def test_both_find_the_act_the_looks_and_the_notice_on_their_own_pages(page, visit, sign_in, at_home, payer, mother):
    sign_in(page, "clerk1")
    visit(page, "/counter/cases/new/?kind=bind")
    keys = Keys(page)
    at_the_papers(page, keys, payer, mother)
    keys.press("Space", "Enter")
    expect(page.locator("#submit")).to_be_focused()
    keys.press("Control+Enter")
    expect(page.get_by_role("heading", name="办好了")).to_be_visible()
    number = Case.objects.filter(kind=CaseKind.BIND, other=mother).latest("id").number
    home = at_home(payer.name)
    home.go("/settings/trace/")
    home.sees("建立家庭共济：办结", "建立家庭共济时查看", "医保中心窗口", number)
    home.go(reverse("messages"))
    home.sees(f"母亲{mother.name}可以用您的钱了")
    relative = at_home(mother.name)
    relative.go("/settings/trace/")
    relative.sees("建立家庭共济：办结", number)
    relative.go(reverse("messages"))
    relative.sees(f"您可以用儿子{payer.name}的钱了")
