"""Sessions end by themselves, on demand, and leave nothing behind in the browser."""

import re
from datetime import timedelta
from urllib.parse import quote

import pytest
from django import forms
from django.contrib.auth.decorators import login_not_required
from django.contrib.sessions.models import Session
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.urls import get_resolver, include, path, reverse

from accounts.forms.kept import told
from accounts.identity import drafts
from accounts.models import AuditEvent, UnfinishedForm, User
from accounts.operations.identity import end_sessions, purge_expired
from tests.accounts.test_signin import ask_for_code, at, code_in_outbox
from tests.factories.people import PersonFactory
from tests.factories.users import citizen, official, signed_in
from yibao.lib import clock

pytestmark = pytest.mark.django_db

FORM = "application/x-www-form-urlencoded"
received: list[dict] = []


def act(request: HttpRequest) -> HttpResponse:
    """Stand for any page that takes a form."""
    received.append({name: request.POST.getlist(name) for name in request.POST if name != "csrfmiddlewaretoken"})
    return HttpResponse("done")


@login_not_required
def public(request: HttpRequest) -> HttpResponse:
    return HttpResponse("open to all")


urlpatterns = [path("act/", act, name="act"), path("public/", public), path("", include("yibao.urls"))]


class Giving(forms.Form):
    """What the page asks."""

    people = forms.MultipleChoiceField(label="给谁", choices=[("1", "父亲"), ("2", "母亲")])
    amount = forms.CharField(label="多少元")
    note = forms.CharField(label="留言")
    agree = forms.BooleanField(label="我同意")


@pytest.fixture(autouse=True)
def pages(settings, monkeypatch):
    settings.ROOT_URLCONF = __name__
    monkeypatch.setitem(drafts.KEPT, "act", lambda request, typed: told("给家人钱", Giving(typed)))
    received.clear()


def sign_in(phone: str = "19900000001") -> Client:
    user = User.objects.by_phone(phone).first() or citizen(phone, PersonFactory())
    return signed_in(user)


def by_code(client: Client, phone: str = "19900000001") -> None:
    """Sign in as people do, so that allauth knows the device."""
    ask_for_code(client, phone)
    client.post(reverse("sign_in_code"), {"code": code_in_outbox(phone)})


def leave_alone(client: Client, minutes: int = 21) -> None:
    """Let the session's time run out."""
    Session.objects.filter(session_key=client.session.session_key).update(
        expire_date=clock.now() - timedelta(minutes=minutes - 20)
    )


def test_a_page_that_says_nothing_about_itself_is_closed_to_strangers(client):
    assert client.get("/act/").url == "/login/?next=%2Fact%2F"
    assert client.get("/public/").content == b"open to all"


def test_twenty_minutes_alone_end_a_session_and_the_page_says_so():
    browser = sign_in()
    assert browser.get("/act/").status_code == 200
    expiry = Session.objects.get().expire_date - clock.now()
    assert timedelta(minutes=18) < expiry <= timedelta(minutes=20)
    leave_alone(browser)
    response = browser.get("/act/")
    assert response.status_code == 401
    page = response.content.decode()
    assert "登录已过期" in page
    assert "/login/?next=%2Fact%2F" in page


def test_who_goes_on_working_is_not_signed_out(monkeypatch):
    browser = sign_in()
    browser.get("/act/")
    Session.objects.update(expire_date=clock.now() + timedelta(minutes=5))
    at(monkeypatch, timedelta(minutes=15))
    browser.get("/act/")
    assert Session.objects.get().expire_date - clock.now() > timedelta(minutes=4)
    monkeypatch.undo()
    assert browser.get("/act/").status_code == 200


def test_twelve_hours_after_signing_in_it_is_over_however_busy_one_was(monkeypatch):
    browser = sign_in()
    browser.get("/act/")
    at(monkeypatch, timedelta(hours=11, minutes=59))
    assert browser.get("/act/").status_code == 200
    at(monkeypatch, timedelta(minutes=2))
    response = browser.get("/act/")
    assert response.status_code == 401
    assert "Clear-Site-Data" in response
    assert "_auth_user_id" not in browser.session


