"""Accounts of the staff take an administrator and a second person, and nobody has a hand in their own."""

import io
import json
import time

import pytest
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from django.urls import reverse

from accounts.codes import ApprovalState, Role
from accounts.identity.access import actor_of
from accounts.identity.actors import Act, Actor
from accounts.models import Approval, AuditEvent, Office, User
from accounts.operations import approvals, second_factor, staff_accounts
from accounts.operations.approvals import ApprovalError, ApprovalMovedError
from accounts.operations.staff_accounts import StaffAccountError
from accounts.views.outbox import totp_now
from tests.accounts.operations.renaming import staff
from tests.factories.acts import act_now
from tests.factories.people import PersonFactory, certno
from tests.factories.users import PASSWORD, citizen, official, signed_in
from yibao.lib import clock

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("office")]

ANYANG, TANGXIA = "330381-03", "330381-04"
NEWCOMER = {"username": "xiaochen", "name": "陈小新", "certno": certno(900_010), "role": "clerk", "office": ANYANG}


@pytest.fixture
def office() -> None:
    for code, name in ((ANYANG, "安阳分局"), (TANGXIA, "塘下分局")):
        Office.objects.create(region="330381", code=code, name=name, address="某路1号", phone="65890000", source="试验")


@pytest.fixture
def root() -> User:
    return User.objects.create_superuser("root", PASSWORD, certno=certno(900_001))


@pytest.fixture
def reviewer() -> User:
    return staff(Role.REVIEWER, "reviewer", 2)


@pytest.fixture
def clerk() -> User:
    return official(Role.CLERK, "clerk", office=ANYANG, certno=certno(900_003))


def by(user: User) -> Act:
    return act_now(actor_of(user))


def proposed(maker: User, **changes: str) -> Approval:
    return staff_accounts.propose_account(act=by(maker), **NEWCOMER | changes, reason="新到岗")


def change(maker: User, user: User, **changes: object) -> Approval:
    asked = staff_accounts.asked_of(user, **changes)
    return submitted(maker, user, staff_accounts.ACCOUNT, asked)


def submitted(maker: User, user: User, kind: str, asked: dict[str, object] | None = None) -> Approval:
    subject = staff_accounts.subject_of(user)
    return approvals.submit(act=by(maker), kind=kind, subject=subject, asked=asked, reason="人员变动")


def approve(checker: User, approval: Approval) -> str:
    return approvals.approve(act=by(checker), approval_id=approval.pk, digest=approval.digest)


class TestANewAccount:
    def test_opens_nothing_before_a_second_person_has_approved(self, root, reviewer):
        approval = proposed(root)
        user = User.objects.get(username="xiaochen")
        assert (user.is_active, user.role, user.has_usable_password()) == (False, "", False)
        with pytest.raises(second_factor.SetupCodeRefusedError):
            second_factor.issue_setup_code(act=act_now(), user=user)
        assert "经办，安阳分局，可以登录" in approve(reviewer, approval)
        user.refresh_from_db()
        assert (user.is_active, user.role, user.office, user.name) == (True, "clerk", ANYANG, "陈小新")

    def test_neither_name_nor_certificate_number_is_in_what_is_approved(self, root, reviewer):
        approve(reviewer, proposed(root))
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT a::text FROM accounts_approval a UNION ALL SELECT e::text FROM accounts_auditevent e"
            )
            rows = [row for (row,) in cursor.fetchall()]
        assert len(rows) >= 4
        assert not [row for row in rows if "陈小新" in row or NEWCOMER["certno"] in row]

    def test_the_checker_is_told_of_other_accounts_of_the_same_person(self, root, clerk):
        approval = proposed(root, certno=certno(900_003))
        assert ["同一个人的其他账号", "clerk"] in [list(pair) for pair in approval.words]

    @pytest.mark.parametrize(
        ("wrong", "says"),
        [
            ({"username": "19900000001"}, "不要用证件号码和手机号"),
            ({"username": "root"}, "已经有了"),
            ({"name": "12"}, "姓名"),
            ({"certno": NEWCOMER["certno"][:-1]}, "证件号码少了1位"),
            ({"role": "boss"}, "请选岗位"),
            ({"office": "330381-99"}, "没有网点 330381-99"),
            ({"office": "central"}, "经办岗不能写"),
        ],
    )
    def test_what_is_wrong_is_said_and_leaves_no_account_behind(self, root, wrong, says):
        before = User.objects.count()
        with pytest.raises(Exception, match=says):
            proposed(root, **wrong)
        assert (User.objects.count(), Approval.objects.count()) == (before, 0)

    def test_its_owner_chooses_the_password_with_a_code_handed_over_and_signs_in(self, root, reviewer, client):
        approve(reviewer, proposed(root))
        user = User.objects.get(username="xiaochen")
        code = second_factor.issue_setup_code(act=by(reviewer), user=user)
        page = reverse("new_password")
        form = {"login": "xiaochen", "setup_code": code, "password": PASSWORD, "again": PASSWORD}
        assert "设置码不对" in client.post(page, form | {"setup_code": "AAAABBBB"}).content.decode()
        assert "设置码不对" in client.post(page, form | {"login": "nobody"}).content.decode()
        assert "两次填的密码不一样" in client.post(page, form | {"again": "x"}).content.decode()
        assert "密码" in client.post(page, form | {"password": "short", "again": "short"}).content.decode()
        assert client.post(page, form).url == reverse("account_login")
        user.refresh_from_db()
        assert user.check_password(PASSWORD)
        assert client.post(page, form).status_code == 200  # it has a password now: nobody sets another one
        answer = client.post(reverse("account_login"), {"login": "xiaochen", "password": PASSWORD})
        assert answer.url == reverse("second_factor")


