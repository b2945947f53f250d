"""Two relatives in two browsers go the whole way: in both models, by mouse, by keyboard alone, and without JavaScript."""

import re

from django.conf import settings
from django.contrib.sessions.backends.db import SessionStore
from playwright.sync_api import Page, expect

from accounts.models import Person
from accounts.sealing import fields
from family.views.citizen import share_sheet
from tests.browser.test_citizen_errand import choose, fill, follow, press, tab_to
from tests.factories.acts import act_now
from tests.factories.family import invited

PARENT, SIBLING = "5", "7"


def test_authorising_from_asking_to_closing(at_home):
    """瑞安, by mouse: the relative has two payers and puts them in order; the row of the limit is edited in place."""
    zheng, wang = at_home("郑平"), at_home("王芳")
    number = zheng.invite(wang, PARENT, limit="1000")
    invited(Person.objects.get(name="陈静"), wang.person, relation=PARENT, act=act_now())

    # She is told on the page where she starts, reads, agrees.
    wang.go("/account/")
    wang.page.locator(f"a[href='/family/invitations/{number}/answer/']").click()
    wang.sees("郑平邀请您用他的历年结余", "郑平能看到什么", "每年最多用", "¥1,000.00")
    yes, no = (wang.page.locator(".actions").get_by_text(word, exact=True) for word in ("同意", "不同意"))
    assert yes.bounding_box()["width"] == no.bounding_box()["width"]
    assert yes.get_attribute("class") == no.get_attribute("class")
    wang.click("同意")
    wang.sees("已同意，马上生效", "前可以撤回")
    wang.go("/family/")
    wang.click("看看陈静的邀请")
    wang.sees("您已经在用郑平的钱。陈静的排在后面")
    wang.click("同意")

    # Each sees their own side.
    zheng.go("/family/")
    expect(zheng.card("王芳")).to_contain_text("母亲")
    expect(zheng.card("王芳")).to_contain_text("使用中")
    wang.go("/family/from-others/")
    expect(wang.page.locator("#order article").nth(0)).to_contain_text("第1位 郑平 儿子")

    # The order: what was moved is told, and the focus stays at it.
    wang.card("陈静").get_by_role("button", name="往前一位").click()
    expect(wang.page.locator("#order article").nth(0)).to_contain_text("第1位 陈静 女儿")
    expect(wang.page.locator("#status")).to_have_text("陈静现在是第1位")
    expect(wang.page.locator("#order h2", has_text="陈静")).to_be_focused()
    wang.card("陈静").get_by_role("button", name="往后一位").click()
    expect(wang.page.locator("#order article").nth(0)).to_contain_text("郑平")
    expect(wang.page.locator("#status")).to_have_text("陈静现在是第2位")

    # A bill tried out: one after the other, at places where it works.
    wang.page.fill("[name=amount]", "1200")
    wang.page.select_option("[name=place]", "hospital-1")
    wang.click("试算")
    wang.sees("郑平（儿子）的历年结余", "能用的会用完", "陈静（女儿）的历年结余", "不够时再用")
    wang.page.select_option("[name=place]", "pharmacy")
    wang.click("再算一笔")
    wang.sees("居民医保的家人不能在这类地方用")

    # The limit in place, and back.
    zheng.card("王芳").get_by_role("link", name="管理").click()
    zheng.click("修改额度")
    zheng.page.check("[name=limit][value=other]")
    zheng.page.fill("[name=limit_other]", "很多")
    zheng.click("改成这个额度")
    expect(zheng.page.locator("#limit .field-error")).to_contain_text("金额只写数字")
    zheng.page.fill("[name=limit_other]", "500")
    zheng.click("改成这个额度")
    expect(zheng.page.locator("#limit")).to_contain_text("¥500.00")
    expect(zheng.page.locator("#status")).to_have_text("额度已修改。")
    zheng.sees("刚办的，还可以撤回")
    zheng.page.locator("#undoable").get_by_role("button").first.click()
    zheng.sees("已撤回：修改额度")

    # Removed and taken back; paused and on again.
    zheng.go("/family/")
    zheng.card("王芳").get_by_role("link", name="管理").click()
    zheng.click("移除王芳")
    zheng.sees("移除后，王芳马上不能再用您的历年结余。")
    zheng.click("移除王芳")
    zheng.sees("已移除王芳")
    wang.go("/family/from-others/")
    expect(wang.page.locator("#order")).not_to_contain_text("郑平")
    zheng.click("撤回")
    zheng.sees("已撤回：移除家人")
    wang.page.reload()
    wang.sees("郑平")

    # She leaves one of them, and the other one closes everything.
    wang.card("陈静").get_by_role("link", name="详情").click()
    wang.click("不再用陈静的钱")
    wang.click("不再用陈静的钱")
    wang.sees("已不再用陈静的钱")
    zheng.go("/family/")
    zheng.click("关闭家庭共济（注销）")
    zheng.sees("马上不能再用您的钱：", "王芳（母亲）")
    zheng.click("关闭家庭共济")
    zheng.sees("家庭共济已关闭")
    wang.go("/family/from-others/")
    wang.sees("还没有家人让您用他们的钱")


