"""Every page is sound to axe, to the eye and to the console. `make sweep` runs this in all twenty-four looks."""

import os

import pytest
from django.core.management import call_command

from tests.browser.looking import EVERY_LOOK, FEW_LOOKS
from tests.browser.sweep import PAGES, Stop, sweep, sweep_admin, ways_on

pytestmark = pytest.mark.urls("tests.browser.urls")

LOOKS = EVERY_LOOK if os.environ.get("SWEEP") == "every" else FEW_LOOKS


@pytest.mark.parametrize("stop", [stop for stop in PAGES if stop.is_admin], ids=lambda stop: stop.name)
def test_the_admin_page_is_sound_to_axe(stop: Stop, page, console, visit, sign_in, people):
    call_command("load_policies", verbosity=0)
    sign_in(page, people[stop.role])
    visit(page, stop.path)
    problems = list(console) + sweep_admin(page)  # what axe itself says to the console afterwards does not count
    assert not problems, "\n".join(problems)


@pytest.mark.parametrize("stop", [stop for stop in PAGES if not stop.is_admin], ids=lambda stop: stop.name)
def test_the_page_is_sound(stop: Stop, page, console, visit, sign_in, people):
    if user := people[stop.role]:
        sign_in(page, user)
    visit(page, stop.path)

    standard = ways_on(page)
    page.context.add_cookies([{"name": "display", "value": "elder.high", "url": page.url}])
    page.reload()
    assert page.locator("html").get_attribute("data-size") == "elder"
    assert ways_on(page) == standard

    problems = [said for said in console if "Failed to load resource" not in said]  # error pages have error statuses
    problems += sweep(page, LOOKS)
    assert not problems, "\n".join(problems)
