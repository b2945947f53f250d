"""What comes out of the printer: A4 sheets, black on white, at least 12 points, without the page around them."""

import re


def pages_of(pdf: bytes) -> int:
    return len(re.findall(rb"/Type\s*/Page\b", pdf))


def test_every_sheet_is_one_page(page, visit):
    visit(page, "/try/sheets/")
    assert pages_of(page.pdf(prefer_css_page_size=True)) == 3


def test_paper_shows_no_controls_and_no_small_print(page, visit):
    visit(page, "/try/desk/")
    page.emulate_media(media="print")
    for gone in ("header", "footer", "form", ".actions"):
        assert not page.locator(gone).first.is_visible()
    smallest = page.evaluate(
        "Math.min(...[...document.querySelectorAll('main *')].filter((el) => el.checkVisibility() && el.innerText)"
        ".map((el) => parseFloat(getComputedStyle(el).fontSize)))"
    )
    assert smallest >= 16  # 12 pt


def test_on_paper_a_value_stands_beside_its_name(page, visit, sign_in):
    sign_in(page, "黄建国")
    visit(page, "/try/premium/receipt/")
    page.set_viewport_size({"width": 794, "height": 1123})  # A4
    page.emulate_media(media="print")
    furthest = page.evaluate(
        "Math.max(...[...document.querySelectorAll('.facts > div')].map((row) =>"
        "row.querySelector('dd').getBoundingClientRect().left - row.getBoundingClientRect().left))"
    )
    assert furthest <= 240


def test_the_print_button_is_there_only_where_it_can_work(page, plain_page, visit):
    visit(page, "/try/sheets/")
    assert page.locator("[data-print]").is_visible()
    visit(plain_page, "/try/sheets/")
    assert not plain_page.locator("[data-print]").is_visible()


def test_ctrl_enter_sends_the_final_form_of_the_desk(page, visit):
    visit(page, "/try/desk/")
    page.focus("#scan")
    page.keyboard.press("Control+Enter")
    page.wait_for_url("**/try/done/")
