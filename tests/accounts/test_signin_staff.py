"""Staff sign in with password and authenticator, and reach nothing without both."""

import re
import time
from collections.abc import Iterator

import pytest
import time_machine
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from django.contrib.auth.password_validation import validate_password
from django.core.cache import cache
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from accounts.forms.signin import PasskeyForm
from accounts.identity.actors import Actor
from accounts.identity.adapter import home_of
from accounts.identity.second_factor import is_ours, vouch_for
from accounts.models import AuditEvent, Office, User
from accounts.operations.second_factor import (
    SETUP_VALID,
    TRIES,
    SetupCodeRefusedError,
    issue_setup_code,
    reset_of_administrator,
)
from accounts.views.outbox import totp_now
from tests.factories.acts import act_now
from tests.factories.users import PASSWORD, citizen, official, signed_in
from yibao.lib import clock

pytestmark = pytest.mark.django_db

STAFF_PAGES = ["/admin/", "/admin/accounts/user/", "/components/", "/settings/"]


@pytest.fixture(autouse=True)
def fresh_limits():
    """Password limits and used codes live in the cache."""
    cache.clear()


@pytest.fixture(autouse=True)
def frozen_clock() -> Iterator[None]:
    """Let a test take longer than a code of the authenticator is valid."""
    with time_machine.travel(clock.now(), tick=False):
        yield


def give_password(client: Client, username: str = "clerk-1", password: str = PASSWORD, onward: str = ""):
    data = {"login": username, "password": password, "next": onward}
    return client.post(reverse("account_login"), data)


def digits_now(user: User) -> str:
    return totp_now(Authenticator.objects.get(user=user), time.time())


def setup_code_for(user: User) -> str:
    return issue_setup_code(act=act_now(), user=user)


