"""A text message is promised only where one goes out: not when the day's are used up, nor before anybody knows."""

import pytest

from accounts.models import OutboxMessage
from tests.factories.family import insured
from tests.family.family_pages import browser_of, chen, fill, page, send, words

pytestmark = pytest.mark.usefixtures("policies_loaded", "today")

PHONE = "19900004444"
TEXTED, NOT_TEXTED = "发短信提醒，短信里没有链接", "今天不能再发短信提醒，请您告诉"


def invite(browser) -> str:
    """Send an invitation with a phone number; return the address of its result page."""
    fill(browser, "5", insured(resident=True), phone=PHONE, no_phone="")
    return f"/family/invitations/{send(browser)}/"


def went_out() -> int:
    return OutboxMessage.objects.filter(template="family_invited").count()


def test_who_typed_a_phone_is_told_that_a_message_goes_there():
    browser = browser_of(chen())
    said = page(browser, f"{invite(browser)}sent/")
    assert TEXTED in said
    assert went_out() == 1


@pytest.mark.parametrize("used_up", ["SMS_INVITATIONS_PER_DAY", "SMS_INVITATIONS_PER_NUMBER"])
def test_when_no_more_may_be_sent_none_is_promised_and_the_reason_is_one(used_up, settings):
    settings.SMS_INVITATIONS_PER_DAY = 0 if used_up == "SMS_INVITATIONS_PER_DAY" else 9
    settings.SMS_INVITATIONS_PER_NUMBER = "1/1d"
    if used_up == "SMS_INVITATIONS_PER_NUMBER":
        invite(browser_of(chen()))
    before, browser = went_out(), browser_of(chen())
    said = page(browser, f"{invite(browser)}sent/")
    assert NOT_TEXTED in said
    assert TEXTED not in said
    assert went_out() == before


def test_sending_again_without_a_message_says_so(settings):
    browser = browser_of(chen())
    address = invite(browser)
    settings.SMS_INVITATIONS_PER_DAY = 0
    said = words(browser.post(f"{address}resend/", follow=True))
    assert "邀请已重新发出" in said
    assert NOT_TEXTED in said


def test_another_session_is_promised_nothing_that_it_cannot_know():
    payer = chen()
    address = invite(browser_of(payer))
    said = page(browser_of(payer), f"{address}sent/")
    assert "短信" not in said
    assert "登录本网站，在“家庭共济”里点“同意”" in said


def test_before_it_is_sent_no_message_is_promised():
    browser = browser_of(chen())
    fill(browser, "5", insured(resident=True), phone=PHONE, no_phone="")
    said = page(browser, "/family/invite/check/")
    assert "我们会通知" not in said
    assert "登录以后能看到邀请" in said


def test_a_code_is_not_said_to_have_been_sent_to_whoever_may_have_no_phone():
    browser = browser_of(chen())
    address = invite(browser)
    browser.post(f"{address}here/code/")
    said = page(browser, f"{address}here/")
    assert "没有登记手机，或者今天要得太多的，收不到" in said
    assert "已经发" not in said
