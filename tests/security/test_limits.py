"""Limits that cannot be turned against people or the city; shown with the clock moved."""

import logging
import re
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from accounts.identity import known
from accounts.models import DayCount, OutboxMessage
from family.operations import invitations
from tests.accounts.test_signin import ask_for_code, at, code_in_outbox, text_of, wrong
from tests.factories.acts import act_at
from tests.factories.family import NOW, insured, invited
from tests.factories.users import citizen, official, signed_in
from yibao.lib import clock

OWN = "19900000001"
REAL = {"SMS_PER_NUMBER": "1/60s 5/1h 10/1d", "SMS_PER_ADDRESS": "20/1h 100/1d"}


@pytest.fixture(autouse=True)
def as_in_production(city, settings):
    for name, value in REAL.items():
        setattr(settings, name, value)


def at_home() -> Client:
    """Return a browser that has signed in with the number before, and was closed since."""
    browser = Client(REMOTE_ADDR="192.0.2.1")
    ask_for_code(browser, OWN)
    assert browser.post(reverse("sign_in_code"), {"code": code_in_outbox(OWN)}).status_code == 302
    return closed(browser)


def closed(browser: Client) -> Client:
    kept = browser.cookies[known.COOKIE]
    again = Client(REMOTE_ADDR="192.0.2.1")
    again.cookies[known.COOKIE] = kept.value
    return again


def test_strangers_cannot_keep_a_number_from_signing_in_on_a_browser_that_has_before(monkeypatch):
    browser = at_home()
    for minute in range(2, 24 * 60, 45):
        with monkeypatch.context() as patch:
            at(patch, timedelta(minutes=minute))
            stranger = Client(REMOTE_ADDR=f"198.51.100.{minute % 250}")
            if ask_for_code(stranger, OWN).status_code == 302:
                for _ in range(5):
                    stranger.post(reverse("sign_in_code"), {"code": wrong(code_in_outbox(OWN))})
            if minute % 7 == 0:
                browser = closed(browser) if "sessionid" in browser.cookies else browser
                assert ask_for_code(browser, OWN).status_code == 302, minute
                typed = {"code": code_in_outbox(OWN)}
                assert browser.post(reverse("sign_in_code"), typed).status_code == 302, minute


def test_ten_requests_keep_no_other_browser_out_for_more_than_a_quarter_of_an_hour(monkeypatch):
    start = clock.now()
    monkeypatch.setattr(clock, "now", lambda: start)  # the day is one day, however long the requests take
    for minute in range(0, 24 * 60, 6):
        with monkeypatch.context() as patch:
            at(patch, timedelta(minutes=minute))
            ask_for_code(Client(REMOTE_ADDR="198.51.100.1"), OWN)
    assert 10 < OutboxMessage.objects.count() <= 20, "nor can one network make a phone ring all day"
    for hour in (5, 9, 15, 21):
        with monkeypatch.context() as patch:
            at(patch, timedelta(hours=hour, minutes=1))
            assert ask_for_code(Client(REMOTE_ADDR="192.0.2.1"), OWN).status_code == 302, hour


def test_the_cookie_names_no_number_and_cannot_be_made_or_given_to_another_number():
    browser = at_home()
    value = browser.cookies[known.COOKIE].value
    assert OWN not in value
    browser.cookies[known.COOKIE] = value.replace(value[:4], "0000", 1)
    request = browser.get("/").wsgi_request
    assert not known.knows(request, OWN)
    browser.cookies[known.COOKIE] = value
    request = browser.get("/").wsgi_request
    assert known.knows(request, OWN)
    assert not known.knows(request, "19900000002")


def test_the_cookie_is_for_our_server_only_and_lasts():
    browser = Client()
    ask_for_code(browser, OWN)
    cookie = browser.post(reverse("sign_in_code"), {"code": code_in_outbox(OWN)}).cookies[known.COOKIE]
    assert (cookie["httponly"], cookie["samesite"]) == (True, "Lax")
    assert int(cookie["max-age"]) >= 365 * 24 * 3600