def test_what_was_being_submitted_is_kept_and_can_be_finished_after_signing_in_again():
    user = citizen("19900000001", PersonFactory())
    browser = signed_in(user)
    browser.get("/act/")
    leave_alone(browser)
    received.clear()
    body = "amount=400.00&people=1&people=2&agree=on&version=7&note=" + quote("给孩子")
    refused = browser.post("/act/?year=2026", body, content_type=FORM)
    assert refused.status_code == 401
    assert "您刚才填的已经存好" in refused.content.decode()
    assert received == []

    again = Client()
    by_code(again)
    page = again.get(reverse("continue_form"))
    assert 'name="note" value="给孩子"' in page.content.decode()
    listed = re.findall(r"<dt>(.*?)</dt>\s*<dd>(.*?)</dd>", page.content.decode())
    assert listed == [
        ("办什么", "给家人钱"),
        ("给谁", "父亲、母亲"),
        ("多少元", "400.00"),
        ("留言", "给孩子"),
        ("我同意", "是"),
    ]
    assert 'name="version" value="7"' in page.content.decode(), "sent again, and nothing to read"
    onward = again.post(reverse("continue_form"), {"amount": "400.00"})
    assert (onward.status_code, onward.url) == (307, "/act/?year=2026")
    assert not UnfinishedForm.objects.exists()


def test_after_signing_in_again_one_is_led_to_the_kept_form_first():
    browser = sign_in()
    leave_alone(browser)
    browser.post("/act/", "a=1", content_type=FORM)
    again = Client()
    ask_for_code(again, onward="/settings/")
    assert again.post(reverse("sign_in_code"), {"code": code_in_outbox()}).url == reverse("continue_form")


@pytest.mark.parametrize("between", ["/act/", "/login/", "/display/stay/"])
def test_a_form_is_kept_also_when_another_page_found_out_first(between):
    browser = sign_in()
    leave_alone(browser)
    browser.get(between)
    assert "您刚才填的已经存好" in browser.post("/act/", "a=1", content_type=FORM).content.decode()


def test_who_signs_in_next_at_the_same_computer_keeps_nothing_for_the_one_before():
    browser = sign_in()
    leave_alone(browser)
    browser.get("/act/")
    by_code(browser, "19900000002")
    leave_alone(browser)
    browser.post("/act/", "a=1", content_type=FORM)
    assert UnfinishedForm.objects.get().user == User.objects.by_phone("19900000002").get()


def test_a_kept_form_is_encrypted_and_only_for_who_filled_it_in():
    browser = sign_in()
    leave_alone(browser)
    browser.post("/act/", "name=secret-of-mine", content_type=FORM)
    assert "secret-of-mine" not in str(UnfinishedForm.objects.values())
    assert UnfinishedForm.objects.get().body == "name=secret-of-mine"
    other = sign_in("19900000002")
    assert other.get(reverse("continue_form")).url == "/account/"


def test_what_is_kept_is_not_replaced_by_what_somebody_else_submits_at_the_same_browser():
    browser = sign_in()
    leave_alone(browser)
    for _ in range(2):
        assert "已经存好" in browser.post("/act/", "a=1", content_type=FORM).content.decode()
    assert "已经存好" not in browser.post("/act/", "a=2", content_type=FORM).content.decode()
    assert UnfinishedForm.objects.get().body == "a=1"


@pytest.mark.parametrize(
    "address", ["/family/members/1/limit/", "/premium/check/", "/admin/accounts/user/add/", "/identity/code/"]
)
def test_deeds_and_secrets_are_not_kept_for_a_blind_confirmation(address):
    browser = sign_in()
    leave_alone(browser)
    assert "没有办" in browser.post(address, "limit=none", content_type=FORM).content.decode()
    assert not UnfinishedForm.objects.exists()


def test_every_page_of_which_forms_are_kept_is_there():
    assert set(get_resolver("yibao.urls").reverse_dict) >= drafts.KEPT.keys() - {"act"} >= {"feedback", "premium"}


def test_a_form_that_can_no_longer_be_read_can_only_be_thrown_away(monkeypatch):
    browser = sign_in()
    UnfinishedForm.objects.create(
        user=User.objects.get(), path="/act/", body="amount=400", expires_at=clock.now() + timedelta(hours=1)
    )
    monkeypatch.delitem(drafts.KEPT, "act")
    page = browser.get(reverse("continue_form")).content.decode()
    assert "不能接着办" in page
    assert 'value="400"' not in page
    assert reverse("drop_form") in page


