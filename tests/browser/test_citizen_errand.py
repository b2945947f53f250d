"""One long errand by keyboard alone, with JavaScript and without: in, read, understand, enlarge, print, out."""

import re
from collections.abc import Callable

from playwright.sync_api import Locator, Page, expect

from accounts.models import Person
from tests.browser.test_journeys import code_of

MOST_STEPS = 120


def tab_to(page: Page, target: Locator) -> Locator:
    """Walk to a control (of some radios: the one in the tab order) as far as it takes; return it, focused, in sight."""
    for _ in range(MOST_STEPS):
        page.keyboard.press("Tab")
        if target.evaluate_all("all => all.includes(document.activeElement)"):
            assert page.locator(":focus").bounding_box(), "focus is on something that cannot be seen"
            return target
    raise AssertionError(f"Tab never comes to {target}")


def press(page: Page, target: Locator) -> None:
    """Walk to a control and press Enter; the page stays."""
    tab_to(page, target)
    page.keyboard.press("Enter")


def leave_by(page: Page, target: Locator) -> None:
    """Walk to a control and press Enter; another page comes."""
    tab_to(page, target)
    with page.expect_navigation():
        page.keyboard.press("Enter")


def follow(page: Page, name: str) -> None:
    leave_by(page, page.get_by_role("link", name=name, exact=True).first)


def send(page: Page, name: str) -> None:
    leave_by(page, page.get_by_role("button", name=name, exact=True))


def fill(page: Page, name: str, text: str) -> None:
    tab_to(page, page.locator(f"[name={name}]"))
    page.keyboard.type(text)


def enter(page: Page) -> None:
    with page.expect_navigation():
        page.keyboard.press("Enter")


def choose(page: Page, name: str, value: str) -> None:
    """Pick one of some radios or options with the arrow keys."""
    controls = page.locator(f"input[name={name}], select[name={name}]")
    tab_to(page, controls)
    if controls.first.get_attribute("type") == "radio":
        page.keyboard.press("Space")
    for _ in range(MOST_STEPS):
        if page.locator(f"input[name={name}][value='{value}']:checked, select[name={name}]").evaluate_all(
            "(all, value) => all.some((el) => el.value === value)", value
        ):
            return
        page.keyboard.press("ArrowDown")
    raise AssertionError(f"the arrows never come to {value}")


def sign_in_by_phone(page: Page, person: Person, visit: Callable[[Page, str], None]) -> None:
    fill(page, "phone", person.phone)
    enter(page)
    fill(page, "code", code_of(page, visit))
    enter(page)


def prove_identity(page: Page, person: Person, region: str) -> None:
    expect(page.locator("h1")).to_have_text("确认本人身份")
    choose(page, "way", "record")
    enter(page)
    fill(page, "name", person.name)
    fill(page, "certno", person.certno)
    choose(page, "region", region)
    send(page, "确认")
    expect(page.locator("h1")).to_have_text("身份已确认")


# They sign in with their own phones for the first time here: no other test of the town may sign them in.
STORIES = {
    "with JavaScript": ("林强", "330900", "缴费基数从5,600.00元变成6,400.00元：多 +192.00 元"),
    "without JavaScript": ("孙洁", "330900", "退休了，改按退休人员的标准记入：少 −540.00 元"),
}


