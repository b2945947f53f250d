"""A reviewer mends a row that an import laid aside, in the admin, and takes it in."""

from pathlib import Path

from playwright.sync_api import Page, expect

from accounts.models import HeldRow
from tests.accounts.roster.import_kit import roster
from tests.browser.sweep import sweep_admin
from tests.factories.files import csv_file, roster_row


def sound(page: Page, console: list[str]) -> None:
    assert not (problems := [*console, *sweep_admin(page)]), "\n".join(problems)
    console.clear()  # axe itself says something


def test_a_row_is_mended_and_confirmed(page, console, visit, sign_in, tmp_path: Path):
    sign_in(page, "reviewer")
    roster(csv_file(tmp_path / "r.csv", [roster_row(7001), roster_row(7002, gend="9")]), hold=True)
    row = HeldRow.objects.latest("id")
    visit(page, "/admin/accounts/heldrow/")
    sound(page, console)
    page.get_by_role("link", name=str(row.pk), exact=True).click()
    expect(page.get_by_role("button", name="放弃", exact=True)).to_be_visible()
    sound(page, console)
    page.get_by_label("gend 改成").fill("1")
    page.get_by_role("button", name="改正", exact=True).click()
    expect(page.get_by_text("已改正，可以确认")).to_be_visible()
    page.get_by_role("button", name="确认", exact=True).click()
    expect(page.get_by_text("1 行已确认并导入")).to_be_visible()
    row.refresh_from_db()
    assert row.state == "confirmed"
