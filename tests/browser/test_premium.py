"""给家人交居民医保 in Chromium: in the largest letters without JavaScript, by keyboard alone, two payers at once."""

import re
from collections.abc import Iterator
from datetime import timedelta
from urllib.parse import urljoin

import pytest
from playwright.sync_api import expect

from accounts.codes import PotKind, Scope
from accounts.ledger.pots import pool_pot
from accounts.models import Person
from family.operations.pool import move_in
from payments.demo.tax_office import answers_to, rows_of
from payments.models import PremiumOrder
from payments.premiums.tax_office import batches
from payments.premiums.tax_office.answers import import_premium_results
from payments.premiums.tax_office.applying import apply_answers
from tests import databases
from tests.browser.test_citizen_errand import fill, follow, leave_by, tab_to
from tests.factories.acts import act_at
from tests.factories.family import QUANZHOU, bond, credit
from yibao.lib import clock

CARD, RECEIPT = "6222 0200 0000 0000 000", "341000261126000018"


@pytest.fixture(scope="module")
def town_database(demo_template, django_db_blocker) -> Iterator[str]:
    """A town of its own: what is paid here is missed in other tests."""
    name = f"{demo_template}_premium"
    with django_db_blocker.unblock(), databases.copied(demo_template, name):
        yield name


@pytest.fixture
def tax_office(settings, tmp_path):
    """Return what hands over all orders of 泉州, their minutes over, and takes in that the tax office confirms them."""
    settings.TAX_OFFICE_FOLDER = tmp_path

    def confirms() -> None:
        act = act_at(clock.now() + timedelta(minutes=11))
        for batch, path in batches.export(act=act, region=QUANZHOU):
            answer = tmp_path / f"{batch.no}.results.csv"
            answer.write_text(answers_to(rows_of(path), on=act.on))
            import_premium_results(act=act, path=answer)
        apply_answers(act=act)

    return confirms


def test_a_parent_and_a_child_are_paid_for_one_is_undone_the_other_is_confirmed(at_home, tax_office):
    """泉州, without JavaScript, in the largest letters: a second payer of the child is told so and cannot pay."""
    huang, su = at_home("黄建国", javascript=False), at_home("苏梅", javascript=False)
    child = Person.objects.get(name="黄小明")
    bond(su.person, child, QUANZHOU, relation="2", scopes=[Scope.PREMIUM], from_on=clock.today())
    pool_pot(QUANZHOU, su.person.pk)
    credit(su.person, QUANZHOU, PotKind.POOL, 400_00, on=clock.today())
    # So that account and pool pay together: 269.34 are left above what stays in the account.
    act = act_at(clock.now())
    move_in(act=act, payer=huang.person, region=QUANZHOU, amount_fen=3_000_00, key="more")
    su.go("/premium/")
    su.page.get_by_label("黄小明").check()
    su.click("继续")
    su.sees("核对后交费")

    huang.go("/account/")
    huang.page.context.add_cookies(
        [{"name": "display", "value": "largest.standard", "url": urljoin(huang.page.url, "/")}]
    )
    huang.click("给家人交居民医保")
    expect(huang.page.locator("html")).to_have_attribute("data-size", "largest")
    huang.sees("2027年度（泉州市）", "可以代缴 400.00 元", "您的个人账户现在有")
    huang.click("继续")
    expect(huang.page).to_have_title(re.compile("^错误："))
    huang.page.get_by_label("黄秀英").check()
    huang.page.get_by_label("黄小明").check()
    huang.click("继续")
    huang.sees("以后才算数", "您的个人账户出", "您的共济账户出", "交了以后还剩", "10分钟内可以撤回")
    assert huang.page.evaluate("document.documentElement.scrollWidth") <= 390
    huang.page.get_by_role("button", name=re.compile("^确认交")).click()
    huang.sees("已扣款", "2个人，共 ¥800.00")

    # Who was slower is told for whom, not by whom; and sees it before choosing from now on.
    su.page.get_by_role("button", name=re.compile("^确认交")).click()
    su.sees("核对以后情况变了", "黄小明", "有人正在交", "没有扣钱")
    expect(su.page.locator("main")).not_to_contain_text("黄建国")
    su.go("/premium/")
    su.sees("有人正在交")

    # One is taken back, of the other the receipt is printed.
    huang.card("黄小明").get_by_role("link").click()
    huang.click("撤回")
    huang.sees("已撤回，没有交", "退回了原来出钱的账户")
    huang.click("看代缴记录")
    huang.card("黄秀英").get_by_role("link").first.click()
    huang.click("打印代缴凭证")
    number = PremiumOrder.objects.get(person__name="黄秀英", premium_year=2027).no
    huang.sees("城乡居民医保代缴凭证", number, "肆佰元整", "税务确认以后才算交好")

    # The same page tells later what became of it.
    tax_office()
    huang.go(f"/premium/{number}/")
    huang.sees("黄秀英2027年度的居民医保交好了", "税票号码")
    huang.go("/messages/")
    huang.sees("给黄秀英交的2027年度居民医保已经办好")
    huang.go("/premium/")
    huang.sees("已经交过", "您已经用医保账户交了")


def test_by_keyboard_alone_what_was_paid_in_cash_is_claimed(at_home):
    """河南: the receipt is entered, checked, claimed; its page says that it waits for the tax office."""
    guo = at_home("郭敏")
    guo.go("/premium/")
    guo.sees("当地先缴费，再申请返还", "由财政代缴，自己不用交")
    follow(guo.page, "凭税票申请返还")
    fill(guo.page, "receipt_no", RECEIPT)
    fill(guo.page, "bank_card", CARD)
    leave_by(guo.page, guo.page.get_by_role("button", name="继续"))
    guo.sees("给谁交的", "郭乐乐（儿子）", "尾号 0000", "您的个人账户出", "返还以后还剩")
    leave_by(guo.page, guo.page.get_by_role("button", name=re.compile("^申请返还")))
    guo.sees("已收到申请，等税务核对", "现在还没有动账户里的钱")
    guo.go("/cases/")
    guo.sees("给郭乐乐申请返还2027年度居民医保", "等税务核对")


def test_by_keyboard_alone_a_premium_is_paid_and_taken_back(at_home):
    huang = at_home("黄建国")
    huang.go("/premium/")
    child = tab_to(huang.page, huang.page.get_by_label("黄小明"))
    if not child.is_checked():  # the only one who is left is chosen already
        huang.page.keyboard.press("Space")
    expect(child).to_be_checked()
    leave_by(huang.page, huang.page.get_by_role("button", name="继续"))
    leave_by(huang.page, huang.page.get_by_role("button", name=re.compile("^确认交")))
    huang.sees("已扣款 400.00 元", "前可以撤回")
    leave_by(huang.page, huang.page.get_by_role("button", name="撤回"))
    huang.sees("已撤回，没有交")
