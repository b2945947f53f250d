"""Cases in which the money once went wrong, played file by file; each ends as its README says is right."""

from datetime import date

import pytest
from django.core.management import call_command

from accounts.codes import Role
from accounts.ledger.errors import PostingError
from accounts.ledger.verify import findings
from accounts.models import Run, Skip
from accounts.queries import explanations
from accounts.queries.people import find_by_certno
from family.queries.plan import plan
from payments.bills import operations
from tests.cases.play import Played, play, run
from tests.factories.acts import act_on
from tests.factories.people import certno
from tests.factories.users import official
from tests.personas import clinic

pytestmark = pytest.mark.usefixtures("policies_loaded")


def entries(played: Played, certno: str, region: str | None = None) -> list[tuple[str, str, str, str]]:
    return [(e["on"], e["period"], e["kind"], e["amount"]) for e in played.statement(certno, region)["entries"]]


def sound() -> bool:
    return list(findings()) == [] and list(explanations.differences()) == []


def test_who_never_paid_is_credited_nothing_and_is_named():
    played = play("flex_never_paid")
    assert played.total("9201") == "0.00"
    assert set(Skip.objects.values_list("reason", flat=True)) == {"never_paid"}
    assert not any("没有全部完成" in text for text in played.refused)  # there is nothing that staff could do about it
    assert sound()


def test_months_of_a_suspension_that_are_paid_for_later_are_credited_without_any_made_up_row():
    played = play("backpay_workaround", until="import_roster 06")
    assert played.total("972X") == "1200.00"
    assert sound()


def test_the_month_of_a_move_is_credited_in_one_region():
    played = play("moves")
    assert (played.total("4013", "330381"), played.total("4013", "350500")) == ("600.00", "600.00")
    assert (played.total("4021", "330900"), played.total("4021", "330381")) == ("600.00", "600.00")
    assert sound()


def test_facts_of_a_closed_year_are_settled_by_the_next_daily_run_in_the_open_year():
    played = play("late_facts")
    right = {"6019": "2700.00", "6027": "1000.00", "6035": "1200.00", "6043": "1950.00", "6051": "200.00"}
    for person, total in right.items():
        assert played.total(person) == total, person
    late = [entry for person in right for entry in entries(played, person) if entry[1].startswith("2024/")]
    assert late
    assert all(on >= "2025-03-21" for on, *_ in late)
    assert sound()


def test_what_was_closed_stays_closed_and_is_corrected_in_the_open_year():
    played = play("csv_vs_statement")
    assert played.total("9332") == "1000.00"
    assert entries(played, "9332")[-1] == ("2025-03-21", "2024/1", "trueup", "-200.00")
    until_closed = [entry for entry in entries(played, "9332") if entry[0] < "2025-01-01"]
    assert until_closed[-1][3] == "1200.00"
    assert sound()


def test_a_rule_for_the_past_corrects_the_closed_year_too():
    """What is shown before, and that two people sign it: tests/accounts/operations/test_policy_effect.py."""
    played = play("policy_retroactive")
    assert (played.total("5016"), played.total("5059")) == ("900.00", "1800.00")
    assert entries(played, "5016")[-1] == ("2025-04-02", "2024/1", "trueup", "-300.00")
    assert sound()


def test_months_paid_for_after_the_end_are_taken_back_and_named():
    played = play("gap_status_suspended_in_monthly")
    assert played.total("9957") == "100.00"
    months = set(Skip.objects.filter(reason="paid_after_end").values_list("period", flat=True))
    assert {"2025-04", "2025-05", "2025-06"} <= months
    assert sound()


def test_a_day_to_come_is_refused_outside_a_rehearsal(settings):
    settings.REHEARSAL = False
    played = play("future_date")
    assert any("在今天" in text and "之后" in text for text in played.refused if text.startswith("due_jobs"))
    assert any("在今天" in text for text in played.refused if "close_year" in text)
    assert played.total("9711") == "1200.00"


class TestASuspendedAccount:
    """Where the region says so, it does not pay; the reason is said before and at the counter."""

    @pytest.fixture
    def person(self):
        play("suspended_unusable")
        return find_by_certno("999902198001019850")

    def pay(self, person, on: date):
        return operations.pay(
            act=act_on(on),
            institution=clinic("990001"),
            person=person,
            region="990001",
            amount_fen=100_00,
            on=on,
            bill_no="b",
        )

    def test_it_does_not_pay_and_the_reason_is_said(self, person):
        with pytest.raises(PostingError, match="测试市规定停保期间不能用个人账户的钱"):
            self.pay(person, date(2024, 3, 2))
        tried = plan(person=person, region="990001", amount_fen=100_00, on=date(2024, 3, 2))
        assert (tried.cash_fen, tried.lines) == (100_00, ())
        assert "停保期间不能用" in tried.why_stopped

    def test_before_the_suspension_it_does(self, person):
        assert self.pay(person, date(2024, 2, 29)).account_fen == 100_00


class TestTheSettlementIsWatched:
    """A contribution file that has not come must not take everybody's money."""

    def settle(self, *extra: str) -> Played:
        return play("flex_never_paid", until="due_jobs --run --on 2024-12", extra=extra)

    def test_it_stops_when_more_than_one_in_twenty_credited_months_look_unpaid(self):
        played = self.settle()
        (stopped,) = [text for text in played.refused if "2024-01-21" in text]
        assert "2023 年度已划入 12 个月，其中 11 个月没有缴费记录" in stopped
        assert "settle_unpaid --region 330900 --period 2023" in stopped
        assert not Run.objects.filter(kind="trueup").exists()

    def test_two_people_let_it_go_on(self):
        self.settle()
        maker, checker = (official(Role.APPROVER, name, certno=certno(n)) for n, name in ((901, "ping"), (902, "qing")))
        by = ["--by", maker.username, "--by", checker.username]
        call_command("settle_unpaid", "--region", "330900", "--period", "2023", "--reason", "单位欠费", *by)
        played = Played()
        for line in ("due_jobs --run --on 2024-01-22", "statement 999902198001019148 --json"):
            run(played, "flex_never_paid", line)
        assert played.total("9148") == "100.00"
        assert Run.objects.filter(kind="trueup", period="2023").exists()
