"""The queue in the admin: what waits, exactly what would happen, and the buttons; and the same by command."""

import json
import re

import pytest
from django.core.management import CommandError, call_command
from django.urls import reverse

from accounts.codes import ApprovalState, Role
from accounts.models import Approval, Region, User
from accounts.operations import approval_kinds
from tests.accounts.operations.renaming import CODE, RENAME, name_now, proposed, staff
from tests.factories.users import signed_in

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("region")]

QUEUE = reverse("admin:accounts_approval_changelist")


@pytest.fixture
def region(monkeypatch) -> None:
    monkeypatch.setitem(approval_kinds._kinds, CODE, RENAME)
    Region.objects.create(code="330900", name="旧名市")


@pytest.fixture
def maker(region) -> User:
    return staff(Role.POLICY, "maker", 1)


@pytest.fixture
def reviewer(region) -> User:
    return staff(Role.REVIEWER, "reviewer", 2)


def page_of(approval: Approval, deed: str = "change") -> str:
    return reverse(f"admin:accounts_approval_{deed}", args=[approval.pk])


class TestTheQueue:
    def test_it_shows_what_waits_and_on_request_the_rest(self, maker, reviewer):
        proposed(maker, document="舟医保〔2026〕1号")
        browser = signed_in(reviewer)
        page = browser.get(QUEUE).content.decode()
        for said in ("统筹区改名", "旧名市", "舟医保〔2026〕1号", "测试员（maker）", "待复核"):
            assert said in page
        assert browser.get(QUEUE, {"state": "approved"}).context["cl"].result_count == 0
        assert browser.get(QUEUE, {"state": "all", "kind": CODE}).context["cl"].result_count == 1

    def test_the_page_says_what_would_happen_and_why(self, maker, reviewer):
        page = signed_in(reviewer).get(page_of(proposed(maker))).content.decode()
        assert '<tr><th scope="row">改成</th><td>新名市</td></tr>' in page
        assert "上级批复" in page

    def test_a_reviewer_sees_the_queue_and_not_the_books(self, reviewer):
        browser = signed_in(reviewer)
        assert browser.get(reverse("admin:index")).status_code == 200
        assert browser.get(reverse("admin:accounts_voucher_changelist")).status_code == 403
        assert browser.get(reverse("admin:accounts_policyversion_changelist")).status_code == 403


class TestDeciding:
    def approve_as_shown(self, browser, approval: Approval):
        page = browser.get(page_of(approval)).content.decode()
        digest = re.search(r'name="digest" value="([0-9a-f]{64})"', page)[1]
        return browser.post(page_of(approval, "approve"), {"digest": digest}, follow=True)

    def test_what_was_shown_is_approved(self, maker, reviewer):
        page = self.approve_as_shown(signed_in(reviewer), proposed(maker)).content.decode()
        assert "已改名为新名市" in page
        assert name_now() == "新名市"

    def test_without_the_digest_of_the_page_nothing_happens(self, maker, reviewer):
        approval = proposed(maker)
        page = signed_in(reviewer).post(page_of(approval, "approve"), follow=True).content.decode()
        assert "您看到的不是现在这份内容" in page
        assert name_now() == "旧名市"

    def test_what_has_changed_since_is_void(self, maker, reviewer):
        approval = proposed(maker)
        Region.objects.update(name="别名市")
        assert "已失效，没有通过" in self.approve_as_shown(signed_in(reviewer), approval).content.decode()
        approval.refresh_from_db()
        assert approval.state == ApprovalState.MOVED

    def test_it_goes_back_with_a_reason(self, maker, reviewer):
        approval, browser = proposed(maker), signed_in(reviewer)
        page = browser.post(page_of(approval, "reject"), {"note": ""}, follow=True).content.decode()
        assert "请写明退回的原因" in page
        browser.post(page_of(approval, "reject"), {"note": "批复不对"})
        approval.refresh_from_db()
        assert (approval.state, approval.note) == (ApprovalState.REJECTED, "批复不对")

    def test_the_maker_gets_no_button_to_approve_and_can_take_it_back(self, maker):
        approval, browser = proposed(maker), signed_in(maker)
        page = browser.get(page_of(approval)).content.decode()
        assert "这是您自己提交的" in page
        assert "通过</button>" not in page
        assert "已撤回" in browser.post(page_of(approval, "withdraw"), follow=True).content.decode()

    @pytest.mark.parametrize(
        ("role", "person", "says"),
        [(Role.REVIEWER, 1, "换一个账号也不行"), (Role.POLICY, 5, "由复核、审批岗复核")],
    )
    def test_who_may_not_check_it_is_told_why(self, maker, role, person, says):
        page = signed_in(staff(role, "other", person)).get(page_of(proposed(maker))).content.decode()
        assert says in page
        assert "通过</button>" not in page

    def test_an_administrator_looks_on(self, maker):
        root, approval = User.objects.create_superuser("root"), proposed(maker)
        browser = signed_in(root)
        assert "管理员也不例外" in browser.get(page_of(approval)).content.decode()
        assert browser.post(page_of(approval, "approve"), {"digest": approval.digest}).status_code == 403
        assert browser.post(page_of(approval, "withdraw")).status_code == 404
        assert name_now() == "旧名市"

    def test_what_is_decided_offers_nothing_any_more(self, maker, reviewer):
        approval, browser = proposed(maker), signed_in(reviewer)
        self.approve_as_shown(browser, approval)
        assert "通过</button>" not in browser.get(page_of(approval)).content.decode()
        again = browser.post(page_of(approval, "approve"), {"digest": approval.digest}, follow=True)
        assert "已通过，不能再办" in again.content.decode()


