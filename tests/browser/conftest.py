"""Chromium, a town of demo people to look at, who is signed in, and a page that tells what its console said.

The town is a database of its own, filled once per run: the browser writes to it for good, so it cannot be undone
after each test like the others. The browser tests of a worker share it.
"""

import os
import shutil
from collections.abc import Callable, Iterator
from urllib.parse import urljoin

import pytest
from django.conf import settings as django_settings
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Error, Page, expect
from pytest_django.live_server_helper import LiveServer

from accounts.models import Person, User
from tests import databases
from tests.browser.home import Home
from tests.factories.users import citizen, signed_in

PATIENCE = 120_000  # milliseconds: on a busy machine a page is slow, and no test fails for that
expect.set_options(timeout=PATIENCE)

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")

# Playwright keeps an event loop in this thread, which Django takes for an async view.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "browser" not in item.path.parts:
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


@pytest.fixture(scope="session")
def town_database(demo_template, django_db_blocker) -> Iterator[str]:
    """The demo's database once more, to be written to for good."""
    name = f"{demo_template}_town"
    with django_db_blocker.unblock(), databases.copied(demo_template, name):
        yield name


@pytest.fixture
def town(town_database, django_db_blocker) -> Iterator[None]:
    """Work in the town, with what earlier tests did there."""
    with django_db_blocker.unblock(), databases.database(town_database):
        yield


@pytest.fixture(scope="session")
def server() -> Iterator[LiveServer]:
    """The site, served from this process to the browser."""
    server = LiveServer("localhost")
    with server._live_server_modified_settings:
        yield server
        server.stop()


@pytest.fixture(scope="module")
def window(browser: Browser, server) -> Iterator[BrowserContext]:
    """One window of the browser for a module's tests: its processes and caches take longer to begin than most of them.

    Its first tab stays open at the site, which is not asked for it: with the last one Chromium ends the site's process.
    """
    window = browser.new_context()
    first = window.new_page()
    first.route("**/*", lambda route: route.fulfill(content_type="text/html", body='<link rel="icon" href="data:,">'))
    first.goto(server.url)
    yield window
    window.close()


@pytest.fixture
def page(window: BrowserContext, town) -> Iterator[Page]:
    """A new tab of somebody who was never here; closed while the town is still there for what it asks by itself."""
    page = window.new_page()
    page.set_default_timeout(PATIENCE)
    yield page
    for tab in window.pages[1:]:
        tab.close()
    window.clear_cookies()


@pytest.fixture
def plain_page(browser: Browser) -> Iterator[Page]:
    """Return a page of a browser without JavaScript, as wide as a phone."""
    context = browser.new_context(java_script_enabled=False, viewport={"width": 390, "height": 844})
    page = context.new_page()
    page.set_default_timeout(PATIENCE)
    yield page
    context.close()


@pytest.fixture
def console(page: Page) -> Iterator[list[str]]:
    """Collect what the page complains about: script errors and anything the CSP refused."""
    said: list[str] = []

    def failed(error: Error) -> None:
        said.append(f"script error: {error}")

    def complained(message: ConsoleMessage) -> None:
        if message.type == "error":
            said.append(f"console: {message.text}")

    page.on("pageerror", failed)
    page.on("console", complained)
    yield said
    page.remove_listener("pageerror", failed)
    page.remove_listener("console", complained)


@pytest.fixture
def visit(server, town) -> Callable[[Page, str], None]:
    """Return what opens an address of the site in a page."""

    def visit(page: Page, path: str) -> None:
        page.goto(urljoin(server.url, path))

    return visit


@pytest.fixture
def sign_in(server, town) -> Callable[[Page, str], User]:
    """Return what signs somebody of the town in: a member of staff by account, a citizen by name."""

    def sign_in(page: Page, who: str) -> User:
        user = User.objects.filter(username=who).first() or _citizen(Person.objects.get(name=who))
        cookie = signed_in(user).cookies[django_settings.SESSION_COOKIE_NAME]
        page.context.add_cookies([{"name": cookie.key, "value": cookie.value, "url": server.url}])
        return user

    return sign_in


def _citizen(person: Person) -> User:
    return User.objects.filter(person=person).first() or citizen(person=person)


@pytest.fixture
def at_home(browser: Browser, visit, sign_in) -> Iterator[Callable[..., Home]]:
    """Return what puts somebody of the town in a browser of their own, as wide as a phone."""
    contexts, said = [], []

    def complain(message: ConsoleMessage) -> None:
        if message.type == "error" and "Failed to load resource" not in message.text:  # refused forms answer 422
            said.append(message.text)

    def open_for(name: str, *, javascript: bool = True) -> Home:
        context = browser.new_context(java_script_enabled=javascript, viewport={"width": 390, "height": 844})
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(PATIENCE)
        page.on("pageerror", lambda error: said.append(str(error)))
        page.on("console", complain)
        sign_in(page, name)
        return Home(page, name, visit)

    yield open_for
    for context in contexts:
        context.close()
    assert said == []
