"""Chromium for the browser tests, people who are signed in, and a page that tells what its console said."""

import os
import shutil
from collections.abc import Callable
from urllib.parse import urljoin

import pytest
from django.conf import settings as django_settings
from playwright.sync_api import Browser, BrowserContext, Page

from accounts.enums import Role
from accounts.models import User
from tests.factories.users import citizen, official, signed_in

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")

# Playwright keeps an event loop in this thread, which Django takes for an async view.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "/tests/browser/" not in item.nodeid and "tests/browser/" not in str(item.path):
            continue
        item.add_marker(pytest.mark.browser)
        if CHROMIUM is None:
            item.add_marker(pytest.mark.skip(reason="no Chromium here: apt-get install chromium fonts-noto-cjk"))


@pytest.fixture(scope="session")
def base_url() -> None:
    """Stand in for the plugin's own, a method, which pytest 9 warns about. Tests name addresses through `visit`."""


@pytest.fixture(scope="session")
def browser_type_launch_args() -> dict:
    return {"executable_path": CHROMIUM, "args": ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]}


@pytest.fixture
def page(context: BrowserContext) -> Page:
    page = context.new_page()
    page.set_default_timeout(10_000)
    return page


@pytest.fixture
def console(page: Page) -> list[str]:
    """Collect what the page complains about: script errors and anything the CSP refused."""
    said: list[str] = []
    page.on("pageerror", lambda error: said.append(f"script error: {error}"))
    page.on("console", lambda message: said.append(f"console: {message.text}") if message.type == "error" else None)
    return said


@pytest.fixture
def plain_page(browser: Browser, live_server) -> Page:
    """Return a page of a browser without JavaScript."""
    context = browser.new_context(java_script_enabled=False, viewport={"width": 390, "height": 844})
    yield context.new_page()
    context.close()


@pytest.fixture
def sign_in(live_server) -> Callable[[Page, User], None]:
    """Return what puts a user's session into the browser of a page."""

    def sign_in(page: Page, user: User) -> None:
        cookie = signed_in(user).cookies[django_settings.SESSION_COOKIE_NAME]
        page.context.add_cookies([{"name": cookie.key, "value": cookie.value, "url": live_server.url}])

    return sign_in


@pytest.fixture
def visit(live_server) -> Callable[[Page, str], None]:
    def visit(page: Page, path: str) -> None:
        page.goto(urljoin(live_server.url, path))

    return visit


@pytest.fixture
def people(transactional_db) -> dict[str, User | None]:
    """Return who looks at the pages of the sweep, by role."""
    return {
        "": None,
        "citizen": citizen("19900000001"),
        "clerk": official(Role.CLERK),
        "policy": official(Role.POLICY),
        "root": User.objects.create_superuser("root"),
    }
