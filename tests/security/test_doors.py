"""Values that made pages fail, uploads without end, codes that work twice, sessions that outlive their role."""

import os
import pickle
import stat
import time

import pytest
import time_machine
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.contrib.contenttypes.models import ContentType
from django.core.cache import cache
from django.test import Client
from django.urls import reverse

from accounts.codes import Role
from accounts.forms.imports import MOST_BYTES
from accounts.identity.cache import purge
from accounts.models import CachedValue, User
from accounts.policies.publishing import read_draft
from accounts.policies.terms import PolicyError
from accounts.views.outbox import totp_now
from payments.demo.files import write_roster
from tests.factories.counter import office
from tests.factories.users import PASSWORD, citizen, official, signed_in
from yibao.lib import clock
from yibao.servers import Valkey

pytestmark = pytest.mark.usefixtures("city")


@pytest.mark.parametrize(
    "word", ["abc", "javascript:alert(1)", "//evil.example", "\\evil", "http://testserver/x", "a" * 99]
)
@pytest.mark.parametrize("page", ["display", "sign_in", "identity", "account_login"])
def test_a_next_that_is_no_path_of_ours_is_nothing(page, word):
    official()
    browser = signed_in(citizen("19900000001")) if page == "identity" else Client()
    browser.raise_request_exception = False
    path = f"{reverse(page)}?next={word}"
    data = {"phone": "19900000002", "way": "record", "text_size": "large", "login": "clerk-1", "password": PASSWORD}
    for answer in (browser.get(path), browser.post(path, data | {"next": word})):
        assert answer.status_code < 500
        assert "evil" not in answer.get("Location", "")


def test_filters_of_the_admin_take_any_value():
    boss = Client(raise_request_exception=False)
    signed_in(official("approver"), boss)
    for query in (
        "at__year=99999999999",
        "at__year=0",
        "at__year=x",
        "p=999999999999",
        "o=99.-99",
        "at__day=99",
        "q=%00",
    ):
        for page in ("admin:accounts_feedback_changelist", "admin:accounts_run_changelist"):
            assert boss.get(f"{reverse(page)}?{query}").status_code < 500, query


@pytest.mark.parametrize("method", ["get", "post", "put"])
def test_addresses_of_the_admin_that_name_no_row_and_no_field(method):
    boss = Client(raise_request_exception=False)
    signed_in(official("approver"), boss)
    for path in ("accounts/office/_3A/history/", "accounts/office/x/change/", "accounts/import/36/change/?_to_field="):
        assert getattr(boss, method)(f"/admin/{path}").status_code < 500, path


def test_shortcuts_of_the_admin_lead_to_no_failure():
    boss = Client(raise_request_exception=False)
    signed_in(official("approver"), boss)
    for kind in ContentType.objects.values_list("pk", flat=True):
        for thing in ("1", "x", "9" * 30):
            assert boss.get(f"/admin/r/{kind}/{thing}/").status_code < 500


@pytest.mark.parametrize(
    ("name", "field"),
    [("counter_call", "seen"), ("counter_call_again", "ticket"), ("counter_lookups_grant", "clerk")],
)
def test_numbers_without_end_typed_at_a_counter_are_numbers_of_nothing(name, field):
    desk = Client(raise_request_exception=False)
    signed_in(official(Role.REVIEWER, office=office().code), desk)
    for typed in ("9" * 5000, "9" * 18, "٣", "²", "-1"):
        assert desk.post(reverse(name), {field: typed}).status_code == 302, typed


@pytest.mark.parametrize(
    "text",
    ["a = " + "[" * 50_000, "a" + ".a" * 40_000 + " = 1", "a = " + "9" * 50_000, "x" * 10_000_000, "[[a]]\n" * 15_000,
     "a = " + "{a=" * 20_000],
)  # fmt: skip
def test_rules_that_are_deep_or_long_are_refused_at_once(text):
    begun = time.process_time()
    with pytest.raises(PolicyError):
        read_draft("330900", "credit", text)
    assert time.process_time() - begun < 5


