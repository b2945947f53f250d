"""Rows laid aside are mended, confirmed or dropped: by one, and by two where what they say is hardly true."""

import io
import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from accounts.codes import ApprovalState, FactChangeKind, HeldState, Role
from accounts.identity.access import actor_of
from accounts.models import Approval, AuditEvent, Contribution, HeldRow, Import, Person, User
from accounts.operations import approvals
from accounts.operations.approvals import ApprovalError, ApprovalMovedError
from accounts.queries.people import find_by_certno
from accounts.roster import held as held_rows
from accounts.roster.held import HeldRowError, TwoNeededError
from tests.accounts.roster.import_kit import TODAY, contributions, kept, roster
from tests.factories.acts import act_on
from tests.factories.files import contribution_row, csv_file, roster_row
from tests.factories.people import certno, phone
from tests.factories.users import official

pytestmark = pytest.mark.usefixtures("policies_loaded")

ACT = act_on(TODAY)
CASES = Path(__file__).parents[2] / "cases"


@pytest.fixture
def maker(policies_loaded: None) -> User:
    return official(Role.CLERK, "maker", certno=certno(901))


@pytest.fixture
def checker(policies_loaded: None) -> User:
    return official(Role.REVIEWER, "checker", certno=certno(902))


@pytest.fixture
def slip(policies_loaded: None, tmp_path: Path) -> HeldRow:
    """A base in fen, laid aside."""
    roster(csv_file(tmp_path / "r.csv", [roster_row(1), roster_row(2)]))
    contributions(csv_file(tmp_path / "c.csv", [contribution_row(1, base="446200"), contribution_row(2)]))
    return HeldRow.objects.get()


def said(*arguments: str, **options: Any) -> tuple[str, str]:
    """Run held_rows; return what it printed and its refusal."""
    out, error = io.StringIO(), ""
    try:
        call_command("held_rows", *arguments, stdout=out, **options)
    except CommandError as refusal:
        error = str(refusal)
    return out.getvalue(), error


def submitted(maker: User, row: HeldRow) -> Approval:
    return approvals.submit(
        act=act_on(TODAY, actor_of(maker)),
        kind=held_rows.CONFIRM,
        subject=held_rows.subject_of([row.pk]),
        reason="已打电话核实",
        asked={"rows": [row.pk]},
    )


def approve(checker: User, approval: Approval) -> str:
    return approvals.approve(act=act_on(TODAY, actor_of(checker)), approval_id=approval.pk, digest=approval.digest)


def test_what_is_hardly_true_comes_in_when_two_people_say_so(slip: HeldRow, maker: User, checker: User) -> None:
    with pytest.raises(TwoNeededError):
        held_rows.confirm(act=ACT, ids=[slip.pk])
    approval = submitted(maker, slip)
    assert not Contribution.objects.filter(base_fen=44_620_000).exists()
    assert "已确认并导入" in approve(checker, approval)
    slip.refresh_from_db()
    paid = Contribution.objects.get(base_fen=44_620_000)
    assert (slip.state, slip.decided_by, slip.became_id) == (
        HeldState.CONFIRMED,
        str(actor_of(checker)),
        paid.source_id,
    )


def test_whoever_checks_sees_what_the_row_says_and_what_is_odd_about_it_but_no_number(
    slip: HeldRow, maker: User
) -> None:
    words = dict(submitted(maker, slip).words)
    told = f"编号 {slip.pk}（导入 {slip.source_id} 的缴费记录第2行）"
    assert words[told].startswith("certno 9999*")
    assert "base 446200" in words[told]
    assert "基数高得不可信" in words[f"编号 {slip.pk} 认可的是"]
    assert certno(1) not in str(words)


def test_nobody_checks_what_they_have_mended(slip: HeldRow, maker: User, checker: User) -> None:
    held_rows.mend(act=act_on(TODAY, actor_of(checker)), row_id=slip.pk, cells={"base": "146200"})
    with pytest.raises(ApprovalError, match="您参与编写了这份内容"):
        approve(checker, submitted(maker, slip))


def test_a_row_that_is_mended_after_it_was_submitted_is_not_confirmed(
    slip: HeldRow, maker: User, checker: User
) -> None:
    approval = submitted(maker, slip)
    held_rows.mend(act=ACT, row_id=slip.pk, cells={"base": "246200"})
    with pytest.raises(ApprovalMovedError):
        approve(checker, approval)
    assert Contribution.objects.count() == 1


def test_a_row_that_is_mended_comes_in_by_one_person(slip: HeldRow) -> None:
    held_rows.mend(act=ACT, row_id=slip.pk, cells={"base": "4462.00"})
    (result,) = held_rows.confirm(act=ACT, ids=[slip.pk])
    assert (result.contributions_added, Contribution.objects.filter(base_fen=446_200).count()) == (1, 2)
    event = AuditEvent.objects.get(verb="held_row.mended")
    assert event.detail == {"held_row": slip.pk, "columns": ["base"]}


