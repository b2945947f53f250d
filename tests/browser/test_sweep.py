"""Every page is sound to axe, to the eye and to the console. `make sweep` runs this in all twenty-four looks."""

import os
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page

from tests.browser.looking import EVERY_LOOK, FEW_LOOKS
from tests.browser.sweep import ADMIN, PAGES, Stop, sweep, sweep_admin, ways_in, ways_on

LOOKS = EVERY_LOOK if os.environ.get("SWEEP") == "every" else FEW_LOOKS


@pytest.fixture(scope="module")
def tab(windows, town) -> Iterator[Page]:
    with windows.tab() as tab:
        yield tab


@pytest.fixture
def page(tab: Page) -> Iterator[Page]:
    """One tab for all stops, as somebody finds it who was never here."""
    yield tab
    tab.context.clear_cookies()


@pytest.mark.parametrize("stop", PAGES, ids=str)
def test_the_page_is_sound(stop: Stop, page, console, visit, sign_in, server):
    if stop.who:
        sign_in(page, stop.who)
    page.context.add_cookies([{"name": "display", "value": "elder.high", "url": server.url}])
    visit(page, stop.path)
    assert stop.path.startswith("/errors/") or page.locator("h1", has_text="页面出了问题").count() == 0

    assert page.locator("html").get_attribute("data-size") == "elder"
    page.context.clear_cookies(name="display")
    standard = page.request.get(page.url).text()
    assert 'data-size="standard"' in standard
    assert ways_on(page) == ways_in(page, standard)

    problems = [said for said in console if "Failed to load resource" not in said]  # error pages have error statuses
    problems += sweep(page, LOOKS)
    assert not problems, "\n".join(problems)


@pytest.mark.parametrize("stop", ADMIN, ids=str)
def test_the_admin_page_is_sound_to_axe(stop: Stop, page, console, visit, sign_in):
    sign_in(page, stop.who)
    visit(page, stop.path)
    problems = list(console) + sweep_admin(page)  # what axe itself says to the console afterwards does not count
    assert not problems, "\n".join(problems)
