"""Said once: change a number that the site obeys, and every sentence that states it says the new one."""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from accounts.identity import codes
from accounts.models import OutboxMessage
from accounts.operations import identity
from family.queries import invitations
from family.rules import RefusedError, eligibility
from family.upkeep import keep_up
from tests.accounts.citizen_pages import browser_of, words
from tests.factories.acts import act_at
from tests.factories.family import NOW, insured, invited
from tests.factories.notices import titles
from tests.factories.users import citizen, signed_in
from tests.family.family_pages import at, chen, page

pytestmark = pytest.mark.usefixtures("policies_loaded", "today")


def test_how_long_a_code_is_valid(monkeypatch):
    monkeypatch.setattr(codes, "VALID", timedelta(minutes=7))
    payer, relative = chen(), insured(resident=True)
    citizen("19900700001", relative)
    number = invited(payer, relative).invitation.number
    browser, stranger = browser_of(payer), Client()
    stranger.post("/login/", {"phone": "19900700002"})
    url = reverse("family_accept_on_device", args=[number])
    mismatch = browser.post(url, {"name": "不对", "last_four": "0000", "code": "000000"})
    browser.post(reverse("family_accept_on_device_code", args=[number]))
    sent = OutboxMessage.objects.filter(template__in=("sign_in_code", "family_agree_code"))
    for text in [
        *(message.text for message in sent),
        words(stranger.get("/login/code/")),
        words(browser.get(url)),
        words(mismatch),
        page(browser, "/accessibility/"),
    ]:
        assert "7分钟内有效" in text
        assert "10分钟" not in text


def test_how_long_to_wait_for_the_next_code(settings):
    settings.SMS_PER_NUMBER = "1/120s 9/1h"
    browser = Client()
    browser.post("/login/", {"phone": "19900700002"})
    assert "等2分钟再点" in words(browser.get("/login/code/"))


def test_how_long_a_code_from_a_counter_is_valid(monkeypatch):
    monkeypatch.setattr("accounts.views.citizen.identity.CODE_VALID", timedelta(days=5))
    assert "核验码5天内有效" in words(signed_in(citizen("19900700003")).get("/identity/code/"))


def test_how_long_a_new_number_is_kept_from_the_money(monkeypatch):
    monkeypatch.setattr(eligibility, "PHONE_COOL_OFF", timedelta(hours=48))
    payer = chen()
    user = citizen("19900700004", payer)
    user.phone_changed_at = NOW
    user.save(update_fields=["phone_changed_at"])
    with pytest.raises(RefusedError) as refusal:
        invited(payer, insured(resident=True))
    (reason,) = refusal.value.reasons
    assert "换号后2天内不能" in reason.found
    assert "3月13日起可以办" in reason.remedy


@pytest.mark.parametrize(("days", "soon"), [(2, 5), (3, 4)])
def test_a_reminder_and_the_page_speak_of_the_same_day(monkeypatch, days, soon):
    monkeypatch.setattr(invitations, "EXPIRES_SOON_DAYS", days)
    payer = chen()
    invited(payer, insured(name="陈伟", resident=True))
    for passed in (soon - 1, soon):
        moment = NOW + timedelta(days=passed)
        keep_up(act=act_at(moment))
        with at(moment):
            said = page(browser_of(payer), "/account/")
        told = "您的家庭共济邀请快到期了" in titles(payer)
        assert ("快过期了" in said) == told == (passed == soon)


def test_the_number_to_call(settings):
    settings.HELP_PHONE = "12393"
    browser = Client()
    for response in (browser.get("/"), browser.get("/nothing-there/"), browser.get("/help/")):
        said = response.content.decode()
        assert "12393" in said
        assert "65895523" not in said
    assert identity._help() == {"help": "12393"}
