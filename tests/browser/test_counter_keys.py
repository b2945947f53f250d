"""The keyboard map of the counter is what Chromium does: each access key that a page names goes where the page says."""

import pytest
from playwright.sync_api import Page, expect

from accounts.models import Case, Enrolment, Person
from tests.browser.test_counter_case import RUIAN, Keys

ALT = 1  # as the protocol of Chromium's tools numbers it


@pytest.fixture
def person(town) -> Person:
    return Enrolment.objects.filter(region=RUIAN).earliest("id").person


def alt(page: Page, key: str) -> None:
    """Press Alt and a key as a keyboard does: the character decides about access keys, which Playwright leaves out."""
    session = page.context.new_cdp_session(page)
    pressed = {"modifiers": ALT, "key": key, "windowsVirtualKeyCode": ord(key.upper())}
    for event in ({"type": "rawKeyDown"}, {"type": "char", "text": key, "unmodifiedText": key}, {"type": "keyUp"}):
        session.send("Input.dispatchKeyEvent", pressed | event)
    session.detach()


def has_focus(page: Page, section: str) -> None:
    """Wait until the focus is in a section, or on it."""
    expect(page.locator(f"#{section}:focus-within")).to_have_count(1)


def test_sections_and_the_scan_box_of_a_case_by_alt(page, console, visit, sign_in, person):
    sign_in(page, "clerk1")
    visit(page, "/counter/cases/new/?kind=bind")
    Keys(page).card(person)
    expect(page.locator("#who")).to_be_visible()
    expect(page.locator("#id_typed")).to_be_focused()
    for key, section in (("3", "papers"), ("1", "who"), ("4", "check"), ("2", "about")):
        alt(page, key)
        has_focus(page, section)
    alt(page, "3")
    has_focus(page, "papers")
    alt(page, "s")
    expect(page.locator("#id_typed")).to_be_focused()
    assert console == []


@pytest.mark.parametrize("path", ["/counter/", "/counter/find/", "/counter/cases/new/"])
def test_the_scan_box_of_other_pages_by_alt(path, page, visit, sign_in):
    sign_in(page, "clerk1")
    visit(page, path)
    page.locator("a").first.focus()
    alt(page, "s")
    expect(page.locator("[id=id_typed]")).to_be_focused()


def test_printing_and_locking_by_alt(page, visit, sign_in, person):
    page.add_init_script("window.print = () => { document.title = '打印了'; }")
    sign_in(page, "clerk1")
    visit(page, "/counter/cases/new/?kind=identity_code")
    keys = Keys(page)
    keys.card(person)
    expect(page.locator("#id_everything")).to_be_focused()
    keys.press("Space", "Enter")
    expect(page.locator("#submit")).to_be_focused()
    keys.press("Control+Enter")
    expect(page.locator("#print-sheets")).to_be_focused()
    alt(page, "p")
    expect(page.get_by_role("heading", name="受理回执")).to_be_visible()
    alt(page, "p")
    expect(page).to_have_title("打印了")
    visit(page, "/counter/")
    expect(page.get_by_role("button", name="锁屏")).to_be_visible()
    alt(page, "l")
    expect(page.get_by_role("heading", name="已锁屏")).to_be_visible()


def test_enter_in_a_section_saves_it_and_never_submits_the_case(page, visit, sign_in, person):
    sign_in(page, "clerk1")
    visit(page, "/counter/cases/new/?kind=identity_code")
    keys = Keys(page)
    keys.card(person)
    expect(page.locator("#id_everything")).to_be_focused()
    keys.press("Space", "Enter")
    expect(page.locator("#submit")).to_be_focused()
    page.locator("#id_identities_checked").focus()
    keys.press("Enter")
    expect(page.locator("#submit")).to_be_focused()
    assert Case.objects.latest("id").state == "open"
