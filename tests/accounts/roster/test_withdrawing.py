"""撤回导入: all rows of an import stop counting, and what they took the place of counts again."""

import io
import json
from collections.abc import Sequence
from contextlib import suppress
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from accounts.codes import HeldState, Role
from accounts.identity.access import actor_of
from accounts.jobs.new_facts import new_facts_at
from accounts.models import Approval, AuditEvent, Contribution, Enrolment, FactChange, HeldRow, Import, Run, User
from accounts.operations import approvals
from accounts.operations.approvals import ApprovalMovedError
from accounts.queries.people import find_by_certno
from accounts.roster import held as held_rows
from accounts.roster import withdrawing
from accounts.roster.withdrawing import CannotWithdrawError
from tests.accounts.roster.import_kit import TODAY, contributions, kept, roster
from tests.factories.acts import act_on
from tests.factories.files import contribution_row, csv_file, roster_row
from tests.factories.people import birth_on, certno
from tests.factories.users import official
from tests.personas import ZHOUSHAN

pytestmark = pytest.mark.usefixtures("policies_loaded")

ACT = act_on(TODAY)
FULL = {"clct_type": "", "payer": "", "paid": ""}


@pytest.fixture
def on_roster(policies_loaded: None, tmp_path: Path) -> int:
    return roster(csv_file(tmp_path / "roster.csv", [roster_row(n) for n in range(1, 6)])).import_id


@pytest.fixture
def two(policies_loaded: None) -> tuple[str, ...]:
    official(Role.CLERK, "maker", certno=certno(901))
    official(Role.REVIEWER, "checker", certno=certno(902))
    return ("--by", "maker", "--by", "checker")


def paid(tmp_path: Path, *rows: dict[str, str], name: str = "") -> Path:
    number = len(list(tmp_path.iterdir()))
    return csv_file(tmp_path / (name or f"paid {number}.csv"), [FULL | contribution_row(1, **row) for row in rows])


def withdraw(import_id: int) -> withdrawing.Withdrawn:
    return withdrawing.withdraw(act=ACT, import_id=import_id, reason="发错了文件")


def said(*arguments: str) -> tuple[dict[str, Any], str]:
    """Run withdraw_import; return what it printed, and its refusal."""
    out, error = io.StringIO(), ""
    try:
        call_command("withdraw_import", *arguments, "--reason", "发错了文件", "--json", stdout=out)
    except CommandError as refusal:
        error = str(refusal)
    return json.loads(out.getvalue() or "{}"), error


def counting() -> list[tuple[str, int, str]]:
    """Return the payments that count: month, base (fen), payer."""
    rows = Contribution.objects.order_by("month").values_list("month", "base_fen", "payer")
    return [(f"{month:%m}", base, payer) for month, base, payer in rows]


@pytest.mark.usefixtures("on_roster")
def test_payments_of_a_withdrawn_import_do_not_count_and_may_come_again(tmp_path: Path) -> None:
    path = csv_file(tmp_path / "c.csv", [contribution_row(1), contribution_row(2)])
    first = contributions(path)
    done = withdraw(first.import_id)
    assert (done.contributions, done.enrolments, done.restored) == (2, 0, 0)
    assert counting() == []
    assert {row.changed_by.reason for row in Contribution.all_rows.all()} == {"发错了文件"}
    again = contributions(path)
    assert (again.known_file, again.contributions_added, len(counting())) == (False, 2, 2)


def test_statuses_of_a_withdrawn_roster_do_not_count(on_roster: int, tmp_path: Path) -> None:
    ended = [roster_row(n, psn_insu_stas="4", stas_date="2025-03-01") for n in (1, 2)]
    wrong = roster(csv_file(tmp_path / "wrong.csv", ended))
    assert withdraw(wrong.import_id).enrolments == 2
    assert set(Enrolment.objects.values_list("status", "source_id")) == {(1, on_roster)}


