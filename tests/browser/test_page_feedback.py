"""Waiting, failing, focus and announcements in the browser; and the same without JavaScript."""

import re
import threading
from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from tests.browser import urls


@pytest.fixture(autouse=True)
def nothing_answered_yet():
    urls.ANSWERED.clear()


def test_a_quick_answer_shows_no_waiting_words(page, visit, console):
    visit(page, "/try/")
    page.click("#swap")
    expect(page.locator("#part")).to_have_text("已撤回")
    assert console == []


def test_after_a_swap_the_status_is_said_and_the_focus_is_on_the_new_heading(page, visit):
    visit(page, "/try/")
    page.focus("#swap")
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_have_text("已撤回。")
    expect(page.locator("#part h2")).to_be_focused()


@pytest.fixture
def slow_server() -> Iterator[threading.Event]:
    """The server answers when the test sets this, or is over."""
    urls.answering.clear()
    yield urls.answering
    urls.answering.set()


@pytest.mark.parametrize("button", ["#send", "#swap"])
def test_a_slow_answer_is_told_on_the_button_and_a_second_click_is_not_sent(page, visit, slow_server, button):
    visit(page, "/try/")
    words, disabled = page.eval_on_selector(
        button,
        """(button) => new Promise((tell) => {
            button.click();
            button.click();
            new MutationObserver(() => tell([button.textContent, button.disabled])).observe(button, { childList: true });
        })""",
    )
    assert (words, disabled) == ("正在提交…", False)
    slow_server.set()
    expect(page.get_by_text(re.compile("已撤回|邀请已发出")).first).to_be_visible()
    assert len(urls.ANSWERED) == 1


def test_after_8_seconds_a_line_and_after_20_a_place_to_look(page_out_of_time, visit, slow_server):
    page = page_out_of_time
    visit(page, "/try/")
    page.click("#swap", no_wait_after=True)
    page.clock.run_for(8100)
    expect(page.get_by_text("还在处理，请不要关闭页面。").first).to_be_visible()
    page.clock.run_for(12000)
    expect(page.locator("#page-error")).to_contain_text("没有等到结果")
    expect(page.locator("#page-error")).to_contain_text("请不要再点")


@pytest.mark.parametrize(
    ("status", "words"),
    [
        ("401", "登录已过期"),
        ("403", "这一步现在不能办"),
        ("404", "内容刚刚有变化"),
        ("409", "内容刚刚有变化"),
        ("429", "点得太快了"),
        ("500", "页面出了问题"),
    ],
)
def test_a_failed_part_is_told_at_the_top_and_gets_the_focus(page, visit, status, words):
    visit(page, f"/try/?answer={status}")
    page.click("#swap")
    expect(page.locator("#page-error")).to_contain_text(words)
    expect(page.locator("#page-error")).to_be_focused()
    expect(page.locator("#swap")).to_have_text("撤回邀请")


def test_a_lost_connection_says_that_nobody_knows(page, visit):
    visit(page, "/try/")
    page.route("**/try/swap/", lambda route: route.abort())
    page.click("#swap")
    expect(page.locator("#page-error")).to_contain_text("网络断了")


def test_a_redirect_to_a_whole_page_goes_there_instead_of_into_the_part(page, visit):
    visit(page, "/try/?answer=whole")
    page.click("#swap")
    expect(page).to_have_url(re.compile("/try/done/$"))


def test_the_elder_switch_keeps_what_was_typed(page, visit):
    visit(page, "/try/")
    page.evaluate("document.querySelector('[name=note]').type = 'text'")
    page.fill("[name=note]", "写了一半")
    page.click("#elder-switch")
    expect(page.locator("html")).to_have_attribute("data-size", "elder")
    expect(page.locator("#elder-switch")).to_have_text("标准版")
    expect(page.locator("#elder-switch")).to_be_focused()
    assert page.input_value("[name=note]") == "写了一半"
    page.reload()
    expect(page.locator("html")).to_have_attribute("data-size", "elder")


def test_somebody_signed_in_is_warned_before_the_session_ends_and_can_stay(page_out_of_time, visit, sign_in):
    page = page_out_of_time
    sign_in(page, "陈静")
    visit(page, "/display/")
    page.clock.run_for(15 * 60 * 1000 + 100)
    expect(page.locator("#session-warning")).to_contain_text("还有5分钟就会自动退出")
    page.click("text=我还在，继续用")
    expect(page.locator("#session-warning")).to_be_empty()
    page.clock.run_for(20 * 60 * 1000 + 100)
    expect(page.locator("#page-error")).to_contain_text("登录已过期")


class TestWithoutJavaScript:
    def test_the_sizes_can_be_chosen(self, plain_page, visit):
        visit(plain_page, "/display/?next=/try/")
        plain_page.check("[type=radio][value=elder]")
        plain_page.check("[type=radio][value=high]")
        plain_page.click("text=就用这样的")
        expect(plain_page).to_have_url(re.compile("/try/$"))
        expect(plain_page.locator("html")).to_have_attribute("data-size", "elder")
        expect(plain_page.locator("html")).to_have_attribute("data-contrast", "high")

    def test_a_form_is_sent_and_its_result_is_a_page(self, plain_page, visit):
        visit(plain_page, "/try/")
        plain_page.click("#send")
        expect(plain_page.locator("h1")).to_have_text("邀请已发出")


def test_all_of_a_page_is_reached_by_tab_in_reading_order_with_a_visible_ring(page, visit):
    visit(page, "/try/")
    reached = []
    for _ in range(12):
        page.keyboard.press("Tab")
        reached.append(
            page.evaluate(
                "() => { const el = document.activeElement, style = getComputedStyle(el);"
                " return [el.innerText, style.outlineStyle, parseInt(style.outlineWidth)]; }"
            )
        )
        if reached[-1][0].startswith("打电话问"):
            break
    names = [name for name, *_ in reached]
    assert names[0] == "跳到正文"
    assert names.index("返回") < names.index("同意并发出邀请") < names.index("撤回邀请")
    assert all(style == "solid" and width >= 3 for _, style, width in reached)