@pytest.mark.parametrize(("path", "size"), [("/login/", 2 << 20), ("/admin/", MOST_BYTES + (2 << 20)), ("/", 1 << 50)])
def test_a_body_without_end_is_refused_before_it_is_read(path, size):
    answer = Client().post(path, b"", content_type="multipart/form-data; boundary=x", CONTENT_LENGTH=str(size))
    assert answer.status_code == 413


def test_a_code_of_the_authenticator_works_once_for_as_long_as_it_could_be_shown():
    user = official()
    Authenticator.objects.create(user=user, type="totp", data={"secret": _sealed("JBSWY3DPEHPK3PXP")})
    with time_machine.travel(clock.now(), tick=False) as traveller:
        code = totp_now(Authenticator.objects.get(user=user), time.time())
        assert _second_factor(code).status_code == 302
        for _ in range(3):
            traveller.shift(29)
            cache.clear()
            page = _second_factor(code)
            assert page.status_code == 200
            assert code not in page.content.decode()


def _sealed(secret: str) -> str:
    from accounts.identity.adapter import SecondFactorAdapter

    return SecondFactorAdapter().encrypt(secret)


def _second_factor(code: str):
    browser = Client()
    browser.post(reverse("account_login"), {"login": "clerk-1", "password": PASSWORD})
    return browser.post(reverse("mfa_authenticate"), {"code": code})


def test_staff_sign_in_while_the_broker_is_dead(settings):
    settings.REDIS_URL = settings.CELERY_BROKER_URL = "redis://127.0.0.1:1/0"
    user = official()
    Authenticator.objects.create(user=user, type="totp", data={"secret": _sealed("JBSWY3DPEHPK3PXP")})
    assert _second_factor(totp_now(Authenticator.objects.get(user=user), time.time())).status_code == 302


@pytest.mark.parametrize("change", [{"role": ""}, {"role": Role.REVIEWER}, {"office": "R99"}, {"is_active": False}])
def test_a_session_ends_with_the_role_it_was_opened_for(change):
    user = official("policy")
    browser = signed_in(user)
    assert browser.get("/admin/").status_code == 200
    User.objects.filter(pk=user.pk).update(**change)
    assert browser.get("/admin/").status_code in (302, 401)
    assert not browser.get("/admin/").wsgi_request.user.is_authenticated


class Evil:
    def __reduce__(self):
        return (os.system, ("touch /nonexistent",))


def test_what_lies_in_the_cache_is_read_as_json_and_runs_nothing():
    assert "redis" not in settings.CACHES["default"]["BACKEND"].lower()
    cache.set("a", [1, "二", None])
    assert cache.get("a") == [1, "二", None]
    CachedValue.objects.filter(key=":1:a").update(value=pickle.dumps(Evil(), 0).decode())
    with pytest.raises(ValueError, match="Expecting value"):
        cache.get("a")


def test_the_cache_keeps_what_is_alive_and_adds_once():
    assert cache.add("once", 1, timeout=30)
    assert not cache.add("once", 2, timeout=30)
    cache.set("over", 1, timeout=-1)
    assert cache.get("over", "nothing") == "nothing"
    assert cache.add("over", 2, timeout=30)
    cache.set("over", 3, timeout=-1)
    purge()
    assert CachedValue.objects.count() == 1
    cache.delete("once")
    assert cache.get("once") is None


def test_files_of_the_broker_and_of_the_demo_are_for_nobody_else(tmp_path):
    roster = write_roster(tmp_path / "roster.csv", [])
    valkey = Valkey(tmp_path / "valkey")
    valkey.start()
    try:
        written = [
            roster,
            *(path for path in (tmp_path / "valkey").rglob("*") if path.suffix in (".conf", ".aof", ".rdb")),
        ]
        assert len(written) > 2
        assert not [path.name for path in written if stat.S_IMODE(path.stat().st_mode) & 0o077]
    finally:
        valkey.stop()
