"""Whole errands in the browser, with JavaScript and without it: the same pages, the same words, the same end."""

import re
from collections.abc import Callable

from playwright.sync_api import Page, expect

from accounts.models import Person


def code_of(page: Page, visit: Callable[[Page, str], None]) -> str:
    """Return the newest code in the demo's outbox, as a person would read it off their phone."""
    phone = page.context.new_page()
    visit(phone, "/dev/outbox/")
    code = re.search(r"\b(\d{6})\b", phone.inner_text("main"))
    phone.close()
    assert code
    return code[1]


def test_the_first_visit_ends_at_ones_own_account(any_page, visit, request):
    mode = request.node.callspec.params["any_page"]
    name, region = ("周海", "舟山") if mode == "with JavaScript" else ("唐军", "湖南")
    page, person = any_page, Person.objects.get(name=name)
    visit(page, "/account/")
    page.fill("[name=phone]", person.phone)
    page.click("text=获取验证码")
    page.fill("[name=code]", code_of(page, visit))
    page.get_by_role("button", name="登录", exact=True).click()
    expect(page.locator("h1")).to_have_text("确认本人身份")

    page.check("text=用姓名和证件号码")
    page.click("text=继续")
    page.fill("[name=name]", person.name)
    page.fill("[name=certno]", person.certno)
    choice = page.locator("[name=region] option", has_text=region).get_attribute("value")
    page.select_option("[name=region]", choice)
    page.get_by_role("button", name="确认").click()
    expect(page.locator("h1")).to_have_text("身份已确认")

    page.click("text=去我的账户")
    expect(page.locator("h1")).to_have_text("我的账户")
    expect(page.locator("#balance")).to_contain_text("¥")


def test_an_error_is_said_in_the_title_at_the_top_and_at_the_field_and_what_was_typed_stays(any_page, visit):
    page = any_page
    visit(page, "/login/")
    page.fill("[name=phone]", "123")
    page.click("text=获取验证码")
    expect(page).to_have_title(re.compile("^错误："))
    expect(page.locator("#error-summary")).to_be_focused()
    link = page.locator("#error-summary a")
    expect(page.locator(".field-error")).to_have_text(link.inner_text())
    assert page.input_value("[name=phone]") == "123"
    field = page.locator("[name=phone]")
    expect(field).to_have_attribute("aria-invalid", "true")
    assert page.locator(".field-error").get_attribute("id") in field.get_attribute("aria-describedby")
    link.click()
    expect(field).to_be_focused()


def test_the_entries_of_a_year_can_be_asked_for(any_page, visit, sign_in):
    page = any_page
    sign_in(page, "陈静")
    visit(page, "/account/entries/")
    summary = page.get_by_text("按年月、谁用的、地方、金额找")
    if summary.is_visible():  # on a phone
        summary.click()
    page.select_option("[name=year]", label="2025年")
    page.get_by_role("button", name="查看").click()
    expect(page.locator("main h2").first).to_contain_text("2025年")
    expect(page).to_have_url(re.compile("year=2025"))


def test_after_a_swap_the_way_back_works_and_the_tab_keeps_no_copy_of_the_account(page, visit, sign_in):
    sign_in(page, "陈静")
    visit(page, "/account/entries/")
    newest = page.locator("main h2").first.inner_text()
    page.select_option("[name=year]", label="2024年")
    page.get_by_role("button", name="查看").click()
    expect(page.locator("main h2").first).to_contain_text("2024年")
    kept = page.evaluate("JSON.stringify([sessionStorage, localStorage])")
    assert "<" not in kept  # at most the address, no page
    assert "¥" not in kept
    page.go_back()
    expect(page.locator("main h2").first).to_have_text(newest)


def test_signing_out_leaves_nothing_to_go_back_to(any_page, visit, sign_in):
    page = any_page
    sign_in(page, "陈静")
    visit(page, "/account/")
    page.get_by_role("button", name="退出", exact=True).click()
    page.wait_for_load_state()
    page.go_back()
    page.wait_for_load_state()
    expect(page.locator("#balance")).to_have_count(0)