def test_what_is_still_wrong_is_said_anew_when_a_row_is_mended(tmp_path: Path) -> None:
    roster(csv_file(tmp_path / "r.csv", [roster_row(1, gend="9", stas_date="x")]), hold=True)
    row = HeldRow.objects.get()
    held_rows.mend(act=ACT, row_id=row.pk, cells={"gend": "1"})
    row.refresh_from_db()
    assert (row.column, row.value) == ("stas_date", "x")
    held_rows.mend(act=ACT, row_id=row.pk, cells={"stas_date": "2024-01-01"})
    row.refresh_from_db()
    assert (row.column, row.value, row.reason, row.state) == ("", "", "已改正，可以确认", HeldState.WAITING)


def test_a_column_that_no_such_file_has_is_not_made_up(slip: HeldRow) -> None:
    with pytest.raises(HeldRowError, match="没有这一列：gend"):
        held_rows.mend(act=ACT, row_id=slip.pk, cells={"gend": "1"})


def test_numbers_that_a_spreadsheet_rounded_take_two_people_also_one_by_one(maker: User, checker: User) -> None:
    roster(CASES / "01-rounded-certno.csv")
    first, second = HeldRow.objects.order_by("row")
    assert first.reason_code == second.reason_code == "rounded_numbers"
    with pytest.raises(TwoNeededError):
        held_rows.confirm(act=ACT, ids=[first.pk])
    approve(checker, submitted(maker, first))
    assert Person.objects.count() == 1


def test_a_row_that_still_says_what_cannot_be_stays_and_says_why(tmp_path: Path) -> None:
    roster(csv_file(tmp_path / "r.csv", [roster_row(1), roster_row(2, gend="9")]), hold=True)
    row = HeldRow.objects.get()
    before = kept()
    with pytest.raises(HeldRowError, match=f"待处理的行 {row.pk} 还不能导入：gend 应为 1（男）、2（女）"):
        held_rows.confirm(act=ACT, ids=[row.pk])
    assert kept() == before
    held_rows.mend(act=ACT, row_id=row.pk, cells={"gend": "1"})
    held_rows.confirm(act=ACT, ids=[row.pk])
    assert find_by_certno(certno(2)).gender == 1


def test_another_person_under_a_known_number_is_believed_by_two(tmp_path: Path, maker: User, checker: User) -> None:
    roster(csv_file(tmp_path / "a.csv", [roster_row(1)]))
    roster(csv_file(tmp_path / "b.csv", [roster_row(1, psn_name="李强", mob="19900077777", stas_date="2025-05-01")]))
    approve(checker, submitted(maker, HeldRow.objects.get()))
    person = Person.objects.get()
    assert (person.name, person.phone, person.enrolments.count()) == ("李强", "19900077777", 2)


def test_a_status_that_contradicts_a_day_is_added_to_it_when_two_believe_it(
    tmp_path: Path, maker: User, checker: User
) -> None:
    roster(csv_file(tmp_path / "a.csv", [roster_row(1)]))
    roster(csv_file(tmp_path / "b.csv", [roster_row(1, psn_insu_stas="2")]), hold=True)
    approve(checker, submitted(maker, HeldRow.objects.get()))
    rows = Person.objects.get().enrolments.order_by("seq").values_list("seq", "status")
    assert list(rows) == [(0, 1), (1, 2)]


def test_a_payment_that_contradicts_a_kept_one_corrects_it_when_two_believe_it(
    tmp_path: Path, maker: User, checker: User
) -> None:
    roster(csv_file(tmp_path / "r.csv", [roster_row(1)]))
    contributions(csv_file(tmp_path / "a.csv", [contribution_row(1)]))
    contributions(csv_file(tmp_path / "b.csv", [contribution_row(1, base="5000")]), hold=True)
    approve(checker, submitted(maker, HeldRow.objects.get()))
    assert Contribution.objects.get().base_fen == 500_000
    assert Contribution.all_rows.get(counts=False).changed_by.kind == "corrected"


def test_a_row_that_was_corrected_while_it_waited_stays_corrected(
    slip: HeldRow, tmp_path: Path, maker: User, checker: User
) -> None:
    corrected = contribution_row(1, base="4500.00", received_on="2025-01-20") | {"clct_type": "更正"}
    contributions(csv_file(tmp_path / "corrected.csv", [corrected]))
    held_rows.confirm(act=ACT, ids=[slip.pk])
    assert HeldRow.objects.get().state == HeldState.CONFIRMED
    rows = Contribution.all_rows.filter(person=find_by_certno(certno(1))).order_by("pk")
    assert [(row.base_fen, row.counts) for row in rows] == [(450_000, True), (44_620_000, False)]
    assert rows[1].changed_by.kind == FactChangeKind.CORRECTED


