"""A case at the counter by keyboard only, looked at while it is worked on, at the two widths of a clerk's screen."""

import pytest
from playwright.sync_api import Page, expect

from accounts.models import Case, Enrolment, Person
from tests.browser.looking import DESK, look_over
from tests.browser.test_print import pages_of

RUIAN = "330381"


class Keys:
    """A keyboard that counts every key, Ctrl too; a card read in is none of the clerk's keystrokes, its Enter neither."""

    def __init__(self, page: Page) -> None:
        self.page, self.struck = page, 0

    def card(self, person: Person) -> None:
        self.page.keyboard.type(str(person.certno))
        self.page.keyboard.press("Enter")

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)
            self.struck += 1 + key.count("+")


@pytest.fixture
def person(town) -> Person:
    return Enrolment.objects.filter(region=RUIAN).earliest("id").person


def sound(page: Page) -> None:
    assert not (problems := look_over(page, DESK)), "\n".join(problems)


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
    expect(page.locator("#print-sheets")).to_be_focused()
    keys.press("Enter")
    expect(page.get_by_role("heading", name="受理回执")).to_be_visible()
    expect(page.locator("#print")).to_be_focused()
    sound(page)
    assert keys.struck <= 10
    assert console == []
    page.emulate_media(media="print")
    assert not page.locator("#print").is_visible()
    assert pages_of(page.pdf(prefer_css_page_size=True)) == 2


def test_what_is_missing_is_printed_twice_and_the_case_goes_on_at_another_office(page, visit, sign_in, person):
    sign_in(page, "clerk1")
    visit(page, "/counter/cases/new/?kind=identity_code")
    keys = Keys(page)
    keys.card(person)
    page.get_by_role("button", name="挂起，下一步打印告知单").click()
    expect(page.locator("#print-sheets")).to_be_focused()
    sound(page)
    keys.press("Enter")
    expect(page.get_by_role("heading", name="一次告知单").first).to_be_visible()
    sound(page)
    page.emulate_media(media="print")
    assert pages_of(page.pdf(prefer_css_page_size=True)) == 2
    page.emulate_media(media="screen")

    sign_in(page, "clerk2")
    visit(page, "/counter/cases/")
    sound(page)
    page.locator("#id_number").focus()
    page.keyboard.type(Case.objects.latest("id").number.lower())
    keys.press("Enter")
    expect(page.locator("#resume")).to_be_focused()
    sound(page)
    keys.press("Enter")
    expect(page.get_by_role("heading", name="① 谁来办")).to_be_visible()


def test_the_day_and_its_end(page, visit, sign_in):
    sign_in(page, "clerk1")
    visit(page, "/counter/today/")
    sound(page)
    page.get_by_role("button", name="日结，打印日结单").click()
    expect(page.get_by_role("heading", name="日结单", exact=True)).to_be_visible()
    sound(page)


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


def test_a_section_that_was_refused_holds_the_case_up(page, visit, sign_in, person):
    sign_in(page, "clerk1")
    visit(page, "/counter/cases/new/?kind=bind")
    keys = Keys(page)
    keys.card(person)
    expect(page.locator("#id_typed")).to_be_focused()
    page.keyboard.type("99990219850101")
    keys.press("Enter")
    expect(page.locator("#about")).to_contain_text("证件号码少了4位")
    expect(page.locator("#id_typed")).to_be_focused()
    expect(page.locator("#submit")).to_have_count(0)
    sound(page)


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