class TestWhoMayDoWhat:
    @pytest.mark.parametrize("role", list(Role))
    def test_only_an_administrator_without_a_role_submits(self, role, reviewer):
        maker = official(role, "maker", certno=certno(900_020))
        with pytest.raises(ApprovalError, match="由管理员提交"):
            proposed(maker)
        User.objects.filter(pk=maker.pk).update(is_superuser=True)
        with pytest.raises(ApprovalError, match="由管理员提交"):
            proposed(maker)

    def test_an_administrator_approves_nothing_and_neither_do_clerks(self, root, clerk):
        approval = proposed(root)
        other = User.objects.create_superuser("root2", PASSWORD, certno=certno(900_011))
        for user in (root, other, clerk, official(Role.POLICY, "policy", certno=certno(900_012))):
            with pytest.raises(ApprovalError, match="由复核、审批岗复核"):
                approve(user, approval)

    def test_nobody_submits_for_themselves_under_any_account(self, root, reviewer):
        mine = official(Role.CLERK, "also-me", office=ANYANG, certno=certno(900_001))
        for user, changes in ((root, {"active": False}), (mine, {"role": "reviewer"})):
            with pytest.raises(ApprovalError, match="自己的事"):
                change(root, user, **changes)
        with pytest.raises(ApprovalError, match="自己的事"):
            proposed(root, certno=certno(900_001))

    def test_nobody_approves_what_becomes_of_themselves_under_any_account(self, root, reviewer):
        mine = official(Role.CLERK, "also-me", office=ANYANG, certno=certno(900_002))
        for user in (reviewer, mine):
            approval = change(root, user, role="approver", office=ANYANG)
            assert "自己的事" in approvals.why_not(act=by(reviewer), approval=approval)
            with pytest.raises(ApprovalError, match="自己的事"):
                approve(reviewer, approval)

    @pytest.mark.parametrize("who", ["root", "reviewer"])
    def test_nor_submits_or_approves_it_for_their_family(self, root, reviewer, clerk, monkeypatch, who):
        relative = {"root": root, "reviewer": reviewer}[who]
        both = {PersonFactory(certno=relative.certno), PersonFactory(certno=clerk.certno)}
        monkeypatch.setattr("accounts.operations.cases.access.is_family", [lambda a, b: {a, b} == both])
        with pytest.raises(ApprovalError, match="您家人的事"):
            approve(reviewer, change(root, clerk, active=False))
        clerk.refresh_from_db()
        assert clerk.is_active

    def test_an_administrator_never_gets_a_role(self, root, reviewer):
        other = User.objects.create_superuser("root2", PASSWORD, certno=certno(900_011))
        with pytest.raises(ApprovalError, match="管理员不办业务"):
            change(root, other, role="clerk", office=ANYANG)
        assert "不能登录" in approve(reviewer, change(root, other, active=False))

    def test_a_citizens_sign_in_is_no_account_of_the_staff(self, root):
        with pytest.raises(ApprovalError, match="没有这个工作人员账号"):
            change(root, citizen("19900000001"), role="clerk", office=ANYANG, active=True)


