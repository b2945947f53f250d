"""The counter in Chromium: by keyboard from the card to the person, sound at both widths, whole without JavaScript."""

import pytest
from playwright.sync_api import Page, expect

from accounts.models import Lookup, Person
from tests.browser.looking import DESK, look_over

OFFICE = "330381-01"


@pytest.fixture
def insured_in_town(town) -> Person:
    """Somebody of the region of clerk1's office, who shares money."""
    return Person.objects.filter(bonds_given__state="active", bonds_given__region="330381").order_by("pk")[0]


def sound(page: Page, console: list[str]) -> None:
    assert not (problems := console + look_over(page, DESK)), "\n".join(problems)
    console.clear()


def test_a_clerk_gets_from_a_card_to_the_person_by_keyboard_alone(page, console, visit, sign_in, insured_in_town):
    sign_in(page, "clerk1")
    visit(page, "/counter/find/")
    sound(page, console)
    page.locator("#id_purpose").focus()
    page.keyboard.press("End")  # 核实异议; the last time's purpose is chosen already, so this is done once a day
    page.keyboard.press("Tab")
    expect(page.locator("#id_typed")).to_be_focused()
    assert page.locator("#id_typed").get_attribute("accesskey") == "s", "Chromium leaves the key itself to the desktop"
    page.keyboard.type(f"{insured_in_town.name},女,汉,{insured_in_town.certno}")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text(insured_in_town.name)
    assert str(insured_in_town.certno) not in page.content()
    assert str(insured_in_town.certno) not in page.url
    sound(page, console)
    page.get_by_role("button", name="显示完整号码").press("Enter")
    expect(page.get_by_text("已记入查询记录")).to_be_visible()
    sound(page, console)


def test_who_is_not_found_leaves_the_clerk_with_what_to_do(page, console, visit, sign_in):
    sign_in(page, "clerk1")
    visit(page, "/counter/find/")
    page.select_option("#id_purpose", "question")
    page.fill("#id_typed", "999902198001010012")  # the clerk's own, who is insured nowhere
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="没有查到，可以这样办")).to_be_visible()
    sound(page, [said for said in console if "422" not in said])


def test_a_number_is_taken_called_and_finished_with(page, console, visit, sign_in):
    sign_in(page, "clerk1")
    visit(page, "/counter/queue/")
    sound(page, console)
    page.get_by_role("button", name="取号").click()
    number = page.locator(".ticket").inner_text()
    sound(page, console)
    visit(page, "/counter/")
    page.fill("#id_window", "3号窗口")
    page.keyboard.press("Enter")
    page.get_by_role("button", name="叫下一位").click()
    expect(page.locator(".ticket")).to_have_text(number)
    sound(page, console)
    visit(page, f"/counter/queue/display/{OFFICE}/")
    expect(page.get_by_text("3号窗口")).to_be_visible()
    sound(page, console)
    visit(page, "/counter/")
    page.get_by_role("button", name="办完了").click()
    expect(page.get_by_role("button", name="办完了")).to_have_count(0)


def test_refreshing_by_itself_moves_no_focus_and_can_be_paused(page_out_of_time, visit, sign_in):
    page = page_out_of_time
    sign_in(page, "clerk1")
    visit(page, "/counter/")
    page.get_by_role("link", name="暂停自动刷新").click()
    expect(page.locator("#waiting-count[hx-trigger]")).to_have_count(0)
    page.get_by_role("link", name="恢复自动刷新").click()
    expect(page.locator("#waiting-count[hx-trigger]")).to_have_count(1)
    page.locator("body").evaluate("body => document.activeElement.blur()")
    with page.expect_response("**/counter/queue/waiting/"):  # the next by itself
        page.clock.run_for(15_100)
    assert page.evaluate("document.activeElement === document.body")
    assert [*page.page_errors(), *(said.text for said in page.console_messages() if said.type == "error")] == []


@pytest.mark.parametrize("path", ["/counter/keys/", "/counter/queue/display/"])
def test_the_other_pages_are_sound(path, page, console, visit, sign_in):
    sign_in(page, "clerk1")
    visit(page, path)
    sound(page, console)


def test_the_reviewers_page_of_look_ups_is_sound(page, console, visit, sign_in):
    sign_in(page, "reviewer")
    visit(page, "/counter/lookups/")
    page.get_by_role("button", name="再加一批").first.click()
    expect(page.get_by_text("今天还能查")).to_be_visible()
    sound(page, console)


def test_all_of_it_works_without_javascript(plain_page, visit, sign_in, insured_in_town):
    plain = plain_page
    plain.set_viewport_size({"width": 1024, "height": 844})
    clerk = sign_in(plain, "clerk2")
    visit(plain, "/counter/?paused=1")
    plain.get_by_role("link", name="刷新", exact=True).click()
    plain.select_option("#id_purpose", "question")
    plain.fill("#id_typed", str(insured_in_town.certno))
    plain.keyboard.press("Enter")
    expect(plain.get_by_role("heading", level=1)).to_have_text(insured_in_town.name)
    assert Lookup.objects.filter(clerk=clerk, person=insured_in_town).exists()
