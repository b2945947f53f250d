"""凭税票申请返还: the receipt is entered, checked, claimed once; then the page tells how far it is."""

import pytest
from django.contrib.sessions.models import Session

from payments.models import PremiumPaid, RefundClaim
from payments.premiums.codes import ClaimState
from payments.premiums.operations import claiming
from tests.accounts.citizen_pages import browser_of, seen, words
from tests.factories.family import insured
from tests.factories.premiums import claim
from tests.payments.premiums.people import ACT, HENAN, money, payer, pays_for, resident

pytestmark = pytest.mark.usefixtures("policies_loaded", "now")

CARD, RECEIPT = "6222020000000000000", "341000261126000018"


@pytest.fixture
def mother():
    return payer(2_500_00, region=HENAN)


@pytest.fixture
def child(mother):
    person = resident(HENAN, name="郭乐乐", gender=1, birth_on=ACT.on.replace(year=2014))
    pays_for(mother, person, relation="2")
    return person


def entered(browser, child, **typed):
    return browser.post("/premium/claim/", {"person": child.pk, "receipt_no": RECEIPT, "bank_card": CARD} | typed)


def paid_in_cash(child, receipt):
    """Let the tax office know of it."""
    paid = {"paid_on": ACT.on, "channel": "手机税务", "receipt_no": receipt, "amount_fen": 400_00}
    PremiumPaid.objects.create(person=child, premium_year=2027, region=HENAN, **paid)


def test_the_way_begins_where_it_is_said_that_one_pays_first(mother, child):
    text = seen(mother, "/premium/")
    assert "当地先缴费，再申请返还" in text
    assert "凭税票申请返还" in text
    assert "确认" not in text


def test_what_was_claimed_is_not_said_to_be_paid_nor_to_be_claimed_again(mother, child):
    made = claim(mother, child, ClaimState.WAITING, ACT.at)
    text = seen(mother, "/premium/")
    assert "已经申请返还。2027年度您已经凭税票申请返还" in text
    assert "凭税票申请返还：" not in text
    assert "先用手机税务" not in text
    assert f"/premium/claims/{made.no}/" in browser_of(mother).get("/premium/").content.decode()


def test_what_another_has_claimed_cannot_be_claimed_and_nobody_is_named(mother, child):
    other = payer(2_500_00, region=HENAN)
    pays_for(other, child, relation="2")
    claim(mother, child, ClaimState.WAITING, ACT.at)
    text = seen(other, "/premium/")
    assert "2027年度有人已经凭税票申请返还" in text
    assert mother.name not in text
    assert "现在没有可以申请返还的家人" in seen(other, "/premium/claim/")


def test_what_the_tax_office_knows_of_is_paid_but_can_still_be_claimed(mother, child):
    paid_in_cash(child, "T1")
    text = seen(mother, "/premium/")
    assert "都交过了" not in text
    assert "凭税票到这里申请返还" in text
    assert "先用手机税务或到窗口缴400" not in text


def test_what_the_account_does_not_hold_is_said_before_a_receipt_is_asked_for(child):
    poor = payer(399_99, region=HENAN)
    pays_for(poor, child, relation="2")
    assert "账户的钱不够。要交400.00元，能用的只有399.99元。账户的钱够了再来申请" in seen(poor, "/premium/")
    assert "现在没有可以申请返还的家人" in seen(poor, "/premium/claim/")


def test_who_need_not_pay_is_not_told_to_pay_first(mother):
    grandfather = resident(HENAN, name="郭老根", birth_on=ACT.on.replace(year=1950))
    pays_for(mother, grandfather)
    text = seen(mother, "/premium/")
    assert "由财政代缴，自己不用交" in text
    assert "先用手机税务或到窗口缴" not in text


def test_who_is_paid_by_the_budget_has_nothing_to_claim(mother):
    grandfather = resident(HENAN, birth_on=ACT.on.replace(year=1950))
    pays_for(mother, grandfather)
    assert "由财政代缴，自己不用交" in seen(mother, "/premium/")
    assert "现在没有可以申请返还的家人" in seen(mother, "/premium/claim/")


def test_which_pot_will_pay_is_seen_before_it_counts(mother, child):
    browser = browser_of(mother)
    assert entered(browser, child, bank_card="6222 0200 0000 0000 000").url == "/premium/claim/check/"
    text = words(browser.get("/premium/claim/check/"))
    assert "给谁交的郭乐乐（儿子）" in text
    assert "收款的银行卡尾号0000" in text
    assert "您的个人账户出¥400.00" in text
    assert "返还以后还剩您的个人账户¥2,100.00" in text
    assert not RefundClaim.objects.exists()


def test_two_clicks_claim_once_and_no_money_moves_before_it_is_proven(mother, child):
    browser = browser_of(mother)
    entered(browser, child)
    answers = [browser.post("/premium/claim/check/", follow=True) for _ in range(2)]
    made = RefundClaim.objects.get()
    assert {answer.redirect_chain[-1][0] for answer in answers} == {f"/premium/claims/{made.no}/"}
    assert "已收到申请，等税务核对" in words(answers[0])
    assert (made.state, money(mother, HENAN)[0]) == (ClaimState.WAITING, 2_500_00)
    assert "申请返还等税务核对" in seen(mother, "/premium/history/")


