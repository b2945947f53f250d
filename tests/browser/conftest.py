"""Chromium, a town of demo people to look at, who is signed in, and a page that tells what its console said.

The town is a database of its own, filled once per run: the browser writes to it for good, so it cannot be undone
after each test like the others. The browser tests of a worker share it.
"""

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from urllib.parse import urljoin

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.conf import settings as django_settings
from django.contrib.staticfiles.handlers import StaticFilesHandler
from django.core.signals import request_started
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.test import override_settings
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Error, Page, expect
from pytest_django.live_server_helper import LiveServer

from accounts.models import Person, User
from tests import databases
from tests.browser.home import Home
from tests.browser.looking import AXE
from tests.browser.windows import PATIENCE, PHONE, Windows
from tests.factories.users import citizen, signed_in

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
    bare = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
    once = "--js-flags=--no-opt --no-maglev"  # scripts run once on a page: they are over before optimising them pays
    return {"executable_path": CHROMIUM, "args": [*bare, once]}


@pytest.fixture(scope="session")
def town_database(demo_template, django_db_blocker) -> Iterator[str]:
    """The demo's database once more, to be written to for good."""
    name = f"{demo_template}_town"
    with django_db_blocker.unblock(), databases.copied(demo_template, name):
        yield name


@pytest.fixture(scope="module")
def town(town_database, django_db_blocker) -> Iterator[None]:
    """Work in the town, with what earlier tests did there, at the site's addresses and those that misbehave."""
    addresses = override_settings(ROOT_URLCONF="tests.browser.urls")
    with django_db_blocker.unblock(), databases.database(town_database), addresses:
        yield


@pytest.fixture(autouse=True)
def _policies_of_this_test() -> None:
    """The rules of the town are read once and asked for changes as in production: nothing is undone after a test."""


class Files(StaticFilesHandler):
    """The site's files, which browsers keep as they do those of the site in use; and axe, for pages to load."""

    def serve(self, request: HttpRequest) -> HttpResponseBase:
        axe = request.path == AXE
        answer = HttpResponse(Axe().axe_script, content_type="text/javascript") if axe else super().serve(request)
        answer["Cache-Control"] = "max-age=3600"
        return answer


@pytest.fixture(scope="session")
def server() -> Iterator[LiveServer]:
    """The site, served from this process to the browser."""
    server = LiveServer("localhost", start=False)
    server.thread.static_handler = Files
    server.start()
    request_started.connect(_leave_other_towns)
    with server._live_server_modified_settings:
        yield server
        server.stop()
    request_started.disconnect(_leave_other_towns)


def _leave_other_towns(**kwargs: object) -> None:
    """A thread of the server goes on, and with it its session in the database, as long as the browser talks to it."""
    session = connection.connection
    if session is not None and (session.closed or session.info.dbname != connection.settings_dict["NAME"]):
        connection.close()


@pytest.fixture(scope="session")
def windows(browser: Browser, server) -> Windows:
    return Windows(browser, server.url)


@pytest.fixture
def page(windows, town) -> Iterator[Page]:
    """A tab of somebody who was never here."""
    with windows.tab() as page:
        yield page


@pytest.fixture
def plain_page(windows, town) -> Iterator[Page]:
    """The same without JavaScript, as wide as a phone."""
    with windows.tab(javascript=False) as page:
        yield page


@pytest.fixture(params=["with JavaScript", "without JavaScript"])
def any_page(request: pytest.FixtureRequest, windows, town) -> Iterator[Page]:
    with windows.tab(javascript=request.param == "with JavaScript") as page:
        yield page


@pytest.fixture
def page_out_of_time(context: BrowserContext, town) -> Iterator[Page]:
    """A page where time passes as the test says: Playwright sets the clock of a whole window, so this has its own."""
    page = context.new_page()
    page.set_default_timeout(PATIENCE)
    page.clock.install()
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
def at_home(windows, visit, sign_in) -> Iterator[Callable[..., Home]]:
    """Return what puts somebody of the town in a browser of their own, as wide as a phone."""
    said = []

    def complain(message: ConsoleMessage) -> None:
        if message.type == "error" and "Failed to load resource" not in message.text:  # refused forms answer 422
            said.append(message.text)

    def open_for(name: str, *, javascript: bool = True) -> Home:
        page = open_tabs.enter_context(windows.tab(javascript=javascript))
        page.set_viewport_size(PHONE)
        page.on("pageerror", lambda error: said.append(str(error)))
        page.on("console", complain)
        sign_in(page, name)
        return Home(page, name, visit)

    with ExitStack() as open_tabs:
        yield open_for
    assert said == []