def test_why_this_year_differs_from_last_year(any_page, visit, request):
    page, mode = any_page, request.node.callspec.params["any_page"]
    name, region, cause = STORIES[mode]
    person = Person.objects.get(name=name)
    page.set_viewport_size({"width": 390, "height": 844})

    visit(page, "/")
    leave_by(page, page.locator("main").get_by_role("link", name="登录", exact=True))
    sign_in_by_phone(page, person, visit)
    prove_identity(page, person, region)
    follow(page, "去我的账户")

    expect(page.locator("#balance")).to_contain_text("历年结余（可给家人用）")
    expect(page.locator("#balance")).to_contain_text("当年账户（只能自己用）")
    less = page.locator("details", has_text="怎么变少了？")
    press(page, less.locator("summary"))
    expect(less.locator("p").first).to_contain_text("今年到现在")

    visit(page, "/account/")
    follow(page, "这些钱是怎么算出来的？")
    expect(page.locator("main")).to_contain_text("和去年比差在哪")
    expect(page.locator("main")).to_contain_text(cause)

    follow(page, "字号：标准")
    choose(page, "text_size", "largest")
    send(page, "就用这样的")
    expect(page.locator("html")).to_have_attribute("data-size", "largest")
    expect(page.locator("main")).to_contain_text("和去年比差在哪")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390

    follow(page, "账户明细")
    follow(page, "打印")
    expect(page.locator("h2").first).to_have_text("职工医保个人账户明细")
    if mode == "with JavaScript":
        page.evaluate("window.print = () => { document.title = 'printed' }")
        press(page, page.get_by_role("button", name="打印", exact=True))
        expect(page).to_have_title("printed")
    assert len(re.findall(rb"/Type\s*/Page\b", page.pdf(prefer_css_page_size=True))) >= 1

    send(page, "退出")
    expect(page.locator("h1")).to_have_text("职工医保个人账户")
    visit(page, "/account/")
    expect(page).to_have_url(re.compile(r"/login/\?next="))


def test_the_right_counter_is_found_and_the_form_follows(any_page, visit):
    page = any_page
    visit(page, "/offices/?region=330381")
    choose(page, "street", "塘下镇")
    choose(page, "group", "civil")
    press(page, page.get_by_role("button", name="查我该去哪"))
    expect(page.locator("#office h2")).to_have_text("请到医保中心")
    expect(page).to_have_url(re.compile("street="))
    follow(page, "打印申请表")
    expect(page.locator(".sheet")).to_contain_text("交到：医保中心")


def test_a_doubt_is_reported_and_followed_up(any_page, visit, sign_in):
    page = any_page
    sign_in(page, "刘福")
    visit(page, "/account/")
    follow(page, "这些钱是怎么算出来的？")
    follow(page, "有疑问去反映")
    fill(page, "text", "这个月怎么只有七十五元")
    send(page, "交给我们")
    expect(page.locator("h1")).to_have_text("收到了，谢谢")
    number = re.search(r"FK[\w-]+", page.inner_text("main"))[0]
    follow(page, "办事进度")
    expect(page.locator("main")).to_contain_text(number)


def test_only_the_card_is_refreshed_and_focus_stays(page, visit, sign_in):
    sign_in(page, "陈静")
    visit(page, "/account/")
    page.evaluate("document.querySelector('h1').dataset.mark = 'same page'")
    refresh = page.get_by_role("link", name="刷新")
    press(page, refresh)
    expect(page.locator("#status")).to_have_text("已更新。")
    expect(refresh).to_be_focused()
    expect(page.locator("h1[data-mark]")).to_have_count(1)


def test_the_filter_tells_how_much_it_found(page, visit, sign_in):
    sign_in(page, "陈静")
    visit(page, "/account/entries/")
    choose(page, "year", "2025")
    press(page, page.get_by_role("button", name="查看"))
    expect(page.locator("#status")).to_contain_text("找到")
    expect(page).to_have_title("2025年的明细 - 医保个人账户")


def test_on_a_phone_the_filter_is_folded_and_opens_by_keyboard(page, visit, sign_in):
    page.set_viewport_size({"width": 390, "height": 844})
    sign_in(page, "陈静")
    visit(page, "/account/entries/")
    expect(page.locator("[name=year]")).to_be_hidden()
    press(page, page.get_by_text("按年月、谁用的、地方、金额找"))
    choose(page, "year", "2025")
    press(page, page.get_by_role("button", name="查看"))
    expect(page).to_have_title("2025年的明细 - 医保个人账户")


def test_a_file_of_the_entries_is_downloaded(page, visit, sign_in):
    sign_in(page, "陈静")
    visit(page, "/account/entries/?year=2025")
    with page.expect_download() as download:
        page.get_by_role("link", name="下载表格（CSV）").click()
    assert download.value.suggested_filename == "医保账户明细2025.csv"
