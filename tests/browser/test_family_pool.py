"""A pool (泉州) in two browsers, most of it without JavaScript: agreed on one phone, money in and back, left, closed."""

import re

from playwright.sync_api import expect

from tests.browser.test_journeys import code_of

SIBLING = "7"


def test_a_pool_without_javascript(at_home, visit):
    """泉州: agreed on the inviter's phone, money moved in and back, left, closed and all of it taken back."""
    huang, su = at_home("黄建国", javascript=False), at_home("苏梅", javascript=False)
    huang.go("/family/")
    huang.sees("共济账户里有", "转入共济账户以后家人才能用")
    expect(huang.page.locator("main")).not_to_contain_text("历年结余")
    number = huang.invite(su, SIBLING)

    # On his phone, with the code that came to hers.
    huang.click("她就在身边，在这台手机上同意")
    huang.sees("请把手机交给苏梅", "黄建国的共济账户里的钱")
    huang.click("获取验证码")
    code = code_of(huang.page, visit)
    huang.page.fill("[name=name]", "苏梅")
    huang.page.fill("[name=last_four]", str(su.person.certno)[-4:])
    huang.page.fill("[name=code]", "000000" if code != "000000" else "111111")
    huang.click("同意")
    huang.sees("对不上。请核对姓名、证件号码最后4位和验证码")
    huang.page.fill("[name=name]", "苏梅")
    huang.page.fill("[name=last_four]", str(su.person.certno)[-4:])
    huang.page.fill("[name=code]", code)
    huang.click("同意")
    huang.sees("苏梅已同意", number)
    su.go("/family/from-others/")
    su.sees("黄建国", "黄建国的共济账户", "可以用")

    # Money in, taken back, in again.
    huang.go("/family/")
    huang.click("转入共济账户（划拨）")
    huang.sees("账户里要留 ¥2,000.00")
    huang.click("继续")
    expect(huang.page).to_have_title(re.compile("^错误："))
    huang.page.check("[name=pick][value='10000']")
    huang.click("继续")
    huang.sees("检查后转入", "点了“转入”以后才算数")
    huang.page.get_by_role("button", name=re.compile("^转入")).click()
    huang.sees("已转入 100.00 元")
    huang.click("撤回")
    huang.sees("已撤回：转入共济账户")
    huang.go("/family/transfer/")
    huang.page.check("[name=pick][value='other']")
    huang.page.fill("[name=amount]", "￥50.00元")
    huang.click("继续")
    huang.page.get_by_role("button", name=re.compile("^转入")).click()
    huang.sees("已转入 50.00 元")

    # She leaves, takes it back; he removes her, takes it back.
    su.go("/family/from-others/")
    su.card("黄建国").get_by_role("link", name="详情").click()
    su.click("不再用黄建国的钱")
    su.click("不再用黄建国的钱")
    su.sees("已不再用黄建国的钱")
    su.click("撤回")
    su.sees("已撤回：不再使用")
    huang.go("/family/")
    huang.card("苏梅").get_by_role("link", name="管理").click()
    huang.click("移除苏梅")
    huang.click("移除苏梅")
    huang.sees("已移除苏梅")
    huang.click("撤回")

    # Closing brings the money home; taking it back brings everybody back.
    huang.go("/family/close/")
    huang.sees("转回您的个人账户", "苏梅（姐妹）")
    huang.click("关闭家庭共济")
    huang.sees("家庭共济已关闭", "共济账户里剩下的钱已经转回您的个人账户。")
    su.go("/family/from-others/")
    su.sees("还没有家人让您用他们的钱")
    huang.click("撤回")
    huang.sees("已撤回：关闭家庭共济")
    su.page.reload()
    su.sees("黄建国")

    # She says goodbye for good, so the town is as it was.
    su.card("黄建国").get_by_role("link", name="详情").click()
    su.click("不再用黄建国的钱")
    su.click("不再用黄建国的钱")
    huang.go("/family/usage/")
    huang.sees("共济使用记录", "家人用了我的")


def test_what_would_be_left_is_told_while_choosing_and_goes_on_being_typed(at_home):
    huang = at_home("黄建国")
    huang.go("/family/transfer/")
    left = huang.page.locator("output")
    huang.page.check("[name=pick][value='10000']")
    expect(left).to_contain_text("转入后，个人账户还剩")
    huang.page.check("[name=pick][value='other']")
    expect(left).to_be_empty()
    huang.page.fill("[name=amount]", "1.23")
    huang.click("继续")  # typing ends and the form is sent with one click
    huang.sees("检查后转入", "¥1.23")
