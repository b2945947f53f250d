"""代缴结果和代缴记录 (C20, C21): each state says what happened to the money and what comes next."""

from datetime import timedelta

import pytest

from payments.models import PremiumPaid
from payments.premiums.codes import OrderState
from payments.premiums.operations import paying
from tests.accounts.citizen_pages import browser_of, seen, words
from tests.factories.family import QUANZHOU, insured
from tests.factories.premiums import order
from tests.payments.premiums.people import ACT, pays_for
from yibao.lib.clock import SHANGHAI

pytestmark = pytest.mark.usefixtures("policies_loaded", "now")

NOW = ACT.at


@pytest.fixture
def payer():
    return insured(QUANZHOU, carried=300_000, name="黄建国")


@pytest.fixture
def child():
    return insured(QUANZHOU, resident=True, name="黄小明")


def shown(payer, child, state, *, ago=timedelta(), **facts) -> str:
    return seen(payer, f"/premium/{order(payer, child, state, NOW - ago, **facts).no}/")


@pytest.mark.parametrize(
    ("state", "ago", "said"),
    [
        (
            OrderState.DEBITED,
            timedelta(minutes=1),
            ("已扣款400.00元编号", f"{NOW.astimezone(SHANGHAI) + timedelta(minutes=9):%H:%M}前可以撤回"),
        ),
        (OrderState.DEBITED, timedelta(hours=1), ("等着交给税务", "请不要再交")),
        (OrderState.HANDED_OVER, timedelta(), ("已交给税务，等确认", "请不要再交")),
        (OrderState.UNKNOWN, timedelta(), ("还没有查清", "钱已经扣了，请不要再交", "就把钱退回原来的账户")),
        (OrderState.CONFIRMED, timedelta(), ("黄小明2027年度的居民医保交好了", "税票号码335")),
        (OrderState.REJECTED, timedelta(), ("没有交成，税务退回了", "退回了原来出钱的账户", "税务说的原因：没有登记")),
        (OrderState.REFUNDED, timedelta(), ("已退费400.00元", "退回了原来出钱的账户")),
        (OrderState.UNDONE, timedelta(), ("已撤回，没有交", "退回了原来出钱的账户")),
    ],
)
def test_each_state_says_where_the_money_is(payer, child, state, ago, said):
    reason = {"reason": "没有登记"} if state == OrderState.REJECTED else {}
    text = shown(payer, child, state, ago=ago, **reason)
    for words_ in said:
        assert words_ in text


def test_the_page_tells_later_how_things_stand_then(payer, child):
    made = order(payer, child, OrderState.DEBITED, NOW)
    browser = browser_of(payer)
    assert "等确认" not in words(browser.get(f"/premium/{made.no}/"))
    made.state, made.handed_over_at = OrderState.HANDED_OVER, NOW
    made.save()
    assert "已交给税务，等确认" in words(browser.get(f"/premium/{made.no}/"))


def test_whom_it_is_for_is_told_who_paid_and_cannot_take_it_back(payer, child):
    made = order(payer, child, OrderState.DEBITED, NOW)
    text = seen(child, f"/premium/{made.no}/")
    assert "谁交的黄建国" in text
    assert "可以撤回" not in text


def test_what_was_not_paid_says_until_when_it_can_be_and_leads_there(payer, child):
    text = shown(payer, child, OrderState.UNDONE)
    assert "请再交一次，缴费期到2027年2月28日为止" in text
    assert "去交居民医保" in text
    assert "去交居民医保" not in seen(child, f"/premium/{order(payer, child, OrderState.UNDONE, NOW).no}/")


def test_what_was_not_paid_in_a_year_that_is_over_is_not_to_be_paid_here(payer, child):
    text = shown(payer, child, OrderState.REJECTED, premium_year=2025)
    assert "2025年度的缴费期已经结束" in text
    assert "去交居民医保" not in text


