"""Pictures of papers at the counter: taken by keyboard or without JavaScript, and read by the reviewer beside the case."""

from datetime import date

import pytest
from playwright.sync_api import Page, expect

from accounts.codes import CaseKind, CaseState
from accounts.models import AuditEvent, Case, CaseScan, Person
from tests.browser.test_counter_bind import at_the_papers
from tests.browser.test_counter_case import RUIAN, Keys, sound
from tests.factories.people import EnrolmentFactory, PersonFactory, certno
from tests.factories.pictures import picture

POWER = "经公证处公证的委托书的影像"
PAGE = {"name": "scan0001.jpg", "mimeType": "image/jpeg", "buffer": picture(1)}
OTHER_PAGE = {"name": "scan0002.jpg", "mimeType": "image/png", "buffer": picture(2)}
NONE = {"name": "scan0003.jpg", "mimeType": "image/jpeg", "buffer": b"<html><script>alert(1)</script>"}


@pytest.fixture
def payer(town) -> Person:
    return Person.objects.get(name="郑平")


@pytest.fixture
def mother(town) -> Person:
    person = PersonFactory(birth_on=date(1957, 5, 6), gender=2, name="林玉秀")
    return EnrolmentFactory(person=person, region=RUIAN, insurance="390", person_type="15").person


def brought_by_agent(page: Page) -> None:
    """Say that somebody else comes with a power of attorney."""
    page.locator("#id_by_agent").check()
    page.locator("#id_agent_name").fill("陈代办")
    page.locator("#id_agent_certno").fill(certno(88_001))
    page.locator("#id_power_number").fill("瑞证字1号")
    page.get_by_role("button", name="保存①").click()
    expect(page.locator("#papers")).to_contain_text("经公证处公证的委托书")


def test_taken_by_keyboard_and_read_beside_what_would_change(page, console, visit, sign_in, payer, mother):
    sign_in(page, "clerk1")
    visit(page, "/counter/cases/new/?kind=bind")
    keys = Keys(page)
    at_the_papers(page, keys, payer, mother)
    brought_by_agent(page)
    expect(page.locator("#id_everything")).to_be_focused()
    keys.press("Space", "Enter")
    box = page.get_by_label(POWER)
    expect(box).to_be_focused()
    expect(page.locator("#check")).to_contain_text("缺影像：经公证处公证的委托书")
    sound(page)
    box.set_input_files([PAGE, NONE])
    page.get_by_role("button", name="保存③").press("Enter")
    expect(page.locator("#papers")).to_contain_text("第2个文件打不开")
    expect(box).to_be_focused()
    sound(page)
    box.set_input_files([PAGE, OTHER_PAGE])
    page.get_by_role("button", name="保存③").press("Enter")
    expect(page.locator("#submit")).to_be_focused()
    sound(page)
    keys.press("Control+Enter")
    expect(page.get_by_role("heading", name="已提交，等复核")).to_be_visible()
    case = Case.objects.filter(kind=CaseKind.BIND, other=mother).latest("id")
    looks = AuditEvent.objects.filter(verb="case.scan_viewed", case=case.number, subject=payer)

    sign_in(page, "reviewer")
    visit(page, f"/counter/review/{case.number}/")
    expect(page.locator("#approve")).to_be_focused()
    sound(page)
    assert not looks.exists(), "nothing is fetched that nobody opens"
    first, second = page.locator(".scan > summary").all()
    first.focus()
    keys.press("Enter")
    shown = page.locator(".scan img").first
    expect(shown).to_have_js_property("naturalWidth", 120)
    keys.press("ArrowDown")
    expect(second).to_be_focused()
    sound(page)
    assert looks.count() == 1
    keys.press("Control+Enter")
    expect(page.locator("main")).to_contain_text("已通过")
    case.refresh_from_db()
    assert case.state == CaseState.DONE
    assert [text for text in console if "422" not in text] == []  # the refused file was answered so


def test_taken_and_removed_without_javascript(plain_page, visit, sign_in, payer):
    page = plain_page
    sign_in(page, "clerk1")
    visit(page, "/counter/cases/new/?kind=identity_code")
    page.fill("#id_typed", str(payer.certno))
    page.keyboard.press("Enter")
    page.locator("summary", has_text="材料影像").click()
    page.get_by_label("本人有效身份证件的影像").set_input_files([PAGE])
    page.get_by_role("button", name="保存③").click()
    expect(page.locator("#papers")).to_contain_text("材料影像（1张）")
    scan = CaseScan.objects.latest("id")
    assert bytes(scan.content).startswith(b"\xff\xd8")
    page.get_by_label("删除这张").check()
    page.get_by_role("button", name="保存③").click()
    expect(page.locator("#papers")).not_to_contain_text("1张")
    scan.refresh_from_db()
    assert scan.content is None