def test_asking_agreeing_and_ending_by_keyboard_alone(at_home):
    """Tab, Enter, Space and arrows do everything; nothing needs the mouse."""
    zheng, wang = at_home("郑平"), at_home("王芳")
    page = zheng.page
    zheng.go("/family/")
    follow(page, "邀请一位家人")
    expect(page.locator("h1")).to_have_text("您想让谁用您的历年结余？")
    choose(page, "relation", PARENT)
    press(page, page.get_by_role("button", name="继续"))
    expect(page.locator("h1")).to_have_text("填写家人信息")
    fill(page, "name", "王芳")
    fill(page, "certno", str(wang.person.certno))
    if not page.locator("[name=no_phone]").is_checked():
        tab_to(page, page.locator("[name=no_phone]"))
        page.keyboard.press("Space")
    choose(page, "limit", "none")
    press(page, page.get_by_role("button", name="继续"))
    expect(page.locator("h1")).to_have_text("检查后发出邀请")
    tab_to(page, page.locator("[name=agree]"))
    page.keyboard.press("Space")
    press(page, page.get_by_role("button", name="同意并发出邀请"))
    zheng.sees("邀请已发出")

    page = wang.page
    wang.go("/family/from-others/")
    follow(page, "看看郑平的邀请")
    expect(page.locator("h1")).to_have_text("郑平邀请您用他的历年结余")
    press(page, page.get_by_role("button", name="同意", exact=True))
    wang.sees("已同意，马上生效")

    page = zheng.page
    zheng.go("/family/")
    press(page, zheng.card("王芳").get_by_role("link", name="管理"))
    expect(page.locator("h1")).to_contain_text("王芳")
    press(page, page.get_by_role("link", name="修改额度"))
    expect(page.locator("#limit h2")).to_be_focused()
    choose(page, "limit", "other")
    fill(page, "limit_other", "300")
    page.keyboard.press("Enter")
    expect(page.locator("#limit")).to_contain_text("¥300.00")
    expect(page.locator("#limit [data-focus]"), "focus stays where the work is").to_be_focused()
    press(page, page.get_by_role("button", name="停用王芳"))
    zheng.sees("已停用王芳")
    press(page, page.get_by_role("button", name="撤回"))
    zheng.sees("已撤回：停用")

    page = wang.page
    wang.go("/family/from-others/")
    press(page, wang.card("郑平").get_by_role("link", name="详情"))
    expect(page.locator("h1")).to_contain_text("郑平")
    follow(page, "不再用郑平的钱")
    expect(page.locator("h1")).to_contain_text("不再用郑平")
    press(page, page.get_by_role("button", name="不再用郑平的钱"))
    wang.sees("已不再用郑平的钱")
    press(page, page.get_by_role("button", name="撤回"))
    wang.sees("已撤回：不再使用")

    page = zheng.page
    zheng.go("/family/")
    follow(page, "关闭家庭共济（注销）")
    expect(page.locator("h1")).to_have_text("关闭家庭共济（注销）")
    press(page, page.get_by_role("button", name="关闭家庭共济"))
    zheng.sees("家庭共济已关闭")


def test_an_invitation_is_taken_back_in_its_card(at_home):
    """With HTMX: the card, the count and the words for screen readers, without leaving the page."""
    zheng, somebody = at_home("郑平"), at_home("孙洁")
    number = invited(zheng.person, somebody.person, relation=SIBLING, act=act_now()).invitation.number
    zheng.go("/family/")
    zheng.page.evaluate("document.querySelector('h1').dataset.mark = 'same page'")
    card = zheng.card("孙洁")
    before = int(zheng.page.inner_text("#waiting-count"))
    card.get_by_role("button", name="重新发送").click()
    expect(zheng.page.locator("#status")).to_contain_text("给孙洁的邀请已重新发出")
    expect(zheng.page.locator(f"#resend-{number}")).to_be_focused()
    card.get_by_role("button", name="撤回邀请").click()
    expect(zheng.page.locator("#status")).to_have_text("已撤回给孙洁的邀请，没有用到您的钱。")
    expect(zheng.page.locator("#waiting-count")).to_have_text(str(before - 1))
    expect(zheng.page.locator("h1[data-mark]")).to_have_count(1)
    somebody.go(f"/family/invitations/{number}/answer/")
    somebody.sees("郑平撤回了邀请")


def test_a_code_from_paper_leads_to_the_invitation_and_leaves_no_trace(at_home):
    zheng, wang = at_home("郑平"), at_home("王芳")
    number = zheng.invite(wang, PARENT)
    zheng.click("打印给对方")
    expect(zheng.page.locator("svg.qr")).to_be_visible()
    token = secret_of(zheng.page, number)
    assert token not in zheng.page.content()

    wang.go(f"/family/open/{token}/")
    expect(wang.page.locator("h1")).to_have_text("郑平邀请您用他的历年结余")
    expect(wang.page).to_have_url(re.compile(f"/family/invitations/{number}/answer/$"))
    assert token not in wang.page.evaluate(
        "location.href + document.referrer + JSON.stringify([sessionStorage, localStorage])"
    )
    wang.go(f"/family/open/{token}/")
    wang.sees("这个码打不开邀请")

    zheng.go(f"/family/invitations/{number}/")
    zheng.click("撤回邀请")
    zheng.sees("已撤回给王芳的邀请")


def secret_of(page: Page, number: str) -> str:
    """Return what the sheet's code holds, from the session that sent the invitation."""
    name = settings.SESSION_COOKIE_NAME
    key = next(cookie["value"] for cookie in page.context.cookies() if cookie["name"] == name)
    sealed_text = SessionStore(key)[share_sheet.TOKENS][number]
    return str(fields.unseal(bytes.fromhex(sealed_text), share_sheet.CONTEXT))