def test_a_street_that_a_withdrawn_status_had_overtaken_holds_again(on_roster: int, tmp_path: Path) -> None:
    moved = roster_row(1, street="沈家门街道")
    roster(csv_file(tmp_path / "moved.csv", [moved]), on=date(2025, 5, 10))
    stopped = roster_row(1, psn_insu_stas="2", stas_date="2025-03-01")
    wrong = roster(csv_file(tmp_path / "stopped.csv", [stopped]))
    assert wrong.corrected == 1
    assert withdraw(wrong.import_id).restored == 1
    rows = find_by_certno(certno(1)).enrolments.filter(counts=True).order_by("from_on")
    assert [(row.from_on, row.status, row.street) for row in rows] == [
        (date(2020, 1, 1), 1, "昌国街道"),
        (date(2025, 5, 10), 1, "沈家门街道"),
    ]


A, B = "UNIT-A", "UNIT-B"
NORMAL = {"payer": A}
CORRECTED = {"payer": A, "clct_type": "更正", "base": "5000", "received_on": "2025-02-15"}
AGAIN = {"payer": A, "clct_type": "更正", "base": "6000", "received_on": "2025-03-15"}
MORE = {"payer": A, "clct_type": "补差", "base": "1000", "received_on": "2025-04-15"}
SECOND = {"payer": B, "base": "4600", "received_on": "2025-01-20"}
BACK = {"payer": A, "clct_type": "退费"}


@pytest.mark.usefixtures("on_roster")
@pytest.mark.parametrize(
    ("files", "withdrawn", "left"),
    [
        ([NORMAL, CORRECTED], 1, [(446_200, A)]),
        ([NORMAL, CORRECTED], 0, [(500_000, A)]),
        ([NORMAL, CORRECTED, AGAIN], 1, [(600_000, A)]),
        ([NORMAL, CORRECTED, AGAIN], 2, [(500_000, A)]),
        ([NORMAL, MORE], 1, [(446_200, A)]),
        ([NORMAL, CORRECTED, MORE], 2, [(500_000, A)]),
        ([NORMAL, SECOND], 0, [(460_000, B)]),
        ([NORMAL, SECOND], 1, [(446_200, A)]),
        ([NORMAL, SECOND, BACK], 2, [(446_200, A)]),
        ([NORMAL, SECOND, BACK], 1, []),
        ([NORMAL, BACK], 1, [(446_200, A)]),
        ([NORMAL, BACK], 0, []),
    ],
)
def test_a_month_is_as_if_the_withdrawn_import_had_never_been(
    tmp_path: Path, files: Sequence[dict[str, str]], withdrawn: int, left: list[tuple[int, str]]
) -> None:
    imports = [contributions(paid(tmp_path, row)).import_id for row in files]
    withdraw(imports[withdrawn])
    assert [row[1:] for row in counting()] == left


@pytest.mark.usefixtures("on_roster")
def test_what_a_later_difference_was_added_to_is_not_withdrawn_before_it(tmp_path: Path) -> None:
    base, more = (contributions(paid(tmp_path, row)).import_id for row in (NORMAL, MORE))
    before = kept()
    with pytest.raises(CannotWithdrawError, match=f"后来的补差加在它的行上（导入 {more}），请先撤回导入 {more}"):
        withdraw(base)
    assert kept() == before
    withdraw(more)
    withdraw(base)
    assert counting() == []


@pytest.mark.usefixtures("on_roster")
def test_a_later_file_that_said_the_same_brings_it_back_when_it_comes_again(tmp_path: Path) -> None:
    wrong = contributions(paid(tmp_path, {}, {"accrym": "2025-02", "received_on": "2025-02-20"}))
    right = paid(tmp_path, {})
    assert contributions(right).changed_nothing
    withdraw(wrong.import_id)
    assert counting() == []
    assert contributions(right).contributions_added == 1
    assert [month for month, *_ in counting()] == ["01"]


