"""Accounts of the staff in the admin: an administrator proposes, a reviewer approves, the code is shown once."""

import re

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.test import Client
from django.urls import reverse

from accounts.codes import Role
from accounts.models import Approval, Office, User
from tests.accounts.operations.renaming import staff
from tests.factories.people import certno
from tests.factories.users import PASSWORD, citizen, official, signed_in

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("office")]

ANYANG = "330381-03"
NUMBER = certno(900_010)
LIST, ADD = reverse("admin:accounts_user_changelist"), reverse("admin:accounts_user_add")


@pytest.fixture
def office() -> None:
    Office.objects.create(
        region="330381", code=ANYANG, name="安阳分局", address="某路1号", phone="65890000", source="试验"
    )


@pytest.fixture
def root() -> Client:
    return signed_in(User.objects.create_superuser("root", PASSWORD, certno=certno(900_001)))


@pytest.fixture
def reviewer() -> Client:
    return signed_in(staff(Role.REVIEWER, "reviewer", 2))


@pytest.fixture
def clerk() -> User:
    return official(Role.CLERK, "clerk", office=ANYANG, certno=certno(900_003))


def page_of(user: User, deed: str = "change", **more: str) -> str:
    return reverse(f"admin:accounts_user_{deed}", args=[user.pk, *more.values()])


def approved(browser: Client, approval: Approval) -> str:
    page = reverse("admin:accounts_approval_approve", args=[approval.pk])
    return browser.post(page, {"digest": approval.digest}, follow=True).content.decode()


def test_a_new_account_from_the_form_to_the_code(root, reviewer):
    form = {"username": "xiaochen", "name": "陈小新", "certno": NUMBER, "role": "clerk", "office": ANYANG}
    page = root.post(ADD, form | {"reason": "新到岗"}, follow=True).content.decode()
    assert "经办，安阳分局，可以登录" in page
    assert "陈小新" not in page
    user = User.objects.get(username="xiaochen")
    assert "没有要您办的" in reviewer.get(page_of(user)).content.decode()
    assert "账号 xiaochen：经办" in approved(reviewer, Approval.objects.get())
    shown = reviewer.post(page_of(user, "code")).content.decode()
    code = re.search(r"<code>(\w{8})</code>", shown)[1]
    assert "陈小新" in reviewer.get(LIST).content.decode()
    form = {"login": "xiaochen", "setup_code": code, "password": PASSWORD, "again": PASSWORD}
    assert Client().post(reverse("new_password"), form).url == reverse("account_login")


def test_what_is_wrong_stays_on_the_form_with_what_was_typed(root):
    form = {"username": "xiaochen", "name": "陈小新", "certno": NUMBER[:-1], "role": "clerk", "office": ANYANG}
    answer = root.post(ADD, form | {"reason": "新到岗"})
    assert answer.status_code == 422
    assert "证件号码少了1位" in answer.content.decode()
    assert 'value="陈小新"' in answer.content.decode()
    assert not User.objects.filter(username="xiaochen").exists()


def test_a_role_is_changed_by_two(root, reviewer, clerk):
    form = {"role": "reviewer", "office": ANYANG, "active": "on", "reason": "调岗"}
    page = root.post(page_of(clerk, "propose"), form, follow=True).content.decode()
    assert "经办，安阳分局，可以登录" in page
    assert "复核，安阳分局，可以登录" in page
    assert "正在等复核" in root.get(page_of(clerk)).content.decode()
    approved(reviewer, Approval.objects.get())
    clerk.refresh_from_db()
    assert clerk.role == "reviewer"


def test_nothing_changed_is_said(root, clerk):
    form = {"role": "clerk", "office": ANYANG, "active": "on", "reason": "调岗"}
    assert "没有变化" in root.post(page_of(clerk, "propose"), form).content.decode()


@pytest.mark.parametrize(("what", "gone"), [("second_factor", "动态码和通行密钥已取消"), ("password", "密码已取消")])
def test_a_lost_second_factor_and_a_forgotten_password_are_taken_away_by_two(what, gone, root, reviewer, clerk):
    TOTP.activate(clerk, generate_totp_secret())
    assert "给设置码" not in root.get(page_of(clerk)).content.decode()
    root.post(page_of(clerk, "take", what=what), {"reason": "本人当面申请"})
    assert gone in approved(reviewer, Approval.objects.get())
    clerk.refresh_from_db()
    assert clerk.has_usable_password() is (what != "password")
    assert Authenticator.objects.exists() is (what != "second_factor")
    assert "给设置码" in reviewer.get(page_of(clerk)).content.decode()


def test_citizens_are_on_no_page_of_these(root):
    somebody = citizen("19900000001")
    assert somebody.username not in root.get(LIST).content.decode()
    for deed in ("change", "propose", "code"):
        method = root.post if deed == "code" else root.get
        assert method(page_of(somebody, deed), follow=False).status_code in (302, 404)


def test_an_administrator_has_no_role_to_choose(root, reviewer):
    other = User.objects.create_superuser("root2", PASSWORD, certno=certno(900_011))
    page = root.get(page_of(other, "propose")).content.decode()
    assert 'name="active"' in page
    assert 'name="role"' not in page
    root.post(page_of(other, "propose"), {"reason": "离职"})
    approved(reviewer, Approval.objects.get())
    other.refresh_from_db()
    assert not other.is_active


def test_nobody_gets_a_code_for_themselves(root):
    me = User.objects.get(username="root")
    assert "不能给自己的账号办" in root.post(page_of(me, "code"), follow=True).content.decode()
