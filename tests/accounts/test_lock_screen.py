"""锁屏 and short sessions of the staff: locked on the server, opened by the same person, and nothing typed is lost."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from urllib.parse import quote

import pytest
import time_machine
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.test import Client
from django.urls import reverse

from accounts.codes import Role
from accounts.identity.drafts import KEPT
from accounts.models import AuditEvent, UnfinishedForm, User
from accounts.operations.unlocking import TRIES
from accounts.views.outbox import totp_now
from tests.factories.people import PersonFactory
from tests.factories.users import PASSWORD, citizen, official, signed_in
from yibao.lib import clock

pytestmark = pytest.mark.django_db

LOCK = reverse("lock_screen")
PAGE, FORM = "/components/", "application/x-www-form-urlencoded"


@pytest.fixture(autouse=True)
def travel() -> Iterator[Any]:
    with time_machine.travel(clock.now(), tick=False) as moment:
        yield moment


@pytest.fixture
def clerk() -> User:
    return official()


@pytest.fixture
def desk(clerk) -> Client:
    desk = signed_in(clerk)
    assert desk.get(PAGE).status_code == 200
    return desk


def lock(desk: Client) -> None:
    assert desk.post(LOCK, {"lock": "1", "next": PAGE}).url == f"{LOCK}?next=%2Fcomponents%2F"


def unlock(desk: Client, typed: str):
    return desk.post(LOCK, {"typed": typed, "next": PAGE})


def code_now(user: User) -> str:
    return totp_now(Authenticator.objects.get(user=user), clock.now().timestamp())


class TestLocked:
    def test_every_page_answers_with_the_lock_and_leads_back_afterwards(self, desk):
        lock(desk)
        for page in (PAGE, "/counter/", "/", "/help/", "/admin/"):
            assert desk.get(page).url.startswith(LOCK)
        shown = desk.get(PAGE, follow=True).content.decode()
        assert "已锁屏" in shown
        assert "账号 clerk-1" in shown
        assert unlock(desk, PASSWORD).url == PAGE
        assert desk.get(PAGE).status_code == 200

    def test_it_locks_itself_after_five_minutes_without_anybody(self, desk, travel):
        travel.shift(timedelta(minutes=4, seconds=59))
        assert desk.get(PAGE).status_code == 200
        travel.shift(timedelta(minutes=5, seconds=1))
        assert desk.get(PAGE).url == f"{LOCK}?next=%2Fcomponents%2F"

    def test_what_a_page_fetches_by_itself_is_nobody(self, desk, travel):
        for _ in range(10):
            travel.shift(timedelta(seconds=31))
            answer = desk.get(PAGE, headers={"X-Polled": "1", "HX-Request": "true"})
        assert answer.headers["HX-Redirect"] == LOCK

    def test_whoever_types_keeps_it_open(self, desk, travel):
        for _ in range(3):
            travel.shift(timedelta(minutes=4))
            desk.get(reverse("stay"))
        assert desk.get(PAGE).status_code == 200

    def test_a_locked_screen_is_not_kept_open_by_asking(self, desk, travel):
        lock(desk)
        for _ in range(4):
            travel.shift(timedelta(minutes=4))
            desk.get(LOCK)
            desk.get(reverse("stay"))
        assert desk.get(PAGE).status_code == 401

    def test_what_was_being_submitted_is_kept_and_gone_on_with(self, desk, clerk):
        lock(desk)
        assert desk.post("/feedback/", f"text={quote('叫号机坏了')}", content_type=FORM).url == LOCK
        assert UnfinishedForm.objects.get(user=clerk).path == "/feedback/"
        assert "已经存好" in desk.get(LOCK).content.decode()
        assert unlock(desk, PASSWORD).url == reverse("continue_form")
        assert "叫号机坏了" in desk.get(reverse("continue_form")).content.decode()

    @pytest.mark.parametrize("name", ["counter_lookups_grant", "counter_find", "account_login", "counter_case_undo"])
    def test_nobody_plants_a_deed_for_whoever_unlocks_it(self, desk, name):
        lock(desk)
        address = reverse(name, args=["K1"] if name == "counter_case_undo" else [])
        assert desk.post(address, "clerk=1&more=50", content_type=FORM).url == LOCK
        assert not UnfinishedForm.objects.exists()

    @pytest.mark.parametrize("field", ["typed", "certno", "phone"])
    def test_nor_a_number_by_which_a_section_of_a_case_looks_somebody_up(self, desk, field):
        lock(desk)
        desk.post(
            reverse("counter_case", args=["K1"]), f"section=asked&reason=x&{field}=19900000001", content_type=FORM
        )
        assert not UnfinishedForm.objects.exists()
        desk.post(reverse("counter_case", args=["K1"]), f"section=asked&reason=x&{field}=", content_type=FORM)
        assert UnfinishedForm.objects.exists()

    def test_of_the_counter_only_sections_of_a_case_are_kept(self):
        assert {name for name in KEPT if name.startswith("counter")} == {"counter_case"}

    def test_citizens_have_no_lock(self, travel):
        desk = signed_in(citizen("19900000001", PersonFactory()))
        desk.get("/settings/")
        travel.shift(timedelta(minutes=10))
        assert desk.get("/settings/").status_code == 200
        assert desk.post(LOCK, {"lock": "1"}).status_code == 403

    def test_who_takes_their_time_over_the_second_factor_is_not_sent_round_in_circles(self, clerk, travel):
        desk = Client()
        desk.force_login(clerk)
        assert desk.get(PAGE).url == reverse("second_factor")
        travel.shift(timedelta(minutes=6))
        assert desk.get(reverse("second_factor")).status_code == 200

    def test_the_screen_in_the_hall_goes_on_calling(self, desk):
        lock(desk)
        answer = desk.get(reverse("counter_displays"), headers={"X-Polled": "1"})
        assert not answer.get("Location", "").startswith(LOCK)

    def test_signing_out_is_open_to_whoever_comes_next(self, desk):
        lock(desk)
        assert desk.post(reverse("account_logout")).status_code == 302
        assert "_auth_user_id" not in desk.session


class TestUnlocking:
    def test_by_a_code_of_the_authenticator_once(self, desk, clerk):
        TOTP.activate(clerk, generate_totp_secret())
        code = code_now(clerk)
        lock(desk)
        assert unlock(desk, f" {code} ").url == PAGE
        lock(desk)
        answer = unlock(desk, code)
        assert (answer.status_code, "一个动态码只能用一次" in answer.content.decode()) == (422, True)

    def test_a_code_that_opened_the_session_does_not_unlock_it(self, clerk):
        TOTP.activate(clerk, generate_totp_secret())
        desk, code = Client(), code_now(clerk)
        desk.post(reverse("account_login"), {"login": "clerk-1", "password": PASSWORD})
        assert desk.post(reverse("mfa_authenticate"), {"code": code}).status_code == 302
        lock(desk)
        assert unlock(desk, code).status_code == 422

    def test_not_by_somebody_elses_password_or_nothing(self, desk):
        other = official(Role.REVIEWER)
        other.set_password("another-long-passphrase")
        other.save()
        lock(desk)
        for typed in ("another-long-passphrase", "", "000000"):
            assert unlock(desk, typed).status_code == 422
        assert desk.get(PAGE).url.startswith(LOCK)
        assert AuditEvent.objects.filter(verb="lock_screen.refused").count() == 2

    def test_not_by_trying_for_ever(self, desk):
        lock(desk)
        for _ in range(TRIES[0].times):
            unlock(desk, "wrong")
        answer = unlock(desk, PASSWORD)
        assert "次数太多了" in answer.content.decode()

    def test_the_cover_of_a_page_hears_yes_or_why_not(self, desk):
        cover = {"X-Cover": "1"}
        assert desk.post(LOCK, {"lock": "1"}, headers=cover).status_code == 204
        wrong = desk.post(LOCK, {"typed": "wrong"}, headers=cover)
        assert (wrong.status_code, wrong.content.decode()[:8]) == (422, "密码或动态码不对")
        assert desk.post(LOCK, {"typed": PASSWORD}, headers=cover).status_code == 204
        assert desk.get(PAGE).status_code == 200


class TestShortSessions:
    def test_fifteen_minutes_alone_end_a_session_of_the_staff(self, desk, travel):
        travel.shift(timedelta(minutes=15, seconds=1))
        assert desk.get(PAGE).status_code == 401
        assert "_auth_user_id" not in desk.session

    def test_eight_hours_after_signing_in_it_is_over_however_busy_one_was(self, desk, travel):
        for _ in range(8 * 15):
            travel.shift(timedelta(minutes=4))
            assert desk.get(reverse("stay")).status_code == 204
        travel.shift(timedelta(minutes=1))
        assert desk.get(PAGE).status_code == 401
