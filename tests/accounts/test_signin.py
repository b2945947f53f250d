"""A citizen signs in with a phone and a code."""

import logging
import re
from datetime import timedelta

import pytest
from django.contrib.sessions.models import Session
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse

from accounts.identity import codes
from accounts.models import AuditEvent, OutboxMessage, PhoneCode, User
from tests.factories.people import PersonFactory
from tests.factories.users import citizen, official, signed_in
from yibao.lib import clock

pytestmark = pytest.mark.django_db

PHONE = "19900000001"


def ask_for_code(client: Client, phone: str = PHONE, onward: str = ""):
    return client.post(reverse("sign_in") + (f"?next={onward}" if onward else ""), {"phone": phone})


def code_in_outbox(phone: str = PHONE) -> str:
    messages = OutboxMessage.objects.order_by("-queued_at")
    text = next(message.text for message in messages if message.phone == phone)
    return re.search(r"\d{6}", text).group()


def wrong(code: str) -> str:
    return f"{(int(code) + 1) % 1_000_000:06d}"


def text_of(response) -> str:
    return response.content.decode()


def at(monkeypatch, later: timedelta) -> None:
    """Let the doors' clock run ahead."""
    start = clock.now
    monkeypatch.setattr(clock, "now", lambda: start() + later)


def test_an_unknown_number_becomes_a_user_only_once_the_code_is_right(client):
    ask_for_code(client)
    client.post(reverse("sign_in_code"), {"code": wrong(code_in_outbox())})
    assert not User.objects.exists()

    response = client.post(reverse("sign_in_code"), {"code": code_in_outbox()})

    user = User.objects.get()
    assert response.url == reverse("identity")
    assert user.phone == PHONE
    assert client.session["_auth_user_id"] == str(user.pk)
    assert not user.has_usable_password()


def test_a_known_number_signs_the_same_user_in_again(client):
    user = citizen(PHONE, PersonFactory())
    ask_for_code(client)
    response = client.post(reverse("sign_in_code"), {"code": code_in_outbox()})
    assert response.url == "/account/"
    assert User.objects.get() == user


def test_after_signing_in_one_lands_where_one_wanted_to_go(client):
    ask_for_code(client, onward="/settings/")
    assert client.post(reverse("sign_in_code"), {"code": code_in_outbox()}).url == "/settings/"


@pytest.mark.parametrize("onward", ["https://example.org/", "//example.org", "javascript:alert(1)"])
def test_a_foreign_address_to_go_on_to_is_ignored(client, onward):
    ask_for_code(client, onward=onward)
    assert client.post(reverse("sign_in_code"), {"code": code_in_outbox()}).url == reverse("identity")


def test_known_and_unknown_numbers_get_the_same_answers_and_the_same_kind_of_message():
    citizen(PHONE, PersonFactory())
    pages = {}
    for phone in (PHONE, "19900000009"):
        browser = Client()
        asked = ask_for_code(browser, phone)
        page = browser.get(reverse("sign_in_code"))
        refused = browser.post(reverse("sign_in_code"), {"code": wrong(code_in_outbox(phone))})
        token = re.compile(r'(value="|X-CSRFToken": ")\w{64}"')
        hide = [(phone[-4:], "____"), (" ".join(phone[-4:]), "_ _ _ _")]
        bodies = []
        for response in (asked, page, refused):
            body = re.sub(r'value="\d{6}"', "", token.sub("", text_of(response)))
            for seen, hidden in hide:
                body = body.replace(seen, hidden)
            bodies.append((response.status_code, body, sorted(response.headers)))
        pages[phone] = bodies
    for known, unknown in zip(pages[PHONE], pages["19900000009"], strict=True):
        assert known == unknown
    known, unknown = OutboxMessage.objects.order_by("queued_at")
    assert re.sub(r"\d{6}", "", known.text) == re.sub(r"\d{6}", "", unknown.text)


@pytest.mark.parametrize(
    "typed",
    [
        "19900000001",
        "+86 199 0000 0001",
        "0086-19900000001",
        "１９９００００００００１".replace("００００００００", "０００００００"),
        " 199 0000 0001 ",
    ],
)
def test_a_number_may_be_typed_in_any_common_way(client, typed):
    assert ask_for_code(client, typed).url == reverse("sign_in_code")
    assert PhoneCode.objects.get().phone == PHONE


@pytest.mark.parametrize(
    ("typed", "reason"),
    [
        ("", "请填手机号"),
        ("1990000001", "手机号少了1位，应为11位"),
        ("199000000012", "手机号多了1位，应为11位"),
        ("29900000001", "这不是内地的手机号，应为1开头的11位数字"),
        ("+852 5123 4567", "这不是内地的手机号，应为1开头的11位数字"),
        ("1990000000a", "这不是内地的手机号，应为1开头的11位数字"),
    ],
)
def test_a_wrong_number_is_explained_at_the_field_and_kept(client, typed, reason):
    response = ask_for_code(client, typed)
    assert response.status_code == 422
    page = text_of(response)
    assert "<title>错误：" in page
    assert page.count(reason) == 2  # in the summary and at the field
    assert not OutboxMessage.objects.exists()


def test_the_code_page_shows_whose_phone_and_how_long_without_the_whole_number(client):
    ask_for_code(client)
    page = text_of(client.get(reverse("sign_in_code")))
    assert "199****0001" in page
    assert PHONE not in page
    assert "10分钟内有效" in page
    assert 'autocomplete="one-time-code"' in page