def test_a_claim_that_was_refused_can_be_made_again(mother, child):
    claim(mother, child, ClaimState.REFUSED, ACT.at, receipt_no=RECEIPT)
    browser = browser_of(mother)
    entered(browser, child)
    assert "已收到申请，等税务核对" in words(browser.post("/premium/claim/check/", follow=True))


def test_the_card_stands_nowhere_in_clear(mother, child):
    browser = browser_of(mother)
    entered(browser, child)
    session = Session.objects.get(session_key=browser.session.session_key)
    assert CARD not in str(session.get_decoded())
    assert CARD in browser.get("/premium/claim/").content.decode()  # to the one who typed it, to change it


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"person": ""}, "请选给谁交的"),
        ({"receipt_no": ""}, "请填税票号码"),
        ({"receipt_no": "三四一"}, "税票号码不对"),
        ({"bank_card": "6222020000000000001"}, "银行卡号不对"),
    ],
)
def test_what_cannot_be_is_said_and_the_rest_stays(mother, child, typed, said):
    response = entered(browser_of(mother), child, **typed)
    assert response.status_code == 422
    assert said in words(response)


def test_a_receipt_that_was_used_is_used_up(mother, child):
    other = payer(2_500_00, region=HENAN)
    boy = resident(HENAN, birth_on=ACT.on.replace(year=2014))
    pays_for(other, boy, relation="2")
    claiming.claim(act=ACT, payer=other, person=boy, receipt_no=RECEIPT, bank_card=CARD)
    response = entered(browser_of(mother), child)
    assert response.status_code == 422  # before the check page, not after it
    assert "这张税票已经申请过返还" in words(response)
    assert other.name not in words(response)


def test_a_receipt_that_was_used_while_one_looked_is_used_up(mother, child):
    other = payer(2_500_00, region=HENAN)
    boy = resident(HENAN, birth_on=ACT.on.replace(year=2014))
    pays_for(other, boy, relation="2")
    browser = browser_of(mother)
    entered(browser, child)
    claiming.claim(act=ACT, payer=other, person=boy, receipt_no=RECEIPT, bank_card=CARD)
    response = browser.post("/premium/claim/check/")
    assert response.status_code == 409
    assert "这张税票已经申请过返还" in words(response)


def test_last_years_receipt_is_a_mistake_and_does_not_lead_to_last_years_claim(mother, child):
    claim(mother, child, ClaimState.PAID, ACT.at, premium_year=2026, receipt_no=RECEIPT)
    assert entered(browser_of(mother), child).status_code == 422


def test_which_pot_paid_is_told_to_whose_it_is_and_when(mother, child):
    made = claiming.claim(act=ACT, payer=mother, person=child, receipt_no=RECEIPT, bank_card=CARD)
    assert "您的个人账户出" not in seen(mother, f"/premium/claims/{made.no}/")
    paid_in_cash(child, RECEIPT)
    claiming.settle(act=ACT, claim_id=made.pk)
    text = seen(mother, f"/premium/claims/{made.no}/")
    assert "2026年11月26日从医保账户付到银行卡" in text
    assert "您的个人账户出¥400.00" in text
    assert "您的个人账户出" not in seen(child, f"/premium/claims/{made.no}/")
    claiming.take_back(act=ACT, claim_id=made.pk, reason="卡号已注销")
    text = seen(mother, f"/premium/claims/{made.no}/")
    for said in ("银行退回了，没有付成", "卡号已注销", "当时您的个人账户出¥400.00", "改对以后，可以重新申请"):
        assert said in text


def test_what_was_refused_offers_another_claim_while_there_can_be_one(mother, child):
    refused = claim(mother, child, ClaimState.REFUSED, ACT.at)
    before = claim(mother, child, ClaimState.REFUSED, ACT.at, premium_year=2026)
    assert "重新申请" in seen(mother, f"/premium/claims/{refused.no}/")
    assert "重新申请" not in seen(mother, f"/premium/claims/{before.no}/")
    claim(mother, child, ClaimState.WAITING, ACT.at)
    assert "重新申请" not in seen(mother, f"/premium/claims/{refused.no}/")


@pytest.mark.parametrize(
    ("state", "said"),
    [
        (ClaimState.WAITING, "现在还没有动账户里的钱"),
        (ClaimState.PROVEN, "等付款"),
        (ClaimState.PAID, "已返还400.00元"),
        (ClaimState.REFUSED, "申请没有通过"),
    ],
)
def test_each_state_says_where_the_money_is(mother, child, state, said):
    made = claim(mother, child, state, ACT.at)
    text = seen(mother, f"/premium/claims/{made.no}/")
    assert said in text
    assert "尾号0005" in text


def test_the_card_is_told_to_nobody_else_and_a_claim_to_no_stranger(mother, child):
    made = claim(mother, child, ClaimState.WAITING, ACT.at)
    text = seen(child, f"/premium/claims/{made.no}/")
    assert "谁申请的" in text
    assert "尾号" not in text
    assert browser_of(insured(HENAN, resident=True)).get(f"/premium/claims/{made.no}/").status_code == 404
