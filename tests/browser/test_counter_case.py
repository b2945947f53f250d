"""A case at the counter by keyboard only, looked at while it is worked on, at the two widths of a clerk's screen."""

import pytest
from playwright.sync_api import Page, expect

from accounts.models import Case, Enrolment, Person
from tests.browser.looking import Look, axe_problems, layout_problems, look_at

RUIAN = "330381"


class Keys:
    """A keyboard that counts: a card read in is none of the clerk's keystrokes, its Enter neither."""

    def __init__(self, page: Page) -> None:
        self.page, self.struck = page, 0

    def card(self, person: Person) -> None:
        self.page.keyboard.type(str(person.certno))
        self.page.keyboard.press("Enter")

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)
            self.struck += 1


@pytest.fixture
def person(town) -> Person:
    return Enrolment.objects.filter(region=RUIAN).earliest("id").person


def sound(page: Page) -> None:
    problems = []
    for width in (1280, 1024):
        look_at(page, Look("standard", width))
        problems += axe_problems(page) + layout_problems(page)
    assert not problems, "\n".join(problems)


def test_a_code_for_the_portal_by_keyboard_only(page, console, visit, sign_in, person):
    sign_in(page, "clerk1")
    visit(page, "/counter/cases/new/?kind=identity_code")
    sound(page)
    keys = Keys(page)
    expect(page.locator("#id_typed")).to_be_focused()
    keys.card(person)
    expect(page.get_by_role("heading", name="开通网上登录")).to_be_visible()
    expect(page.locator("#id_everything")).to_be_focused()
    sound(page)
    keys.press("Space", "Enter")
    expect(page.locator("#submit")).to_be_focused()
    sound(page)
    keys.press("Control+Enter")
    expect(page.get_by_role("heading", name="办好了")).to_be_visible()
    expect(page.get_by_text("只显示这一次")).to_be_visible()
    sound(page)
    assert keys.struck <= 10
    assert console == []


def test_what_was_changed_is_saved_and_shown_before_the_case_is_submitted(page, visit, sign_in, person):
    sign_in(page, "clerk1")
    visit(page, "/counter/cases/new/?kind=identity_code")
    keys = Keys(page)
    keys.card(person)
    expect(page.locator("#id_everything")).to_be_focused()
    keys.press("Space", "Enter")
    expect(page.locator("#submit")).to_be_focused()
    page.locator("#id_identities_checked").uncheck()
    keys.press("Control+Enter")
    expect(page.locator("#check")).to_contain_text("不能办")
    assert Case.objects.latest("id").state == "open"


def test_the_whole_way_without_javascript(plain_page, visit, sign_in, person):
    page = plain_page
    sign_in(page, "clerk1")
    visit(page, "/counter/cases/new/?kind=identity_code")
    page.fill("#id_typed", str(person.certno))
    page.keyboard.press("Enter")
    page.locator("#id_everything").check()
    page.get_by_role("button", name="保存③").click()
    page.get_by_role("button", name="提交 Ctrl").click()
    expect(page.get_by_role("heading", name="办好了")).to_be_visible()