class TestCommand:
    def run(self, capsys, *args: str, **options: object) -> str:
        call_command("approvals", *args, **options)
        return capsys.readouterr().out

    def test_it_lists_what_waits_in_words_and_for_programs(self, maker, capsys):
        assert "没有等待复核的事" in self.run(capsys)
        approval = proposed(maker, document="1号")
        said = self.run(capsys)
        for part in (f"{approval.pk}　统筹区改名　待复核", "改成：新名市", "理由：上级批复", "文号：1号", "maker"):
            assert part in said
        (document,) = json.loads(self.run(capsys, "--json"))["approvals"]
        assert (document["id"], document["digest"], document["state"]) == (approval.pk, approval.digest, "waiting")
        assert document["words"] == [["现在的名称", "旧名市"], ["改成", "新名市"]]

    def test_it_approves_rejects_and_withdraws(self, maker, reviewer, capsys):
        assert "已改名为新名市" in self.run(capsys, approve=proposed(maker).pk, by=["reviewer"])
        said = self.run(capsys, reject=proposed(maker, "甲市").pk, by=["reviewer"], reason="不对")
        assert "已退回" in said
        assert "已撤回" in self.run(capsys, withdraw=proposed(maker, "乙市").pk, by=["maker"])
        assert "已通过" in self.run(capsys, "--all")

    @pytest.mark.parametrize(
        ("options", "says"),
        [
            ({}, "请用 --by 写明由谁办"),
            ({"by": ["nobody"]}, "没有“nobody”这个工作人员账号"),
            ({"by": ["maker"]}, "由复核、审批岗复核"),
            ({"by": ["reviewer"], "digest": "0" * 64}, "您看到的不是现在这份内容"),
            ({"by": ["reviewer", "maker"]}, "--by 最多写1次"),
        ],
    )
    def test_a_refusal_is_an_error(self, maker, reviewer, capsys, options, says):
        approval = proposed(maker)
        with pytest.raises(CommandError, match=says):
            self.run(capsys, approve=approval.pk, **options)
        assert name_now() == "旧名市"

    def test_programs_are_told_so_too(self, maker, reviewer, capsys):
        with pytest.raises(CommandError):
            call_command("approvals", "--json", approve=404, by=["reviewer"])
        assert json.loads(capsys.readouterr().out) == {
            "done": False,
            "id": 404,
            "reason": "没有双人复核 404，请检查编号",
        }
        approval = proposed(maker)
        done = json.loads(self.run(capsys, "--json", approve=approval.pk, by=["reviewer"]))
        assert (done["done"], done["said"], done["checker"]) == (True, "已改名为新名市", "reviewer")