def test_a_kept_form_can_be_thrown_away_and_expires_after_a_day():
    browser = sign_in()
    leave_alone(browser)
    browser.post("/act/", "a=1", content_type=FORM)
    purge_expired(now=clock.now() + timedelta(hours=20))
    assert UnfinishedForm.objects.exists()
    purge_expired(now=clock.now() + timedelta(hours=25))
    assert not UnfinishedForm.objects.exists()
    leave_alone(browser)
    again = sign_in()
    UnfinishedForm.objects.create(
        user=User.objects.get(), path="/act/", body="a=1", expires_at=clock.now() + timedelta(hours=1)
    )
    again.post(reverse("drop_form"))
    assert not UnfinishedForm.objects.exists()


def test_a_stranger_or_a_killed_session_can_keep_no_form():
    Client().post("/act/", "a=1", content_type=FORM)
    browser = sign_in()
    leave_alone(browser)
    end_sessions(User.objects.get())
    assert browser.post("/act/", "a=1", content_type=FORM).status_code == 401
    assert not UnfinishedForm.objects.exists()


def test_an_htmx_request_of_an_ended_session_gets_401_and_is_not_redirected(client):
    assert client.get("/act/", headers={"HX-Request": "true"}).status_code == 401
    browser = sign_in()
    leave_alone(browser)
    assert browser.post("/act/", {"a": "1"}, headers={"HX-Request": "true"}).status_code == 401


@pytest.mark.parametrize("page", ["/act/", "/settings/", "/display/", "/public/", "/identity/", "/nowhere/"])
def test_nothing_a_signed_in_person_sees_stays_in_the_browsers_cache(page):
    response = sign_in().get(page)
    assert response["Cache-Control"] == "no-store"
    assert "HX-Request" in response["Vary"]


def test_pages_of_strangers_may_be_cached(client):
    assert "Cache-Control" not in client.get("/public/")


def test_signing_out_ends_the_session_on_the_server_and_clears_the_browser():
    browser = sign_in()
    key = browser.session.session_key
    assert browser.get(reverse("account_logout")).status_code == 200
    assert Session.objects.filter(session_key=key).exists(), "asking is not signing out"
    response = browser.post(reverse("account_logout"))
    assert response["Clear-Site-Data"] == '"cache", "storage"'
    assert response.url == "/"
    assert not Session.objects.filter(session_key=key).exists()


def test_signing_in_changes_the_session_key(client):
    ask_for_code(client)
    before = client.session.session_key
    client.post(reverse("sign_in_code"), {"code": code_in_outbox()})
    assert client.session.session_key != before
    assert not Session.objects.filter(session_key=before).exists()


def test_the_other_devices_can_be_signed_out(monkeypatch):
    phone, laptop = Client(), Client()
    by_code(phone)
    at(monkeypatch, timedelta(minutes=2))
    by_code(laptop)
    assert laptop.get(reverse("settings")).content.decode().count("网络地址") == 2
    laptop.post(reverse("settings_sign_out_others"))
    assert laptop.get("/act/").status_code == 200
    assert phone.get("/act/").status_code == 302
    assert laptop.get(reverse("settings")).content.decode().count("网络地址") == 1
    assert AuditEvent.objects.filter(verb="sign_in.others_ended").count() == 1


def test_ending_somebodys_sessions_ends_those_allauth_never_saw():
    browser = sign_in()
    end_sessions(User.objects.get())
    assert browser.get("/act/").status_code == 302


def test_a_user_who_is_switched_off_is_out_at_once():
    browser = sign_in()
    User.objects.update(is_active=False)
    assert browser.get("/act/").status_code == 302


def test_staff_are_sent_back_to_their_own_sign_in_page():
    cache.clear()
    browser = signed_in(official("policy"))
    assert browser.get("/admin/").status_code == 200
    leave_alone(browser)
    assert "/login/staff/?next=%2Fadmin%2F" in browser.get("/admin/").content.decode()