class TestANumberThatWasChanged:
    def renumbered(self, tmp_path: Path, old: int, new: int) -> int:
        row = roster_row(1) | {"certno": new_number(new), "old_certno": new_number(old)}
        return roster(csv_file(tmp_path / f"{old}-{new}.csv", [row])).import_id

    def test_is_the_one_before_again_and_the_new_one_is_nobodys(self, on_roster: int, tmp_path: Path) -> None:
        person = find_by_certno(certno(1))
        source = self.renumbered(tmp_path, 1, 101)
        assert find_by_certno(new_number(101)) == find_by_certno(certno(1)) == person
        assert withdraw(source).numbers == 1
        person.refresh_from_db()
        assert person.certno == certno(1)
        assert find_by_certno(certno(1)) == person
        assert find_by_certno(new_number(101)) is None
        assert AuditEvent.objects.filter(verb="person.renumbered", subject=person).count() == 2

    def test_somebody_else_may_have_the_new_one_afterwards(self, on_roster: int, tmp_path: Path) -> None:
        withdraw(self.renumbered(tmp_path, 1, 101))
        other = roster_row(1) | {"certno": new_number(101), "psn_name": "李强", "mob": "", "gend": "1"}
        assert roster(csv_file(tmp_path / "other.csv", [other])).people_added == 1
        assert find_by_certno(new_number(101)) != find_by_certno(certno(1))

    def test_comes_again_with_its_file(self, on_roster: int, tmp_path: Path) -> None:
        person = find_by_certno(certno(1))
        withdraw(self.renumbered(tmp_path, 1, 101))
        self.renumbered(tmp_path, 1, 101)
        assert find_by_certno(new_number(101)) == find_by_certno(certno(1)) == person

    def test_is_not_changed_back_over_a_later_change(self, on_roster: int, tmp_path: Path) -> None:
        first, second = self.renumbered(tmp_path, 1, 101), self.renumbered(tmp_path, 101, 201)
        with pytest.raises(CannotWithdrawError, match=f"后来又换了证件号码（导入 {second}），请先撤回导入 {second}"):
            withdraw(first)
        withdraw(second)
        withdraw(first)
        assert find_by_certno(certno(1)).certno == certno(1)

    def test_an_old_number_of_somebody_new_leads_to_nobody(self, tmp_path: Path) -> None:
        withdraw(self.renumbered(tmp_path, 1, 101))
        assert find_by_certno(certno(1)) is None


def new_number(serial: int) -> str:
    """Return a number of somebody born as serial 1 was."""
    return certno(serial, birth_on(1))


def test_rows_that_wait_are_given_up_with_their_import(tmp_path: Path) -> None:
    result = roster(csv_file(tmp_path / "r.csv", [roster_row(1), roster_row(2, gend="9")]), hold=True)
    assert withdraw(result.import_id).dropped == 1
    assert HeldRow.objects.get().state == HeldState.DROPPED


def test_rows_confirmed_by_a_withdrawn_import_wait_again_and_go_before_their_file(tmp_path: Path) -> None:
    source = roster(csv_file(tmp_path / "r.csv", [roster_row(1), roster_row(2, gend="9")]), hold=True)
    row = HeldRow.objects.get()
    held_rows.mend(act=ACT, row_id=row.pk, cells={"gend": "1"})
    (confirmed,) = held_rows.confirm(act=ACT, ids=[row.pk])
    with pytest.raises(CannotWithdrawError, match=f"请先撤回导入 {confirmed.import_id}"):
        withdraw(source.import_id)
    assert withdraw(confirmed.import_id).waiting == 1
    row.refresh_from_db()
    assert (row.state, row.decided_by, row.became_id) == (HeldState.WAITING, "", None)
    (again,) = held_rows.confirm(act=ACT, ids=[row.pk])
    assert again.enrolments_added == 1
    withdraw(again.import_id)
    assert withdraw(source.import_id).dropped == 1
    assert not Enrolment.objects.exists()


@pytest.mark.usefixtures("on_roster")
def test_an_import_is_withdrawn_once(tmp_path: Path) -> None:
    import_id = contributions(paid(tmp_path, {})).import_id
    withdraw(import_id)
    before = kept()
    with pytest.raises(CannotWithdrawError, match=f"导入 {import_id} 已经撤回"):
        withdraw(import_id)
    assert kept() == before


