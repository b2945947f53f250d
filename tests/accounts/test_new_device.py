"""A sign-in on a device that has not been here before is told of, whoever wants no reminders too."""

import re

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import Notice, OutboxMessage
from tests.accounts.citizen_pages import words
from tests.factories.notices import texted, titles
from tests.factories.people import PersonFactory
from tests.factories.users import citizen
from yibao.lib import clock

pytestmark = pytest.mark.django_db

PHONE = "19900000021"
TITLE = "在一台新的设备上登录了您的账户"


def sign_in(client: Client) -> None:
    client.post(reverse("sign_in"), {"phone": PHONE})
    texts = OutboxMessage.objects.filter(template="sign_in_code").order_by("-queued_at")
    client.post(reverse("sign_in_code"), {"code": re.search(r"\d{6}", texts[0].text).group()})
    client.post(reverse("account_logout"))


@pytest.fixture
def user():
    person = PersonFactory(phone=PHONE)
    user = citizen(PHONE, person)
    user.sms_choices = {"security": False, "family": False}
    user.save(update_fields=["sms_choices"])
    return user


def test_the_first_sign_in_and_the_same_browser_again_tell_nothing(user, settings):
    settings.SMS_PER_NUMBER = "9/1d"
    browser = Client()
    for _ in range(2):
        sign_in(browser)
    assert not Notice.objects.exists()


def test_another_browser_is_told_of_with_a_way_to_end_it(user, settings):
    settings.SMS_PER_NUMBER = "9/1d"
    sign_in(Client())
    browser = Client()
    sign_in(browser)
    assert titles() == [TITLE]
    assert texted(clock.now())[-1][0] == PHONE
    browser.force_login(user)
    page = browser.get("/messages/")
    assert TITLE in words(page)
    assert f'href="{reverse("settings")}">看登录着的设备</a>' in page.content.decode()
