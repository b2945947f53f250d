"""How often codes may be asked for and guessed, as somebody at the pages meets it."""

import re
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import OutboxMessage
from tests.accounts.test_signin import ask_for_code, at, code_in_outbox, text_of, wrong

pytestmark = pytest.mark.django_db


def test_a_wrong_code_says_how_many_tries_are_left_and_too_many_say_when_it_opens(client):
    ask_for_code(client)
    bad = wrong(code_in_outbox())
    for left in (4, 3, 2, 1):
        response = client.post(reverse("sign_in_code"), {"code": bad})
        assert response.status_code == 422
        assert f"验证码不对，还可以再试{left}次" in text_of(response)
    response = client.post(reverse("sign_in_code"), {"code": bad})
    assert response.status_code == 429
    assert re.search(r"试的次数太多了，(明天)?\d\d:\d\d以后才能再试", text_of(response))
    assert client.post(reverse("sign_in_code"), {"code": code_in_outbox()}).status_code == 429, "even the right one"


def test_another_browser_cannot_go_on_guessing_where_the_first_had_to_stop(client):
    ask_for_code(client)
    bad = wrong(code_in_outbox())
    for _ in range(5):
        client.post(reverse("sign_in_code"), {"code": bad})
    other = Client()
    assert ask_for_code(other).status_code == 429
    assert OutboxMessage.objects.count() == 1


def test_something_that_cannot_be_a_code_costs_no_try(client):
    ask_for_code(client)
    for typed in ("", "12345", "abcdef", "1234567"):
        assert client.post(reverse("sign_in_code"), {"code": typed}).status_code == 422
    assert "还可以再试4次" in text_of(client.post(reverse("sign_in_code"), {"code": wrong(code_in_outbox())}))


def test_a_second_code_within_a_minute_is_refused_with_the_time_it_opens(client):
    ask_for_code(client)
    response = client.post(reverse("sign_in_resend"))
    assert response.status_code == 429
    assert re.search(r"刚发过一条，请先看短信；(明天)?\d\d:\d\d以后可以再要一次", text_of(response))
    assert OutboxMessage.objects.count() == 1


def test_after_a_minute_it_is_sent_again_and_only_the_new_code_works_here(client, monkeypatch):
    ask_for_code(client)
    old = code_in_outbox()
    at(monkeypatch, timedelta(seconds=61))
    assert "请看最新的短信" in text_of(client.post(reverse("sign_in_resend")))
    new = code_in_outbox()
    if old != new:
        assert client.post(reverse("sign_in_code"), {"code": old}).status_code == 422
    assert client.post(reverse("sign_in_code"), {"code": new}).status_code == 302


def test_the_limits_of_a_number_count_every_browser(settings, monkeypatch):
    settings.SMS_PER_NUMBER = "1/60s 5/1h 10/1d"
    sent = []
    for minute in (*range(0, 63, 7), *range(70, 24 * 60, 15)):
        with monkeypatch.context() as patch:
            at(patch, timedelta(minutes=minute))
            sent.append(ask_for_code(Client()).status_code == 302)
    assert sum(sent[:9]) == 6, "5 in any hour, then one in a quarter of an hour"
    assert sum(sent) == 20, "10 in any day, and from one network 10 late ones"


def test_the_limit_of_a_network_address_counts_every_number(settings):
    settings.SMS_PER_ADDRESS = "3/1h"
    answers = [ask_for_code(Client(), f"1990000010{n}").status_code for n in range(5)]
    assert answers == [302, 302, 302, 429, 429]


def test_the_days_budget_stops_everybody_until_midnight(settings):
    settings.SMS_CODES_PER_DAY = 2
    answers = [ask_for_code(Client(), f"1990000010{n}") for n in range(3)]
    assert [answer.status_code for answer in answers] == [302, 302, 429]
    assert "明天00:00以后可以再要一次" in text_of(answers[-1])


def test_a_forged_forwarding_header_does_not_make_another_address(settings):
    settings.SMS_PER_ADDRESS = "1/1h"
    answers = [
        Client(headers={"X-Forwarded-For": f"203.0.113.{n}"}).post(reverse("sign_in"), {"phone": f"1990000010{n}"})
        for n in range(2)
    ]
    assert [answer.status_code for answer in answers] == [302, 429]