@pytest.mark.parametrize("premium_year", [2026, 2027])
def test_what_was_paid_since_is_not_to_be_paid_again(payer, child, premium_year):
    order(payer, child, OrderState.CONFIRMED, NOW, premium_year=premium_year)
    text = shown(payer, child, OrderState.REJECTED, premium_year=premium_year)
    assert "后来又交了一次" in text
    assert "请再交一次" not in text
    assert "去交居民医保" not in text


def test_what_others_paid_since_is_not_told(payer, child):
    order(insured(QUANZHOU, carried=300_000), child, OrderState.CONFIRMED, NOW)
    assert "后来又交了一次" not in shown(payer, child, OrderState.UNDONE)


def test_no_receipt_is_offered_of_what_was_not_paid(payer, child):
    assert "打印代缴凭证" not in shown(payer, child, OrderState.CHECKED)


def test_a_refund_is_offered_where_it_would_be_given(payer, child):
    waiting = order(payer, child, OrderState.DEBITED, NOW - timedelta(hours=1))
    text = seen(payer, f"/premium/{waiting.no}/")
    assert "还没有交给税务，现在可以申请退费" in text
    assert "交错了" in seen(payer, f"/premium/{waiting.no}/refund/")
    confirmed = order(payer, child, OrderState.CONFIRMED, NOW, premium_year=2026)
    text = seen(payer, f"/premium/{confirmed.no}/")
    assert "现在还没有查到这些" in text
    assert "申请退费" not in text
    facts = {"paid_on": NOW.date(), "channel": "税务窗口", "receipt_no": "T9", "amount_fen": 400_00}
    PremiumPaid.objects.create(person=child, premium_year=2026, region=QUANZHOU, **facts)
    assert "查到了可以退费的原因（重复缴费），2026年12月31日以前可以申请" in seen(payer, f"/premium/{confirmed.no}/")
    assert "2026年12月31日以前可以申请退费" in seen(payer, "/premium/history/")
    text = seen(payer, f"/premium/{confirmed.no}/refund/")
    assert "重复缴费" in text
    assert "交错了" not in text
    assert "参保人去世" not in text


def test_an_order_is_nobody_elses(payer, child):
    made = order(payer, child, OrderState.CONFIRMED, NOW)
    stranger = browser_of(insured(QUANZHOU, resident=True))
    assert stranger.get(f"/premium/{made.no}/").status_code == 404
    assert stranger.get(f"/premium/{made.no}/receipt/").status_code == 404
    assert made.no not in words(stranger.get("/premium/history/"))


def test_the_receipt_says_the_amount_in_capitals_and_whether_it_is_paid(payer, child):
    made = order(payer, child, OrderState.DEBITED, NOW)
    text = seen(payer, f"/premium/{made.no}/receipt/")
    assert f"编号{made.no}" in text
    assert "肆佰元整" in text
    assert "税务确认以后才算交好" in text


def test_paper_names_whose_account_paid(payer, child):
    pays_for(payer, child, relation="2")
    (paid,) = paying.pay(act=ACT, payer=payer, people=[child], key="k")
    assert "您的个人账户出¥400.00" in seen(payer, f"/premium/{paid.order.no}/")
    text = seen(payer, f"/premium/{paid.order.no}/receipt/")
    assert "黄建国的个人账户出¥400.00" in text
    assert "您的" not in text
    assert "个人账户出" not in seen(child, f"/premium/{paid.order.no}/receipt/")


def test_what_has_not_been_paid_has_no_receipt(payer, child):
    made = order(payer, child, OrderState.CHECKED, NOW)
    assert browser_of(payer).get(f"/premium/{made.no}/receipt/").status_code == 404


def test_the_history_lists_what_one_paid_and_what_others_paid_for_one(payer, child):
    order(payer, child, OrderState.CONFIRMED, NOW, premium_year=2026)
    order(payer, child, OrderState.UNKNOWN, NOW)
    text = seen(payer, "/premium/history/")
    assert text.index("2027年度等待查清") < text.index("2026年度已确认")
    assert "谁交的黄建国" in seen(child, "/premium/history/")
    assert "还没有交过居民医保" in seen(insured(QUANZHOU, resident=True), "/premium/history/")