def test_full_width_digits_and_spaces_are_understood(client):
    ask_for_code(client)
    code = code_in_outbox()
    typed = f" {code[:3]} {code[3:]} ".translate({ord(str(digit)): chr(0xFF10 + digit) for digit in range(10)})
    assert client.post(reverse("sign_in_code"), {"code": typed}).status_code == 302


def test_a_code_older_than_ten_minutes_is_refused_as_expired(client, monkeypatch):
    ask_for_code(client)
    code = code_in_outbox()
    at(monkeypatch, timedelta(minutes=10, seconds=1))
    response = client.post(reverse("sign_in_code"), {"code": code})
    assert response.status_code == 422
    assert "已经过期" in text_of(response)


def test_a_code_of_nine_minutes_is_still_good(client, monkeypatch):
    ask_for_code(client)
    code = code_in_outbox()
    at(monkeypatch, timedelta(minutes=9))
    assert client.post(reverse("sign_in_code"), {"code": code}).status_code == 302


def test_a_code_works_once_and_in_its_own_browser_only(client):
    ask_for_code(client)
    code, pending = code_in_outbox(), client.session["sign_in_code"]
    stranger = Client()
    assert stranger.post(reverse("sign_in_code"), {"code": code}).url == reverse("sign_in")
    client.post(reverse("sign_in_code"), {"code": code})
    thief = Client()
    session = thief.session
    session["sign_in_code"] = pending
    session.save()
    assert "已经过期或用过了" in text_of(thief.post(reverse("sign_in_code"), {"code": code}))


def test_with_htmx_only_the_resend_line_is_answered_and_announced(client):
    ask_for_code(client)
    page = text_of(client.post(reverse("sign_in_resend"), headers={"HX-Request": "true"}))
    assert re.match(r'\s*<form\s+id="resend"', page)
    assert 'id="status" hx-swap-oob' in page


def test_going_back_and_asking_for_the_same_number_sends_nothing_new(client):
    ask_for_code(client)
    assert ask_for_code(client).url == reverse("sign_in_code")
    assert OutboxMessage.objects.count() == 1


def test_another_number_can_be_given_while_a_code_is_pending(client):
    ask_for_code(client)
    assert "换个手机号" in text_of(client.get(reverse("sign_in_code")))
    assert ask_for_code(client, "19900000002").url == reverse("sign_in_code")
    assert "199****0002" in text_of(client.get(reverse("sign_in_code")))


def test_neither_session_nor_log_nor_code_table_holds_number_or_code_in_plain(client, caplog):
    caplog.set_level(logging.DEBUG)
    ask_for_code(client)
    code = code_in_outbox()
    stored = [str(client.session.items()), *(str(row) for row in PhoneCode.objects.values_list())]
    stored += [Session.objects.get().session_data, repr(PhoneCode.objects.get().__dict__), caplog.text]
    client.post(reverse("sign_in_code"), {"code": code})
    stored += [str(client.session.items()), caplog.text, repr(User.objects.get().__dict__), str(User.objects.get())]
    assert not [text for text in stored if PHONE in text or code in text]


def test_an_inactive_user_is_told_to_come_to_the_counter(client):
    user = citizen(PHONE)
    User.objects.filter(pk=user.pk).update(is_active=False)
    ask_for_code(client)
    response = client.post(reverse("sign_in_code"), {"code": code_in_outbox()}, follow=True)
    assert "带身份证到窗口核验" in text_of(response)
    assert "_auth_user_id" not in client.session


def test_a_code_for_signing_in_opens_nothing_else(client):
    consent = codes.Purpose("consent", codes.SIGN_IN.template)
    now = clock.now()
    row = codes.issue(purpose=codes.SIGN_IN, phone=PHONE, address="127.0.0.1", now=now)
    with pytest.raises(codes.ExpiredCodeError):
        codes.check(code_id=row.id, purpose=consent, typed=code_in_outbox(), address="127.0.0.1", now=now)


def test_a_code_for_one_amount_does_not_agree_to_another():
    pay = codes.Purpose("pay", codes.SIGN_IN.template)
    now = clock.now()
    row = codes.issue(purpose=pay, phone=PHONE, address="127.0.0.1", now=now, about="account 3, 400.00")
    given = {"code_id": row.id, "purpose": pay, "typed": code_in_outbox(), "address": "127.0.0.1", "now": now}
    with pytest.raises(codes.ExpiredCodeError):
        codes.check(**given, about="account 3, 4000.00")
    assert codes.check(**given, about="account 3, 400.00").phone == PHONE


def test_signing_in_is_audited(client):
    person = PersonFactory()
    user = citizen(PHONE, person)
    ask_for_code(client)
    client.post(reverse("sign_in_code"), {"code": code_in_outbox()})
    event = AuditEvent.objects.get(verb="sign_in.done")
    assert (event.actor, event.subject) == (f"citizen:{user.pk}", person)


def test_a_user_table_keeps_citizens_and_staff_apart():
    clerk = official()
    for change in ({"person": PersonFactory()}, {"phone_index": b"x"}):
        with pytest.raises(IntegrityError), transaction.atomic():
            User.objects.filter(pk=clerk.pk).update(**change)


def test_the_outbox_exists_only_in_the_demo(client, settings):
    ask_for_code(client)
    page = text_of(client.get(reverse("outbox")))
    assert code_in_outbox() in page
    assert "199****0001" in page
    settings.DEMO = False
    assert client.get(reverse("outbox")).status_code == 404


def test_who_is_signed_in_already_is_not_asked_again():
    browser = signed_in(citizen(PHONE, PersonFactory()))
    assert browser.get(reverse("sign_in")).url == "/account/"
    assert browser.get(reverse("sign_in_code")).url == "/account/"