def enrol(client: Client, setup_code: str) -> tuple[HttpResponse, str]:
    """Answer the page that sets up the authenticator; return the answer and the secret that was shown."""
    client.get(reverse("second_factor"))
    secret = client.session["mfa.totp.secret"]
    code = format_hotp_value(hotp_value(secret, int(time.time()) // 30))
    return client.post(reverse("second_factor"), {"code": code, "setup_code": setup_code}), secret


def set_up(client: Client) -> str:
    """Set up the authenticator of whoever has just given their password; return its secret."""
    user = User.objects.get(pk=client.session["_auth_user_id"])
    response, secret = enrol(client, setup_code_for(user))
    assert response.status_code == 302
    return secret


def test_the_first_sign_in_leads_to_the_set_up_and_nowhere_else(client):
    official()
    assert give_password(client).url == reverse("second_factor")
    for page in STAFF_PAGES:
        assert client.get(page).url == reverse("second_factor")
    page = client.get(reverse("second_factor")).content.decode()
    assert "<svg" in page
    assert "style=" not in page
    set_up(client)
    assert client.get("/settings/").status_code == 403  # a page of citizens: the gate is open, the page is not theirs


@pytest.mark.parametrize("make", [lambda: official(), lambda: User.objects.create_superuser("root", PASSWORD)])
def test_without_the_second_factor_no_page_of_staff_opens_for_anybody(make, client):
    client.force_login(make())
    for page in STAFF_PAGES:
        assert client.get(page).url == reverse("second_factor")


def test_from_then_on_every_sign_in_asks_for_password_and_code(client):
    user = official()
    give_password(client)
    set_up(client)
    cache.clear()  # the code of these thirty seconds may be used again
    browser = Client()
    assert give_password(browser).url == reverse("mfa_authenticate")
    assert "_auth_user_id" not in browser.session
    response = browser.post(reverse("mfa_authenticate"), {"code": digits_now(user)})
    assert response.url == "/counter/"
    assert browser.session["_auth_user_id"] == str(user.pk)


def test_the_same_code_does_not_work_twice(client):
    user = official()
    give_password(client)
    set_up(client)
    cache.clear()
    code = digits_now(user)
    for browser, status in ((Client(), 302), (Client(), 200)):
        give_password(browser)
        assert browser.post(reverse("mfa_authenticate"), {"code": code}).status_code == status


def test_a_wrong_code_is_explained_and_guessing_stops_after_five(client):
    user = official()
    give_password(client)
    set_up(client)
    cache.clear()
    browser = Client()
    give_password(browser)
    right = digits_now(user)
    bad = f"{(int(right) + 1) % 1_000_000:06d}"
    pages = [browser.post(reverse("mfa_authenticate"), {"code": bad}).content.decode() for _ in range(6)]
    assert "动态码不对" in pages[0]
    assert "试得太多了" in pages[5]
    assert browser.post(reverse("mfa_authenticate"), {"code": right}).status_code == 200


def test_a_wrong_password_and_an_unknown_account_get_the_same_answer(client):
    official()
    answers = [
        give_password(client, name, "wrong-password-here").content.decode().count("账号或密码不对")
        for name in ("clerk-1", "nobody")
    ]
    assert answers == [1, 1]


def test_passwords_cannot_be_tried_for_ever(client):
    official()
    for _ in range(5):
        give_password(client, password="wrong-password-here")
    assert "试得太多了" in give_password(client).content.decode()


def test_a_citizen_cannot_sign_in_with_a_password(client):
    user = citizen("19900000001")
    assert "账号或密码不对" in give_password(client, user.username, PASSWORD).content.decode()


def test_the_admins_own_sign_in_page_leads_to_ours(client):
    assert client.get("/admin/login/").url == f"{reverse('account_login')}?next=%2Fadmin%2F"
    assert client.get("/admin/").url == f"{reverse('account_login')}?next=%2Fadmin%2F"
    assert client.post("/admin/login/", {"username": "root", "password": PASSWORD}).status_code == 302
    assert "_auth_user_id" not in client.session


def test_who_may_not_enter_the_admin_is_told_so_and_not_sent_round_in_circles():
    browser = signed_in(official())
    assert browser.get("/admin/login/").status_code == 403
    assert browser.get("/admin/", follow=True).status_code == 403


@pytest.mark.parametrize(("role", "home"), [("clerk", "/counter/"), ("approver", "/admin/")])
def test_a_page_that_is_not_theirs_tells_staff_so_and_leads_to_their_own(role, home):
    page = signed_in(official(role)).get("/account/").content.decode().split("<main")[1]
    assert f'href="{home}"' in page
    assert "不归您的岗位" in page
    assert "用自己的手机号再登录" not in page  # they have none here: it is said to citizens
    citizens = signed_in(citizen("19900000001")).get("/counter/").content.decode()
    assert "用自己的手机号再登录" in citizens


def test_no_page_of_another_package_lets_an_administrator_change_anything_alone():
    root = signed_in(User.objects.create_superuser("root", PASSWORD))
    index = root.get("/admin/").content.decode()
    assert "/admin/accounts/user/" in index
    for door in ("mfa/authenticator", "auth/group", "account/emailaddress", "usersessions/usersession",
                 "socialaccount/socialapp", "django_celery_beat/periodictask"):  # fmt: skip
        assert door not in index
        assert root.get(f"/admin/{door}/add/").status_code == 404


def test_each_role_starts_at_its_own_place():
    for role, home in (
        ("clerk", "/counter/"),
        ("reviewer", "/admin/"),
        ("policy", "/admin/"),
        ("approver", "/admin/"),
    ):
        official(role)
        browser = Client()
        give_password(browser, f"{role}-1")
        assert enrol(browser, setup_code_for(User.objects.get(username=f"{role}-1")))[0].url == home


def test_a_reviewer_of_an_office_starts_at_the_counter_and_finds_the_admin_from_there_and_back():
    Office.objects.create(region="330381", code="R01", name="网点", address="某路1号", phone="65890000", source="测试")
    reviewer = official("reviewer")
    assert home_of(reviewer) == "/counter/"
    browser = signed_in(reviewer)
    desk = browser.get("/counter/").content.decode()
    assert 'href="/admin/"' in desk
    assert 'href="/counter/cases/"' not in desk  # a clerk's: it would be refused
    assert 'href="/counter/"' in browser.get("/admin/").content.decode()


def test_the_secret_of_the_authenticator_is_encrypted_in_the_database(client):
    user = official()
    give_password(client)
    secret = set_up(client)
    with connection.cursor() as cursor:
        cursor.execute("SELECT data::text FROM mfa_authenticator WHERE user_id = %s", [user.pk])
        stored = cursor.fetchone()[0]
    assert secret not in stored
    assert "mfa.totp.secret" not in client.session


def test_the_set_up_is_closed_to_citizens_and_to_who_has_an_authenticator(client):
    assert signed_in(citizen()).get(reverse("second_factor")).status_code == 403
    user = official()
    give_password(client)
    set_up(client)
    assert client.get(reverse("second_factor")).url == "/counter/"
    bypass = Client()
    bypass.force_login(user)  # a session that was opened without the factor
    assert bypass.get("/settings/").url == reverse("second_factor")
    assert bypass.get(reverse("second_factor")).url == reverse("account_login")
    assert "_auth_user_id" not in bypass.session


def test_an_administrators_lost_authenticator_is_reset_on_the_server_and_signs_out_everywhere(client):
    user = User.objects.create_superuser("root", PASSWORD)
    give_password(client, "root")
    set_up(client)
    reset_of_administrator(act=act_now(), user=user)
    assert client.get("/components/").status_code == 302
    assert not Authenticator.objects.filter(user=user).exists()
    assert AuditEvent.objects.filter(verb="second_factor.reset").count() == 1


class TestWhoHasOnlyThePassword:
    """The first second factor is as good as the password alone, unless somebody else has to hand something over."""

    @pytest.fixture
    def thief(self, client):
        official()
        give_password(client)
        return client

    def nothing_is_open(self, thief):
        assert not Authenticator.objects.exists()
        assert thief.get("/counter/").url == reverse("second_factor")

    @pytest.mark.parametrize("typed", ["", "ABCDEFGH"])
    def test_sets_up_no_second_factor(self, thief, typed):
        answer, _ = enrol(thief, typed)
        assert "设置码" in answer.content.decode()
        self.nothing_is_open(thief)

    def test_nor_with_the_code_of_somebody_else(self, thief):
        enrol(thief, setup_code_for(official(username="clerk-2")))
        self.nothing_is_open(thief)

    def test_nor_with_a_code_that_is_too_old_or_was_followed_by_another(self, thief):
        user = User.objects.get(username="clerk-1")
        first = setup_code_for(user)
        setup_code_for(user)
        enrol(thief, first)
        self.nothing_is_open(thief)
        code = setup_code_for(user)
        with time_machine.travel(clock.now() + SETUP_VALID, tick=False):
            give_password(thief)
            enrol(thief, code)
        self.nothing_is_open(thief)

    def test_nor_by_trying(self, thief):
        for _ in range(TRIES[0].times):
            enrol(thief, "ABCDEFGH")
        answer, _ = enrol(thief, setup_code_for(User.objects.get(username="clerk-1")))
        assert "次数太多了" in answer.content.decode()
        self.nothing_is_open(thief)

    def test_a_code_is_used_up_and_who_gave_it_is_written_down(self, client):
        user, boss = official(), official("approver")
        code = issue_setup_code(act=act_now(Actor.staff(boss, "R01")), user=user)
        give_password(client)
        assert enrol(client, f" {code[:4].lower()}-{code[4:]} ")[0].status_code == 302
        verbs = AuditEvent.objects.filter(verb__startswith="second_factor.").order_by("id")
        assert [(event.verb, event.actor) for event in verbs] == [
            ("second_factor.code_issued", f"staff:{boss.pk}@R01"),
            ("second_factor.set_up", f"staff:{user.pk}@R01"),
        ]
        Authenticator.objects.all().delete()
        enrol(client, code)
        assert not Authenticator.objects.exists()

    def test_nobody_gives_a_code_to_themselves_under_any_account(self):
        me, also_me = (official(username=name, certno="999902198001010012") for name in ("clerk-1", "clerk-2"))
        for user in (me, also_me):
            with pytest.raises(SetupCodeRefusedError, match="换一位同事"):
                issue_setup_code(act=act_now(Actor.staff(me, "R01")), user=user)

    def test_the_command_gives_a_code_and_takes_no_authenticator_of_staff_away(self, client, capsys):
        official()
        call_command("second_factor", "code", "clerk-1")
        code = re.search(r"设置码 (\w{8})，1天内有效", capsys.readouterr().out)[1]
        give_password(client)
        assert enrol(client, code)[0].url == "/counter/"
        with pytest.raises(CommandError, match="已经设置过"):
            call_command("second_factor", "code", "clerk-1")
        for by in ([], ["clerk-1"]):
            with pytest.raises(CommandError, match="staff new_factor"):
                call_command("second_factor", "reset", "clerk-1", by=by)
        assert Authenticator.objects.count() == 1
        User.objects.filter(username="clerk-1").update(role="", is_superuser=True)
        call_command("second_factor", "reset", "clerk-1")
        assert not Authenticator.objects.exists()
        with pytest.raises(CommandError, match="没有“nobody”"):
            call_command("second_factor", "code", "nobody")


def test_a_short_password_is_refused():
    for password in ("short-1", "123456789012", "password1234"):
        with pytest.raises(ValidationError):
            validate_password(password, User(username="clerk"))
    validate_password(PASSWORD, User(username="clerk"))


def test_the_demo_shows_the_codes_of_the_staff(client):
    user = official()
    give_password(client)
    set_up(client)
    assert digits_now(user) in client.get(reverse("outbox")).content.decode()


@pytest.mark.parametrize("path", ["/login/staff/", "/login/inactive/", "/oidc/cancelled/"])
def test_the_pages_that_allauth_brings_carry_the_portals_name_and_links_too(path, client):
    page = client.get(path).content.decode()
    assert "医保个人账户" in page
    assert "testserver" not in page
    assert "/display/" in page  # 字号, on every page


def test_a_passkey_put_into_the_table_or_moved_to_another_account_is_not_ours():
    user, other = official(), official("clerk-2")
    passkey = Authenticator(user=user, type=Authenticator.Type.WEBAUTHN, data={"name": "a", "credential": {"id": "A"}})
    passkey.save()
    assert not is_ours(passkey)
    vouch_for(passkey)
    kept = Authenticator.objects.get(pk=passkey.pk)
    assert is_ours(kept)
    kept.data["credential"] = {"id": "B"}
    assert not is_ours(kept)
    kept.data["credential"], kept.user = {"id": "A"}, other
    assert not is_ours(kept)
    kept.data["mark"] = "00"
    assert not is_ours(kept)


NO_JSON = ("7", "null", "[]", "{", "9" * 5000, "[" * 100_000, '{"id": ' * 50_000)


@pytest.mark.parametrize("credential", NO_JSON)
def test_what_no_browser_makes_signs_nobody_in_with_a_passkey(credential):
    form = PasskeyForm({"credential": credential}, user=official())
    assert not form.is_valid()
    assert str(form)


def test_a_passkey_takes_a_fresh_code_and_what_the_browser_made(client):
    """With a real one: tests/browser/test_staff_sessions.py."""
    user = official()
    give_password(client)
    set_up(client)
    page = reverse("passkeys")
    assert "您还没有通行密钥" in client.get(page).content.decode()
    for credential in ("", "{}", '{"id": "AAAA", "rawId": "AAAA", "type": "public-key", "response": {}}', *NO_JSON):
        answer = client.post(page, {"name": "钥匙", "code": digits_now(user), "credential": credential})
        assert answer.status_code == 422
    assert not Authenticator.objects.filter(user=user, type=Authenticator.Type.WEBAUTHN).exists()
