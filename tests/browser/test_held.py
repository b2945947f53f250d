"""A reviewer hands a file in, in the admin; its good rows come in first, and the bad one is mended and taken in."""

from pathlib import Path

from playwright.sync_api import Page, expect

from accounts.models import HeldRow
from tests.browser.sweep import sweep_admin
from tests.factories.files import csv_file, roster_row


def sound(page: Page, console: list[str]) -> None:
    problems = [said for said in console if "422" not in said]  # a refused form answers so
    assert not (problems := [*problems, *sweep_admin(page)]), "\n".join(problems)
    console.clear()  # axe itself says something


def test_a_file_is_handed_in_and_its_bad_row_mended(page, console, visit, sign_in, tmp_path: Path):
    path = csv_file(tmp_path / "r.csv", [roster_row(7001), roster_row(7002, gend="9")])
    sign_in(page, "reviewer")
    visit(page, "/admin/accounts/import/add/")
    sound(page, console)
    page.set_input_files("#id_file", path)
    page.get_by_role("button", name="导入", exact=True).click()
    expect(page.get_by_text("第3行 gend「9」：应为 1（男）、2（女）")).to_be_visible()
    sound(page, console)
    page.get_by_role("button", name="先导入合格的1行，1行留待处理").click()
    expect(page.get_by_role("button", name="撤回", exact=True)).to_be_visible()
    sound(page, console)
    page.get_by_role("link", name="1 行", exact=True).click()
    row = HeldRow.objects.latest("id")
    page.get_by_role("link", name=str(row.pk), exact=True).click()
    expect(page.get_by_role("button", name="放弃", exact=True)).to_be_visible()
    sound(page, console)
    page.get_by_label("gend 改成").fill("1")
    page.get_by_role("button", name="改正", exact=True).click()
    expect(page.get_by_text("已改正，可以确认")).to_be_visible()
    page.get_by_role("button", name="确认", exact=True).click()
    expect(page.get_by_text("1 行已确认并导入")).to_be_visible()
    sound(page, console)
    row.refresh_from_db()
    assert row.state == "confirmed"
