"""双人复核: one submits, another approves exactly that; nobody is both, whoever they are and however they sign in."""

import pytest

from accounts.codes import ApprovalState, Role
from accounts.identity.actors import Act, Actor
from accounts.identity.staff import identity_of
from accounts.models import Approval, AuditEvent, Region, User
from accounts.operations import approval_kinds, approvals, rotation
from accounts.operations.approvals import ApprovalError, ApprovalMovedError
from tests.accounts.operations.renaming import AT, CODE, RENAME, SUBJECT, by, name_now, proposed, staff
from tests.factories.people import PersonFactory, phone
from tests.factories.users import official

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def region(monkeypatch):
    monkeypatch.setitem(approval_kinds._kinds, CODE, RENAME)
    return Region.objects.create(code="330900", name="旧名市")


@pytest.fixture
def ring(tmp_path, monkeypatch) -> None:
    """A keyring of this test's own."""
    monkeypatch.setenv("YIBAO_KEYRING", str(tmp_path / "keyring.json"))


@pytest.fixture
def maker(region) -> User:
    return staff(Role.POLICY, "maker", 1)


@pytest.fixture
def checker(region) -> User:
    return staff(Role.APPROVER, "checker", 2)


def approve(user: User, approval: Approval, digest: str = "") -> str:
    return approvals.approve(act=by(user), approval_id=approval.pk, digest=digest or approval.digest)


def state_of(approval: Approval) -> str:
    approval.refresh_from_db()
    return approval.state


class TestTheOrdinaryWay:
    def test_nothing_happens_before_somebody_else_approves(self, maker, checker):
        approval = proposed(maker, document="舟医保〔2026〕1号")
        assert name_now() == "旧名市"
        assert approve(checker, approval) == "已改名为新名市"
        assert name_now() == "新名市"
        approval.refresh_from_db()
        assert (approval.state, approval.checker, approval.decided_at) == (ApprovalState.APPROVED, checker, AT)

    def test_who_did_what_is_in_the_audit_with_the_deed(self, maker, checker):
        approve(checker, proposed(maker))
        events = AuditEvent.objects.filter(verb__startswith="approval.").order_by("id").values_list("verb", "actor")
        assert list(events) == [
            ("approval.submitted", f"staff:{maker.pk}@R01"),
            ("approval.approved", f"staff:{checker.pk}@R01"),
        ]

    def test_a_checker_sends_it_back_with_a_reason(self, maker, checker):
        approval = proposed(maker)
        with pytest.raises(ApprovalError, match="写明退回的原因"):
            approvals.reject(act=by(checker), approval_id=approval.pk, note=" ")
        approvals.reject(act=by(checker), approval_id=approval.pk, note="批复文号不对")
        assert (state_of(approval), approval.note, name_now()) == (ApprovalState.REJECTED, "批复文号不对", "旧名市")

    def test_only_the_maker_takes_it_back(self, maker, checker):
        approval = proposed(maker)
        with pytest.raises(ApprovalError, match="只有提交人自己能撤回"):
            approvals.withdraw(act=by(checker), approval_id=approval.pk)
        approvals.withdraw(act=by(maker), approval_id=approval.pk)
        assert state_of(approval) == ApprovalState.WITHDRAWN
        with pytest.raises(ApprovalError, match="已撤回，不能再办"):
            approve(checker, approval)

    def test_a_second_proposal_of_the_same_is_refused_and_one_of_another_voids_the_first(self, maker, checker):
        first = proposed(maker)
        with pytest.raises(ApprovalError, match=f"已经在等复核（双人复核 {first.pk}）"):
            proposed(maker)
        second = proposed(maker, "再改市")
        assert state_of(first) == ApprovalState.MOVED
        approve(checker, second)
        assert name_now() == "再改市"


