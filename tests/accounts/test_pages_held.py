"""待处理的行 in the admin: what waits, a row's masked cells, and what a reviewer does with it."""

from pathlib import Path

import pytest
from django.urls import reverse

from accounts.codes import HeldState, Role
from accounts.models import Approval, Contribution, HeldRow, Person, User
from tests.accounts.roster.import_kit import contributions, roster
from tests.factories.files import contribution_row, csv_file, roster_row
from tests.factories.people import certno, name, phone
from tests.factories.users import official, signed_in

pytestmark = pytest.mark.usefixtures("policies_loaded")

LIST = reverse("admin:accounts_heldrow_changelist")


@pytest.fixture
def reviewer(policies_loaded: None) -> User:
    return official(Role.REVIEWER, "reviewer", certno=certno(902))


@pytest.fixture
def unread(policies_loaded: None, tmp_path: Path) -> HeldRow:
    roster(csv_file(tmp_path / "r.csv", [roster_row(1), roster_row(2, gend="9")]), hold=True)
    return HeldRow.objects.get()


@pytest.fixture
def slip(unread: HeldRow, tmp_path: Path) -> HeldRow:
    contributions(csv_file(tmp_path / "c.csv", [contribution_row(1, base="446200")]))
    return HeldRow.objects.latest("id")


def page_of(row: HeldRow, deed: str = "change") -> str:
    return reverse(f"admin:accounts_heldrow_{deed}", args=[row.pk])


class TestSeeing:
    def test_what_waits_is_listed_by_kind_reason_and_state(self, slip: HeldRow, reviewer: User) -> None:
        browser = signed_in(reviewer)
        page = browser.get(LIST).content.decode()
        for said in ("参保名册", "缴费记录", "读不懂", "基数高得不可信", "446200", "待处理"):
            assert said in page
        for query, count in (
            ({"kind__exact": "roster"}, 1),
            ({"reason_code__exact": "base_jump"}, 0),
            ({"state": "all"}, 2),
        ):
            assert browser.get(LIST, query).context["cl"].result_count == count

    @pytest.mark.parametrize("deed", ["list", "row"])
    def test_nobody_is_shown_by_name_number_or_phone(self, unread: HeldRow, reviewer: User, deed: str) -> None:
        page = signed_in(reviewer).get(LIST if deed == "list" else page_of(unread)).content.decode()
        for personal in (certno(2), name(2), phone(2)):
            assert personal not in page
        assert deed == "list" or "9999**********" in page

    @pytest.mark.parametrize("role", [Role.POLICY, Role.CLERK])
    def test_other_staff_see_no_row(self, unread: HeldRow, role: Role) -> None:
        browser = signed_in(official(role, certno=certno(905)))
        assert browser.get(LIST).status_code in (302, 403)
        assert browser.get(page_of(unread)).status_code in (302, 403)

    def test_an_approver_sees_it_and_has_no_buttons(self, unread: HeldRow) -> None:
        browser = signed_in(official(Role.APPROVER, certno=certno(905)))
        assert "formaction" not in browser.get(page_of(unread)).content.decode()
        assert browser.post(page_of(unread, "drop")).status_code == 403
        assert browser.post(LIST, {"action": "drop_rows", "_selected_action": unread.pk}).status_code == 200
        unread.refresh_from_db()
        assert unread.state == HeldState.WAITING


class TestWorkingOff:
    def test_a_cell_is_mended_and_the_row_confirmed(self, unread: HeldRow, reviewer: User) -> None:
        browser = signed_in(reviewer)
        page = browser.post(page_of(unread, "mend"), {"cell-gend": "1", "cell-street": "空"}, follow=True)
        assert "已改正，可以确认" in page.content.decode()
        page = browser.post(page_of(unread, "confirm"), follow=True).content.decode()
        assert "1 行已确认并导入" in page
        assert Person.objects.count() == 2
        assert Person.objects.latest("id").enrolments.get().street == ""

    def test_what_is_still_wrong_is_said(self, unread: HeldRow, reviewer: User) -> None:
        browser = signed_in(reviewer)
        assert "没有要改的内容" in browser.post(page_of(unread, "mend"), follow=True).content.decode()
        page = browser.post(page_of(unread, "confirm"), follow=True).content.decode()
        assert f"待处理的行 {unread.pk} 还不能导入：gend" in page

    def test_what_is_hardly_true_is_handed_to_a_colleague(self, slip: HeldRow, reviewer: User) -> None:
        browser = signed_in(reviewer)
        submit = browser.post(page_of(slip, "confirm"))
        assert submit.status_code == 302
        page = browser.get(submit.url).content.decode()
        assert "基数高得不可信" in page
        assert certno(1) not in page
        browser.post(submit.url, {"reason": "已打电话核实"})
        approval = Approval.objects.get()
        assert "正在等复核" in browser.get(page_of(slip)).content.decode()
        checker = signed_in(official(Role.APPROVER, "approver", certno=certno(903)))
        approve = reverse("admin:accounts_approval_approve", args=[approval.pk])
        assert "已确认并导入" in checker.post(approve, {"digest": approval.digest}, follow=True).content.decode()
        assert Contribution.objects.get().base_fen == 44_620_000

    def test_several_are_dropped_at_once(self, slip: HeldRow, reviewer: User) -> None:
        chosen = list(HeldRow.objects.values_list("pk", flat=True))
        page = signed_in(reviewer).post(LIST, {"action": "drop_rows", "_selected_action": chosen}, follow=True)
        assert "已放弃 2 行" in page.content.decode()
        assert set(HeldRow.objects.values_list("state", flat=True)) == {HeldState.DROPPED}

    def test_what_was_decided_meanwhile_is_not_decided_again(self, unread: HeldRow, reviewer: User) -> None:
        browser = signed_in(reviewer)
        browser.post(page_of(unread, "drop"))
        assert "已放弃，不能再办" in browser.post(page_of(unread, "confirm"), follow=True).content.decode()
        assert "formaction" not in browser.get(page_of(unread)).content.decode()