def test_strangers_cannot_use_up_the_city_s_budget_for_others(settings):
    settings.SMS_CODES_PER_DAY, settings.SMS_CODES_OF_STRANGERS_PER_DAY = 12, 8
    browser = at_home()
    DayCount.objects.all().delete()
    strangers = [ask_for_code(Client(REMOTE_ADDR=f"198.51.100.{n}"), f"1990001{n:04d}") for n in range(20)]
    assert [answer.status_code for answer in strangers].count(302) == 8
    OutboxMessage.objects.all().delete()
    settings.SMS_PER_NUMBER = "9/1h"
    assert ask_for_code(browser, OWN).status_code == 302
    assert browser.post(reverse("sign_in_code"), {"code": code_in_outbox(OWN)}).status_code == 302


def test_before_the_budget_is_empty_the_log_and_the_admin_say_so(settings, caplog):
    settings.SMS_CODES_OF_STRANGERS_PER_DAY = 10
    boss = signed_in(official("policy"))
    with caplog.at_level(logging.WARNING, "accounts.identity.codes"):
        for n in range(7):
            ask_for_code(Client(REMOTE_ADDR=f"198.51.100.{n}"), f"1990001{n:04d}")
        assert not caplog.records
        assert "短信用量" not in text_of(boss.get("/admin/"))
        for n in range(7, 10):
            ask_for_code(Client(REMOTE_ADDR=f"198.51.100.{n}"), f"1990001{n:04d}")
    assert len(caplog.records) == 1
    assert "8 codes today, of 10 for strangers" in caplog.text
    assert re.search(r"已发 10 条", text_of(boss.get("/admin/")))


def test_a_whole_network_of_ipv6_is_one_somebody(settings):
    settings.SMS_PER_ADDRESS = "5/1h"
    asked = [ask_for_code(Client(REMOTE_ADDR=f"2001:db8:0:{n:x}::1"), f"1990002{n:04d}").status_code for n in range(25)]
    assert asked.count(302) == 4 * 5, "a /56 may ask four times as often as a /64"


def test_ipv4_behind_a_listener_for_both_kinds_is_many_and_not_one(settings):
    settings.SMS_PER_ADDRESS = "1/1h"
    first = ask_for_code(Client(REMOTE_ADDR="::ffff:192.0.2.1"), "19900010001").status_code
    second = ask_for_code(Client(REMOTE_ADDR="::ffff:192.0.2.2"), "19900010002").status_code
    same = ask_for_code(Client(REMOTE_ADDR="192.0.2.1"), "19900010003").status_code
    assert (first, second, same) == (302, 302, 429)


def test_one_who_says_much_does_not_silence_the_others_behind_the_same_address():
    for n in range(6):
        Client(REMOTE_ADDR="192.0.2.1").post("/feedback/", {"text": f"第{n}次"})
    user = citizen("19900000002", insured())
    assert signed_in(user, Client(REMOTE_ADDR="192.0.2.1")).post("/feedback/", {"text": "字太小"}).status_code == 302


def test_messages_to_invited_numbers_count_in_a_budget(settings):
    settings.SMS_INVITATIONS_PER_NUMBER, settings.SMS_INVITATIONS_PER_DAY = "3/1d", 4
    payer = insured(carried=3000_00)
    sent = invited(payer, insured(), phone="19900007777")
    for hour in range(1, 4):
        invitations.resend(act=act_at(NOW + timedelta(hours=hour)), payer=payer, number=str(sent.invitation.number))
    assert OutboxMessage.objects.filter(template="family_invited").count() == 3, "to one number"
    for n in range(3):
        invited(insured(carried=3000_00), insured(), phone=f"1990000777{n}")
    assert OutboxMessage.objects.filter(template="family_invited").count() == 4, "of the whole site"