class TestWhatWasShownIsWhatHappens:
    def test_a_change_after_submission_voids_it(self, maker, checker):
        approval = proposed(maker)
        Region.objects.update(name="别人改过的市")
        with pytest.raises(ApprovalMovedError, match="已失效，没有通过"):
            approve(checker, approval)
        assert (state_of(approval), name_now()) == (ApprovalState.MOVED, "别人改过的市")
        with pytest.raises(ApprovalError, match="已失效，不能再办"):
            approve(checker, approval)

    def test_so_does_the_end_of_what_it_was_about(self, maker, checker):
        approval = proposed(maker)
        Region.objects.all().delete()
        with pytest.raises(ApprovalMovedError, match="没有这个统筹区"):
            approve(checker, approval)

    def test_an_approval_of_another_page_does_not_count(self, maker, checker):
        approval = proposed(maker)
        with pytest.raises(ApprovalError, match="您看到的不是现在这份内容"):
            approve(checker, approval, digest="0" * 64)
        assert (state_of(approval), name_now()) == (ApprovalState.WAITING, "旧名市")

    @pytest.mark.parametrize("change", [{"name": "别市"}, {"document": "2号"}, {"reason": "别的"}])
    def test_the_digest_covers_all_that_is_read(self, maker, change):
        before = proposed(maker)
        said = {"name": "新名市", "document": "", "reason": "上级批复"} | change
        other = Approval(
            kind=CODE, subject=SUBJECT, asked={"name": said["name"]}, reason=said["reason"], document=said["document"]
        )
        content = before.content | {"then": said["name"]}
        assert approvals.digest_of(before, before.content) == before.digest
        assert approvals.digest_of(other, content) != before.digest

    def test_what_is_approved_twice_happens_once(self, maker, checker):
        approval = proposed(maker)
        approve(checker, approval)
        Region.objects.update(name="旧名市")
        with pytest.raises(ApprovalError, match="已通过，不能再办"):
            approve(checker, approval)
        assert name_now() == "旧名市"

    def test_where_the_deed_itself_is_refused_the_proposal_still_waits(self, maker, checker):
        approval = proposed(maker, "不行")
        with pytest.raises(ApprovalError, match="这个名称不行"):
            approve(checker, approval)
        assert state_of(approval) == ApprovalState.WAITING
        assert not AuditEvent.objects.filter(verb="approval.approved").exists()


