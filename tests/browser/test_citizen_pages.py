"""Pages whose address or content only a story brings about, looked at like those of the sweep."""

import re

import pytest
from playwright.sync_api import Page, expect

from accounts.models import Transfer
from accounts.operations.notices import warn_of_new_device
from tests.browser.looking import FEW_LOOKS, Look, look_at
from tests.browser.sweep import sweep
from tests.factories.acts import act_now
from tests.factories.people import EnrolmentFactory


def entry_of(name: str, kind: str) -> str:
    rows = Transfer.objects.filter(kind=kind)
    mine = rows.filter(target__person__name=name) | rows.filter(source__person__name=name)
    return f"/account/entries/{mine.order_by('-id').first().pk}/"


def check(page: Page, console: list[str]) -> None:
    problems = console + sweep(page, FEW_LOOKS)
    assert not problems, "\n".join(problems)


@pytest.mark.parametrize(
    ("name", "kind"),
    [("何苗", "precredit"), ("陈静", "spending"), ("陈静", "rollover"), ("黄建国", "accrual"), ("吴婷", "precredit")],
)
def test_an_entry_explained(name, kind, page, console, visit, sign_in):
    sign_in(page, name)
    visit(page, entry_of(name, kind))
    check(page, console)


def test_notices_that_were_not_read(page, console, visit, sign_in):
    user = sign_in(page, "赵倩")
    for _ in range(2):
        warn_of_new_device(act=act_now(), person=user.person)
    visit(page, "/messages/")
    expect(page.locator(".tabs")).to_contain_text("条新")
    check(page, console)


def test_a_doubt_that_waits_for_an_answer(page, console, visit, sign_in):
    sign_in(page, "苏梅")
    visit(page, "/feedback/")
    page.fill("[name=text]", "退休的钱怎么少了")
    page.get_by_role("button", name="交给我们").click()
    expect(page.locator("h1")).to_have_text("收到了，谢谢")
    check(page, console)
    visit(page, "/cases/")
    expect(page.locator("main")).to_contain_text("等答复")
    check(page, console)


def test_a_refused_feedback(page, console, visit):
    visit(page, "/feedback/?about=DJ2026-1121-00007")
    page.get_by_role("button", name="交给我们").click()
    expect(page.locator("#error-summary")).to_be_focused()
    check(page, [said for said in console if "422" not in said])


def test_a_rating_asks_for_five_stars_in_words(page, console, visit):
    visit(page, "/feedback/?about=DJ2026-1121-00007")
    expect(page.locator("[name=score]")).to_have_count(5)
    check(page, console)


def test_a_person_in_two_regions_can_change_between_them(page, console, visit, sign_in):
    user = sign_in(page, "方磊")
    if not user.person.enrolments.filter(region="430000").exists():
        EnrolmentFactory(person=user.person, region="430000", status=4)
    visit(page, "/account/")
    check(page, console)
    page.get_by_role("button", name="看湖南省的账户").click()
    expect(page.locator("main")).to_contain_text("湖南省职工医保")


def test_the_printed_year_is_whole_and_without_controls(page, visit, sign_in):
    sign_in(page, "陈静")
    visit(page, "/account/entries/print/?year=2025")
    page.emulate_media(media="print")
    for gone in ("header", "footer", "button"):
        assert not page.locator(gone).first.is_visible()
    assert page.locator("table.ledger").is_visible()
    smallest = page.evaluate(
        "Math.min(...[...document.querySelectorAll('main *')].filter((el) => el.checkVisibility() && el.innerText)"
        ".map((el) => parseFloat(getComputedStyle(el).fontSize)))"
    )
    assert smallest >= 16  # 12 pt


@pytest.mark.parametrize(
    "path", ["/account/", "/account/entries/", "/account/years/", "/account/statements/", "/family/", "/family/usage/"]
)
def test_in_the_largest_letters_on_a_phone_a_page_begins_within_300_pixels(path, page, visit, sign_in):
    sign_in(page, "陈静")
    visit(page, path)
    look_at(page, Look("largest", 390))
    assert page.locator("h1").bounding_box()["y"] < 300


def test_entries_are_searched_by_keyboard_without_javascript(plain_page, visit, sign_in):
    sign_in(plain_page, "陈静")
    visit(plain_page, "/account/entries/")
    plain_page.locator(".filter > summary").press("Enter")
    plain_page.get_by_label("谁用的").select_option(label="陈伟（父亲）")
    plain_page.get_by_label("金额从（元）").fill("100")
    plain_page.get_by_label("金额从（元）").press("Enter")
    expect(plain_page.locator("#entries")).to_contain_text("只列出：陈伟（父亲）用的，金额 100.00 元以上。")
    expect(plain_page.locator("#entries .entry", has_text="本人")).to_have_count(0)
    assert "陈伟" not in plain_page.url


def test_the_form_prints_on_one_sheet(page, console, visit, sign_in):
    sign_in(page, "陈静")
    visit(page, "/offices/form/")
    printed = page.pdf(format="A4", prefer_css_page_size=True)
    assert len(re.findall(rb"/Type\s*/Page\b(?!s)", printed)) == 1
