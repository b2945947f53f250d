"""锁屏 and passkeys in Chromium, under our CSP: nothing typed is lost, and a device opens the next session."""

import time
from collections.abc import Iterator
from contextlib import AbstractContextManager

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.urls import reverse
from playwright.sync_api import Page, expect

from accounts.models import AuditEvent, Office, User
from accounts.views.outbox import totp_now
from tests import databases
from tests.browser.looking import FEW_LOOKS, axe_problems
from tests.browser.sweep import sweep, sweep_admin
from tests.factories.users import PASSWORD, official

SCAN, TYPED = "刷身份证或输入证件号码", "写到一半"
PASSKEYS = reverse("passkeys")


@pytest.fixture(scope="session")
def town_database(policies_template, django_db_blocker) -> Iterator[str]:
    """A town of nobody but the staff."""
    name = f"{policies_template}_staff"
    with django_db_blocker.unblock(), databases.copied(policies_template, name):
        yield name


@pytest.fixture
def clerk(town, request) -> User:
    Office.objects.get_or_create(
        code="R01",
        defaults={"region": "330381", "name": "某网点", "address": "某路1号", "phone": "65890000", "source": "试验"},
    )
    user = official(username=request.node.originalname[-30:])
    TOTP.activate(user, generate_totp_secret())
    return user


@pytest.fixture
def desk(page: Page, visit, sign_in, clerk) -> Page:
    sign_in(page, clerk.username)
    visit(page, "/try/desk/")
    page.get_by_label(SCAN).fill(TYPED)
    return page


def unlock(page: Page, typed: str) -> None:
    page.get_by_role("textbox", name="密码或动态码").fill(typed)
    page.get_by_role("button", name="解锁").click()


def the_server_locks(page: Page) -> AbstractContextManager:
    """Wait until the session is locked: the cover is there before the server has answered."""
    return page.expect_response(f"**{reverse('lock_screen')}")


def code_now(user: User) -> str:
    return totp_now(Authenticator.objects.get(user=user, type=Authenticator.Type.TOTP), time.time())


def test_one_key_covers_the_page_and_what_was_typed_is_still_there_afterwards(desk, console):
    button = desk.get_by_role("button", name="锁屏")
    expect(button).to_have_attribute("accesskey", "l")  # the browser's own keys are not to be had from here
    button.press("Enter")
    cover = desk.get_by_role("dialog", name="已锁屏")
    expect(cover).to_be_visible()
    assert axe_problems(desk) == []
    desk.keyboard.press("Escape")
    desk.keyboard.press("Escape")
    expect(cover).to_be_visible()
    unlock(desk, "not-the-password")
    expect(desk.get_by_role("alert").filter(has_text="密码或动态码不对")).to_be_visible()
    unlock(desk, PASSWORD)
    expect(cover).to_be_hidden()
    expect(desk.get_by_label(SCAN)).to_have_value(TYPED)
    assert [line for line in console if "422" not in line] == []


def test_a_page_nobody_touches_covers_itself_and_no_address_opens(page, visit, sign_in, clerk, settings):
    settings.STAFF_LOCK_SECONDS = 2
    sign_in(page, clerk.username)
    with the_server_locks(page):
        visit(page, "/try/desk/")
    expect(page.get_by_role("dialog", name="已锁屏")).to_be_visible()
    settings.STAFF_LOCK_SECONDS = 300
    visit(page, "/try/desk/")
    expect(page.get_by_role("heading", name="已锁屏")).to_be_visible()
    assert axe_problems(page) == []
    unlock(page, code_now(clerk))
    expect(page.get_by_label(SCAN)).to_be_visible()


def test_without_javascript_the_button_locks_and_the_page_unlocks(plain_page, visit, sign_in, clerk):
    sign_in(plain_page, clerk.username)
    visit(plain_page, "/try/desk/")
    plain_page.get_by_role("button", name="锁屏").click()
    expect(plain_page.get_by_role("heading", name="已锁屏")).to_be_visible()
    unlock(plain_page, PASSWORD)
    expect(plain_page.get_by_label(SCAN)).to_be_visible()


def test_the_pages_of_signing_in_and_locking_fit_in_every_size(page, visit, sign_in, clerk):
    visit(page, reverse("new_password"))
    assert sweep(page, FEW_LOOKS) == []
    sign_in(page, clerk.username)
    visit(page, PASSKEYS)
    assert sweep(page, FEW_LOOKS) == []
    page.set_viewport_size({"width": 1280, "height": 844})
    with the_server_locks(page):
        page.get_by_role("button", name="锁屏").click()
    visit(page, PASSKEYS)
    expect(page.get_by_role("heading", name="已锁屏")).to_be_visible()
    assert sweep(page, FEW_LOOKS) == []


def test_the_pages_of_the_accounts_in_the_admin_are_sound(page, console, visit, sign_in, clerk):
    page.set_viewport_size({"width": 1280, "height": 800})
    root = User.objects.create_superuser("root", PASSWORD)
    sign_in(page, root.username)
    change = reverse("admin:accounts_user_change", args=[clerk.pk])
    for path in ("changelist", "add"):
        visit(page, reverse(f"admin:accounts_user_{path}"))
        assert sweep_admin(page) == []
    visit(page, change)
    assert sweep_admin(page) == []
    page.get_by_role("link", name="改岗位或网点，停用或恢复").click()
    expect(page.get_by_label("岗位")).to_have_value("clerk")
    assert sweep_admin(page) == []
    assert console == []


@pytest.fixture
def security_key(page: Page) -> None:
    """A security key that is not there, and always touched."""
    session = page.context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2",
        "transport": "usb",
        "hasUserVerification": True,
        "isUserVerified": True,
        "automaticPresenceSimulation": True,
    }
    session.send("WebAuthn.addVirtualAuthenticator", {"options": options})


@pytest.mark.usefixtures("security_key")
def test_a_passkey_is_added_with_a_fresh_code_and_opens_the_next_session(page, console, visit, sign_in, clerk):
    passkeys = Authenticator.objects.filter(user=clerk, type=Authenticator.Type.WEBAUTHN)
    sign_in(page, clerk.username)
    visit(page, PASSKEYS)
    assert axe_problems(page) == []
    page.get_by_label("叫什么").fill("二号窗口")
    page.get_by_label("动态码", exact=True).fill("000000")
    page.get_by_role("button", name="加通行密钥").click()
    expect(page.get_by_text("动态码不对，或已经用过").first).to_be_visible()
    assert not passkeys.exists()
    page.get_by_label("动态码", exact=True).fill(code_now(clerk))
    page.get_by_role("button", name="加通行密钥").click()
    expect(page.get_by_text("二号窗口，")).to_be_visible()
    assert passkeys.count() == 1
    assert AuditEvent.objects.filter(verb="second_factor.passkey_added", detail={"user": clerk.pk}).count() == 1

    page.context.clear_cookies()
    visit(page, "/login/staff/")
    page.get_by_label("账号").fill(clerk.username)
    page.get_by_label("密码").fill(PASSWORD)
    page.get_by_role("button", name="继续").click()
    page.get_by_role("button", name="用通行密钥").click()
    page.wait_for_url("**/counter/")
    assert [line for line in console if "422" not in line] == []