class TestTwoPeople:
    def test_not_the_same_account_after_a_change_of_role(self, maker):
        approval = proposed(maker)
        User.objects.filter(pk=maker.pk).update(role=Role.APPROVER)
        with pytest.raises(ApprovalError, match="自己提交的不能自己复核"):
            approve(maker, approval)

    def test_not_a_second_account_of_the_same_person(self, maker):
        approval = proposed(maker)
        other_login = staff(Role.APPROVER, "maker-too", 1)
        for act in (approve, lambda user, one: approvals.reject(act=by(user), approval_id=one.pk, note="不")):
            with pytest.raises(ApprovalError, match="换一个账号也不行"):
                act(other_login, approval)
        assert (state_of(approval), name_now()) == (ApprovalState.WAITING, "旧名市")

    def test_not_the_makers_family_whatever_it_is_about(self, maker, checker, monkeypatch):
        both = {PersonFactory(certno=maker.certno), PersonFactory(certno=checker.certno)}
        approval = proposed(maker)
        monkeypatch.setattr("accounts.operations.cases.access.is_family", [lambda a, b: {a, b} == both])
        with pytest.raises(ApprovalError, match="您的家人提交或经办的"):
            approve(checker, approval)
        assert (state_of(approval), name_now()) == (ApprovalState.WAITING, "旧名市")

    def test_nor_when_the_keys_were_changed_in_between(self, ring, maker, checker):
        other_login = staff(Role.APPROVER, "maker-too", 1)
        approval = proposed(maker)
        rotation.rotate()
        other_login.refresh_from_db()
        assert identity_of(other_login) != bytes(approval.maker_identity), "under the new key they look like two"
        with pytest.raises(ApprovalError, match="换一个账号也不行"):
            approve(other_login, approval)
        approve(checker, approval)
        assert name_now() == "新名市"

    def test_without_the_old_key_nobody_can_tell_and_nothing_is_approved(self, ring, maker, checker):
        approval = proposed(maker)
        rotation.rotate()
        rotation.drop_old_keys()
        with pytest.raises(ApprovalError, match="加密密钥已经更换"):
            approve(checker, approval)
        approvals.withdraw(act=by(maker), approval_id=approval.pk)

    def test_not_whoever_worked_on_it(self, maker):
        author = staff(Role.APPROVER, "author", 3)
        approval = proposed(maker, asked={"authors": [author.pk]})
        for account in (author, staff(Role.REVIEWER, "author-too", 3)):
            with pytest.raises(ApprovalError, match="您参与编写了这份内容"):
                approve(account, approval)

    def test_whoever_worked_on_it_must_be_known(self, maker):
        author = official(Role.POLICY, "author")
        with pytest.raises(ApprovalError, match="账号 author 没有登记"):
            proposed(maker, asked={"authors": [author.pk]})

    def test_not_an_administrator(self, maker):
        root = User.objects.create_superuser("root", certno=staff(Role.CLERK, "c", 4).certno)
        with pytest.raises(ApprovalError, match="管理员也不例外"):
            approve(root, proposed(maker))

    def test_not_another_role_nor_a_closed_account(self, maker, checker):
        approval = proposed(maker)
        with pytest.raises(ApprovalError, match="由复核、审批岗复核"):
            approve(staff(Role.CLERK, "clerk", 5), approval)
        User.objects.filter(pk=checker.pk).update(is_active=False)
        with pytest.raises(ApprovalError, match="用自己的账号"):
            approve(checker, approval)
        with pytest.raises(ApprovalError, match="由政策岗提交"):
            proposed(staff(Role.CLERK, "clerk-2", 6))

    def test_not_the_system_nor_a_citizen(self, maker, checker):
        approval = proposed(maker)
        for actor in (Actor.system("job"), Actor("citizen", str(checker.pk))):
            with pytest.raises(ApprovalError, match="工作人员用自己的账号复核"):
                approvals.approve(act=Act(actor, AT), approval_id=approval.pk, digest=approval.digest)

    def test_whoever_is_not_registered_is_told_what_to_do(self, maker):
        with pytest.raises(ApprovalError, match="manage.py staff_certno nobody"):
            approve(official(Role.APPROVER, "nobody"), proposed(maker))
        with pytest.raises(ApprovalError, match="没有登记本人的证件号码"):
            proposed(official(Role.POLICY, "nobody-2"))

    def test_a_number_swapped_behind_the_application_is_noticed(self, maker, checker):
        other = staff(Role.APPROVER, "other", 7)
        approval = proposed(maker)
        User.objects.filter(pk=checker.pk).update(certno=User.objects.filter(pk=other.pk).values("certno"))
        with pytest.raises(ApprovalError, match="被改动过"):
            approve(User.objects.get(pk=checker.pk), approval)


class TestTexts:
    @pytest.mark.parametrize("where", ["reason", "document"])
    def test_a_number_of_a_person_is_refused(self, maker, where):
        said = {"reason": "上级批复", where: f"电话{phone(1)}"}
        with pytest.raises(ApprovalError, match="改用编号"):
            approvals.submit(act=by(maker), kind=CODE, subject=SUBJECT, asked={"name": "新"}, **said)

    def test_nor_may_the_content_hold_one(self, maker):
        with pytest.raises(ApprovalError, match="内容里像是有证件号码或手机号"):
            proposed(maker, phone(1))

    def test_a_reason_is_wanted(self, maker):
        with pytest.raises(ApprovalError, match="请写明理由"):
            approvals.submit(act=by(maker), kind=CODE, subject=SUBJECT, asked={"name": "新"}, reason=" ")
