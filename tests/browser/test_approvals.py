"""Two people publish a rule in the admin: one writes it and hands it over, the other reads what it says and approves."""

from playwright.sync_api import Page, expect

from accounts.models import PolicyVersion
from accounts.policies.publishing import text_of
from tests.browser.sweep import sweep_admin

START = "2031-01-01"


def sound(page: Page, console: list[str]) -> None:
    assert not (problems := [*console, *sweep_admin(page)]), "\n".join(problems)
    console.clear()  # axe itself says something


def later_text() -> str:
    version = PolicyVersion.objects.filter(region="330900", kind="interest", state="published").latest("effective_from")
    return text_of(version).replace(version.effective_from.isoformat(), START)


def test_a_rule_is_handed_over_read_and_approved(page, console, visit, sign_in):
    sign_in(page, "policy")
    visit(page, "/admin/accounts/policyversion/add/")
    page.select_option("#id_region", "330900")
    page.select_option("#id_kind", "interest")
    page.fill("#id_body", later_text())
    page.get_by_role("button", name="保存", exact=True).click()
    page.get_by_role("link", name=f"舟山市 计息 {START}起").first.click()
    page.get_by_role("link", name="提交复核：先保存，再交审批岗的同事发布").click()
    expect(page.get_by_role("rowheader", name="代替")).to_be_visible()
    sound(page, console)
    page.get_by_label("理由").fill("按上级通知调整")
    page.get_by_label("文号").fill("舟医保〔2030〕9号")
    page.get_by_role("button", name="提交复核").click()
    expect(page.get_by_text("这是您自己提交的，要由另一位同事复核")).to_be_visible()
    expect(page.get_by_role("button", name="通过")).to_have_count(0)
    sound(page, console)

    sign_in(page, "approver")
    visit(page, "/admin/accounts/approval/")
    expect(page.get_by_role("cell", name="舟医保〔2030〕9号")).to_be_visible()
    sound(page, console)
    page.get_by_role("row", name="发布政策版本").get_by_role("link").first.click()
    expect(page.get_by_role("row", name=f"政策版本 舟山市 计息 {START}起")).to_be_visible()
    sound(page, console)
    page.get_by_role("button", name="通过").click()
    expect(page.get_by_text(f"已发布：舟山市 计息 {START}起。从 {START} 起按它办。")).to_be_visible()
    assert PolicyVersion.objects.get(region="330900", kind="interest", effective_from=START).state == "published"