class TestChanges:
    @pytest.mark.parametrize("changes", [{"role": "reviewer"}, {"office": TANGXIA}, {"active": False}])
    def test_whatever_is_taken_away_ends_every_session_at_once(self, changes, root, reviewer, clerk):
        browsers = [signed_in(clerk), signed_in(clerk)]
        assert [browser.get("/counter/").status_code for browser in browsers] == [200, 200]
        approve(reviewer, change(root, clerk, **changes))
        assert [browser.get("/counter/").status_code for browser in browsers] == [302, 302]

    def test_it_leaves_a_trace_that_names_both_people(self, root, reviewer, clerk):
        approve(reviewer, change(root, clerk, role="reviewer"))
        event = AuditEvent.objects.get(verb="staff.changed")
        assert event.actor == f"staff:{reviewer.pk}@R01"
        assert event.detail["now"] == {"role": "reviewer", "office": ANYANG, "active": True}
        assert AuditEvent.objects.get(verb="approval.submitted").actor == f"staff:{root.pk}@central"

    def test_what_changed_meanwhile_makes_it_void(self, root, reviewer, clerk):
        approval = change(root, clerk, role="reviewer")
        User.objects.filter(pk=clerk.pk).update(office=TANGXIA)
        with pytest.raises(ApprovalMovedError):
            approve(reviewer, approval)
        clerk.refresh_from_db()
        assert (clerk.role, approval.__class__.objects.get().state) == ("clerk", ApprovalState.MOVED)

    def test_who_was_stopped_comes_back_with_their_role_and_without_their_old_sessions(self, root, reviewer, clerk):
        browser, authenticator = Client(), TOTP.activate(clerk, generate_totp_secret()).instance
        browser.post(reverse("account_login"), {"login": "clerk", "password": PASSWORD})
        browser.post(reverse("mfa_authenticate"), {"code": totp_now(authenticator, time.time())})
        assert browser.get("/counter/").status_code == 200
        for active in (False, True):
            clerk.refresh_from_db()
            approve(reviewer, change(root, clerk, active=active))
            assert browser.get("/counter/").status_code == 302
        clerk.refresh_from_db()
        assert (clerk.role, clerk.is_active) == ("clerk", True)

    def test_who_has_no_number_registered_can_be_stopped_and_nothing_else(self, root, reviewer):
        user = official(Role.CLERK, "nameless", office=ANYANG)
        with pytest.raises(ApprovalError, match="staff_certno"):
            change(root, user, role="reviewer")
        approve(reviewer, change(root, user, active=False))

    def test_a_forgotten_password_is_taken_away_and_chosen_anew_by_its_owner(self, root, reviewer, clerk):
        browser = signed_in(clerk)
        approve(reviewer, submitted(root, clerk, staff_accounts.PASSWORD))
        clerk.refresh_from_db()
        assert not clerk.has_usable_password()
        assert browser.get("/counter/").status_code == 302
        with pytest.raises(ApprovalError, match="现在没有密码"):
            submitted(root, clerk, staff_accounts.PASSWORD)

    def test_who_signs_in_meanwhile_has_not_forgotten_it(self, root, reviewer, clerk):
        approval = submitted(root, clerk, staff_accounts.PASSWORD)
        User.objects.filter(pk=clerk.pk).update(last_login=clock.now())
        with pytest.raises(ApprovalMovedError):
            approve(reviewer, approval)

    def test_a_second_factor_that_is_not_there_is_not_taken_away(self, root, clerk):
        with pytest.raises(ApprovalError, match="没有设置过"):
            submitted(root, clerk, staff_accounts.SECOND_FACTOR)


class TestTheCommand:
    @pytest.fixture
    def answers(self, monkeypatch):
        typed = iter([NEWCOMER["name"], NEWCOMER["certno"]])
        monkeypatch.setattr("builtins.input", lambda prompt="": next(typed))

    def said(self, *words: str, **options: object) -> str:
        out = io.StringIO()
        call_command("staff", *words, stdout=out, **options)
        return out.getvalue()

    @pytest.mark.usefixtures("answers")
    def test_two_people_make_an_account_at_once(self, root, reviewer):
        said = self.said(
            "add", "xiaochen", role="clerk", office=ANYANG, reason="新到岗", by=["root", "reviewer"], json=True
        )
        assert json.loads(said)["done"] is True
        assert User.objects.get(username="xiaochen").role == "clerk"

    @pytest.mark.usefixtures("answers")
    def test_alone_it_waits_for_a_colleague(self, root):
        with pytest.raises(CommandError, match="还没有办成，等另一位同事复核"):
            self.said("add", "xiaochen", role="clerk", office=ANYANG, reason="新到岗", by=["root"])
        assert not User.objects.get(username="xiaochen").is_active

    @pytest.mark.usefixtures("answers")
    def test_the_first_approver_is_made_on_the_server_and_no_second_one(self):
        assert "第一位审批岗" in self.said("add", "first", office="central")
        assert User.objects.get(username="first").role == "approver"
        with pytest.raises(StaffAccountError, match="要两个人办"):
            staff_accounts.make_first_checker(
                act=act_now(Actor.system("staff")),
                username="second",
                name="王二",
                certno=certno(900_021),
                office="central",
            )

    def test_changes_and_the_list(self, root, reviewer, clerk):
        options = {"reason": "调动", "by": ["root", "reviewer"]}
        assert "塘下分局" in self.said("office", "clerk", office=TANGXIA, **options)
        assert "不能登录" in self.said("stop", "clerk", **options)
        assert "可以登录" in self.said("resume", "clerk", **options)
        assert "密码已取消" in self.said("new_password", "clerk", **options)
        listed = {row["username"]: row for row in json.loads(self.said("list", json=True))["staff"]}
        assert (listed["clerk"]["office"], listed["clerk"]["password"]) == (TANGXIA, False)
        assert f"clerk　经办　{TANGXIA}" in self.said("list")

    @pytest.mark.parametrize(
        ("words", "options", "says"),
        [
            (["stop", "nobody"], {}, "没有“nobody”"),
            (["stop", "clerk"], {}, "要两个人"),
            (["role", "clerk"], {"by": ["root"]}, "--role"),
            (["stop"], {}, "请写明账号"),
            (["stop", "clerk"], {"by": ["root", "root"], "reason": "x"}, "由复核、审批岗复核"),
        ],
    )
    def test_what_cannot_be_done_is_explained(self, words, options, says, root, clerk):
        with pytest.raises(CommandError, match=says):
            self.said(*words, **options)
