"""Windows of the browser, lent to one person after another: their processes take longer to begin than most tests."""

from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, BrowserContext, Page

PATIENCE = 120_000  # milliseconds: on a busy machine a page is slow, and no test fails for that
PHONE = {"width": 390, "height": 844}


class Windows:
    def __init__(self, browser: Browser, site: str) -> None:
        self.browser, self.site = browser, site
        self.free: dict[bool, list[BrowserContext]] = defaultdict(list)

    @contextmanager
    def tab(self, *, javascript: bool = True) -> Iterator[Page]:
        """Lend a new tab of somebody who was never here, in a window that nobody else has meanwhile."""
        free = self.free[javascript]
        window = free.pop() if free else self._new(javascript)
        tab = window.new_page()
        tab.set_default_timeout(PATIENCE)
        if not javascript:
            tab.set_viewport_size(PHONE)
        yield tab
        for tab in window.pages[1:]:
            tab.close()
        window.clear_cookies()
        free.append(window)

    def _new(self, javascript: bool) -> BrowserContext:
        """Return a window whose first tab stays open at the site: with the last one Chromium ends the site's process."""
        window = self.browser.new_context(java_script_enabled=javascript)
        first = window.new_page()
        empty = '<link rel="icon" href="data:,">'
        first.route("**/*", lambda route: route.fulfill(content_type="text/html", body=empty))
        first.goto(self.site)
        return window
