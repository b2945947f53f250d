"""Somebody at home in a browser of their own: going places, pressing what has a name, inviting a relative."""

import re
from collections.abc import Callable
from dataclasses import dataclass

from playwright.sync_api import Locator, Page, expect

from accounts.models import Person


@dataclass
class Home:
    """One person's browser at home."""

    page: Page
    name: str
    visit: Callable[[Page, str], None]

    @property
    def person(self) -> Person:
        return Person.objects.get(name=self.name)

    def go(self, path: str) -> None:
        self.visit(self.page, path)

    def click(self, name: str) -> None:
        self.page.locator("main").get_by_role("button", name=name, exact=True).or_(
            self.page.locator("main").get_by_role("link", name=name, exact=True)
        ).first.click()

    def sees(self, *texts: str) -> None:
        for text in texts:
            expect(self.page.locator("main")).to_contain_text(text)

    def card(self, name: str) -> Locator:
        return self.page.locator("article", has_text=name)

    def invite(self, relative: "Home", relation: str, limit: str = "") -> str:
        """Go through the three steps; return the number."""
        page = self.page
        self.go("/family/")
        self.click("邀请一位家人")
        page.check(f"[name=relation][value='{relation}']")
        self.click("继续")
        page.fill("[name=name]", relative.name)
        page.fill("[name=certno]", relative.person.certno)
        page.fill("[name=phone]", "")
        page.check("[name=no_phone]")
        page.check(f"[name=limit][value='{'other' if limit else 'none'}']")
        page.fill("[name=limit_other]", limit or "")
        self.click("继续")
        self.sees("检查后发出邀请", "以后才算数")
        page.check("[name=agree]")
        self.click("同意并发出邀请")
        self.sees("邀请已发出")
        return re.search(r"GJ[\w-]+", page.inner_text("main"))[0]