def test_facts_of_a_row_are_those_of_the_day_it_came_in(tmp_path: Path) -> None:
    roster(csv_file(tmp_path / "a.csv", [roster_row(1)]), on=date(2025, 1, 10))
    late = roster_row(1, mob="19900011111", psn_type="x")
    roster(csv_file(tmp_path / "b.csv", [late]), on=date(2025, 2, 10), hold=True)
    roster(csv_file(tmp_path / "c.csv", [roster_row(1, mob="19900022222")]), on=date(2025, 3, 10))
    row = HeldRow.objects.get()
    held_rows.mend(act=ACT, row_id=row.pk, cells={"psn_type": "11"})
    held_rows.confirm(act=ACT, ids=[row.pk])
    assert Person.objects.get().phone == "19900022222"


def test_a_new_person_and_what_was_paid_for_them_come_in_together(tmp_path: Path) -> None:
    roster(csv_file(tmp_path / "r.csv", [roster_row(1), roster_row(2, gend="9")]), hold=True)
    contributions(csv_file(tmp_path / "c.csv", [contribution_row(1), contribution_row(2)]), hold=True)
    person, paid = HeldRow.objects.order_by("id")
    with pytest.raises(HeldRowError, match="名册里这个人的行还留待处理"):
        held_rows.confirm(act=ACT, ids=[paid.pk])
    held_rows.mend(act=ACT, row_id=person.pk, cells={"gend": "1"})
    assert len(held_rows.confirm(act=ACT, ids=[person.pk, paid.pk])) == 2
    assert find_by_certno(certno(2)).contributions.count() == 1


class TestTheCommand:
    def test_lists_what_waits_and_shows_nobody(self, slip: HeldRow) -> None:
        text, error = said()
        assert text.startswith(
            f"{slip.pk}　缴费记录（导入 {slip.source_id}）第2行 base「446200.00」：基数超过可信的上限"
        )
        assert error == ""
        (row,) = json.loads(said(json=True)[0])["held"]
        assert (row["id"], row["reason_code"], row["value"]) == (slip.pk, "base_above_bound", "446200.00")
        assert certno(1) not in text

    def test_confirms_with_two_names_and_with_one_waits(self, slip: HeldRow, maker: User, checker: User) -> None:
        assert "要两个人确认" in said("--confirm", str(slip.pk))[1]
        text, error = said("--confirm", str(slip.pk), "--by", "maker")
        assert "等另一位同事复核" in text
        assert error == "要确认的行还没有导入，等另一位同事复核"
        approval = Approval.objects.get()
        call_command("approvals", "--approve", str(approval.pk), "--by", "checker", stdout=io.StringIO())
        approval.refresh_from_db()
        assert approval.state == ApprovalState.APPROVED
        assert said() == ("没有待处理的行\n", "")

    def test_one_person_with_two_names_is_refused(self, slip: HeldRow, maker: User) -> None:
        official(Role.REVIEWER, "again", certno=certno(901))
        assert "自己提交的不能自己复核" in said("--confirm", str(slip.pk), "--by", "maker", "--by", "again")[1]
        assert HeldRow.objects.get().state == HeldState.WAITING
        assert not Approval.objects.exists()

    def test_two_names_confirm_at_once(self, slip: HeldRow, maker: User, checker: User) -> None:
        text, error = said("--confirm", str(slip.pk), "--by", "maker", "--by", "checker", json=True)
        assert (json.loads(text)["done"], error) == (True, "")

    def test_mends_and_confirms_one_row(self, slip: HeldRow, monkeypatch: pytest.MonkeyPatch) -> None:
        assert "--mend 编号 --set 列名=内容" in said("--mend", str(slip.pk))[1]
        monkeypatch.setattr("builtins.input", lambda prompt: certno(1))
        cells = ("--set", "base=4462", "--set", "certno=?")
        text, error = said("--mend", str(slip.pk), *cells, "--confirm", str(slip.pk))
        became = Import.objects.order_by("id").last().pk
        assert text == f"待处理的行 {slip.pk} 已改正\n1 行已确认并导入（导入 {became}）\n"
        assert (error, Contribution.objects.filter(base_fen=446_200).count()) == ("", 2)

    def test_says_in_json_too_what_could_not_be_done(self, slip: HeldRow) -> None:
        text, error = said("--confirm", str(slip.pk), json=True)
        assert json.loads(text) == {"done": False, "said": [], "reason": error}

    def test_drops_rows_once(self, slip: HeldRow) -> None:
        assert said("--drop", str(slip.pk)) == ("已放弃 1 行\n", "")
        assert "已放弃，不能再办" in said("--drop", str(slip.pk))[1]
        slip.refresh_from_db()
        assert (slip.state, slip.decided_by) == (HeldState.DROPPED, "system:held_rows")
        assert "没有待处理的行 999" in said("--drop", "999")[1]


def test_nothing_that_waits_is_named_by_phone_or_number_in_the_audit(slip: HeldRow) -> None:
    held_rows.mend(act=ACT, row_id=slip.pk, cells={"certno": certno(2)})
    held_rows.drop(act=ACT, ids=[slip.pk])
    told = str(list(AuditEvent.objects.values_list("detail", flat=True)))
    assert certno(1) not in told
    assert phone(1) not in told