def test_what_is_no_roster_and_no_payments_says_why_it_stays(on_roster: int) -> None:
    balances = Import.objects.create(kind="balances", digest="0" * 64, rows=1, actor="system:test")
    with pytest.raises(CannotWithdrawError, match="期初余额的导入不能撤回，只有名册和缴费记录能"):
        withdraw(balances.pk)
    with pytest.raises(CannotWithdrawError, match="没有导入 999999"):
        withdraw(999_999)
    with pytest.raises(CannotWithdrawError, match="请写明撤回的原因"):
        withdrawing.withdraw(act=ACT, import_id=on_roster, reason=" ")


class TestOnceMoneyHangsOnIt:
    @pytest.fixture
    def slip(self, on_roster: int, tmp_path: Path) -> int:
        """Somebody was credited after a file that concerned them."""
        import_id = contributions(paid(tmp_path, {})).import_id
        with suppress(CommandError):  # the others have never paid, and that is said
            call_command("run_job", "accrual", "--region", ZHOUSHAN, "--period", "2025", stdout=io.StringIO())
        return import_id

    def test_it_takes_two_people(self, slip: int, two: tuple[str, ...]) -> None:
        with pytest.raises(CannotWithdrawError, match="要两个人"):
            withdraw(slip)
        assert "用 --by 写明提交人" in said(str(slip))[1]
        document, error = said(str(slip), *two)
        assert (document["withdrawn"], error, counting()) == (True, "", [])
        event = AuditEvent.objects.get(verb="import.withdrawn")
        assert event.actor.startswith("staff:")
        assert FactChange.objects.get(kind="withdrawn").approval == Approval.objects.get()

    def test_one_name_submits_and_says_so(self, slip: int, two: tuple[str, ...]) -> None:
        document, error = said(str(slip), *two[:2])
        assert (document["withdrawn"], error) == (False, f"导入 {slip} 还没有撤回，等另一位同事复核")
        words = dict(Approval.objects.get().words)
        assert words["撤回导入"] == f"{slip}（缴费记录，1 行）"
        assert words["缴费记录不再算数"] == "1 条"
        assert len(counting()) == 1

    def test_what_has_changed_since_is_not_approved(self, slip: int, two: tuple[str, ...], tmp_path: Path) -> None:
        said(str(slip), *two[:2])
        contributions(paid(tmp_path, {"clct_type": "更正", "base": "5000"}))
        approval = Approval.objects.get()
        with pytest.raises(ApprovalMovedError):
            call_by_checker(approval)
        assert counting() == [("01", 500_000, "")]

    def test_a_run_that_opened_while_it_was_decided_has_to_look_again(self, slip: int, two: tuple[str, ...]) -> None:
        opened_at = Run.objects.get().opened_at
        said(str(slip), *two[:2])
        call_by_checker(Approval.objects.get())  # decided before the run opened, as its clock says
        assert act_on(TODAY).at < opened_at
        assert new_facts_at(ZHOUSHAN, 2025, opened_at) is not None

    def test_others_in_the_region_who_were_credited_do_not_matter(self, slip: int, tmp_path: Path) -> None:
        other = contributions(csv_file(tmp_path / "other.csv", [contribution_row(2)]))
        assert not withdrawing.needs_two(other.import_id)
        assert withdrawing.needs_two(slip)


def call_by_checker(approval: Approval) -> str:
    checker = actor_of(User.objects.get(username="checker"))
    return approvals.approve(act=act_on(TODAY, checker), approval_id=approval.pk, digest=approval.digest)


def test_nobody_is_told_by_number_in_the_audit(on_roster: int) -> None:
    withdraw(on_roster)
    assert certno(1) not in str(list(AuditEvent.objects.values_list("detail", flat=True)))
    assert FactChange.objects.get(kind="withdrawn").actor == str(ACT.actor)
