"""Where a year is credited in advance: what it is worth is what was posted, whatever happens to somebody (domain 3.4)."""

from datetime import date

import pytest

from accounts.codes import RunState
from accounts.jobs.job import CannotRunError
from accounts.ledger.pots import open_missing
from accounts.ledger.verify import findings
from accounts.models import Enrolment, FactChange, Skip, Transfer
from accounts.queries import explanations
from tests.personas import (
    SHANGHAI,
    ZHOUSHAN,
    Balances,
    balances,
    changed,
    insured,
    movements,
    paid_for,
    pays,
    run,
    spend,
)
from yibao.lib import clock

pytestmark = pytest.mark.usefixtures("policies_loaded")

NEW_YEAR = date(2025, 1, 1)
MONTH = 89_24  # 4,462.00 × 2%


def accrue(on: date, period: str = "2025", region: str = ZHOUSHAN):
    return run_year("accrual", on, period, region)


def true_up(on: date, period: str = "2025", region: str = ZHOUSHAN):
    return run_year("trueup", on, period, region)


def run_year(kind: str, on: date, period: str, region: str):
    (report,) = run(kind, period, on=on, region=region)
    assert list(findings()) == []
    assert list(explanations.differences()) == []
    return report


def floor_base_worker(**enrolment):
    """灵活就业 on the floor base of 4,462.00, as in seed S0."""
    person = insured(flex=True, **enrolment)
    paid_for(person, date(2024, 12, 1), "4462.00")
    return person


class TestPrecredit:
    def test_the_floor_base_brings_1070_88_on_new_years_day(self):
        person = floor_base_worker()
        report = accrue(NEW_YEAR)
        assert (report.state, report.totals.total_fen) == (RunState.DONE, 1070_88)
        assert balances(person) == Balances(current=1070_88, carried=0)
        assert movements(person) == [("precredit", "2025", "current", 1070_88)]
        assert Transfer.objects.get().voucher.occurred_on == NEW_YEAR

    def test_a_retiree_has_the_years_quota(self):
        person = insured(person_type="12")
        accrue(NEW_YEAR)
        assert balances(person).current == 900_00

    @pytest.mark.parametrize(("month", "months"), [(1, 12), (2, 11), (3, 10), (12, 1)])
    def test_a_joiner_in_month_m_has_13_minus_m_months(self, month, months):
        floor_base_worker()
        accrue(NEW_YEAR)
        person = insured(since=date(2025, month, 15))
        paid_for(person, date(2025, month, 1), "5000.00")
        accrue(date(2025, month, 20))
        assert balances(person).current == months * 100_00
        assert Transfer.objects.get(target__person=person).voucher.occurred_on == date(2025, month, 15)

    def test_who_is_known_to_join_later_is_credited_when_they_have_joined(self):
        person = floor_base_worker(since=date(2025, 10, 1))
        assert accrue(NEW_YEAR).totals.credited == 0
        assert balances(person).current == 0
        accrue(date(2025, 10, 1))
        assert balances(person).current == 3 * MONTH

    def test_again_and_again_changes_nothing(self):
        person = floor_base_worker()
        accrue(NEW_YEAR)
        again = accrue(date(2025, 6, 1))
        assert (again.state, again.totals.credited, again.totals.total_fen) == (RunState.DONE, 0, 0)
        assert balances(person).current == 1070_88

    def test_somebody_who_has_never_paid_is_named_and_credited_once_they_have(self):
        person = insured()
        report = accrue(NEW_YEAR)
        assert (report.state, report.totals.skipped) == (RunState.DONE, {"never_paid": 1})
        assert "一直没有缴费记录" in Skip.objects.get(person=person).detail
        paid_for(person, NEW_YEAR, "5000.00")
        assert accrue(date(2025, 1, 20)).state == RunState.DONE
        assert balances(person).current == 1200_00
        assert not Skip.objects.exists()

    def test_a_region_without_anybody_is_refused(self):
        with pytest.raises(CannotRunError, match="请先导入参保名册"):
            accrue(NEW_YEAR)

    def test_a_year_that_has_not_begun_is_refused(self):
        floor_base_worker()
        with pytest.raises(CannotRunError, match="从 2025-01-01 开始"):
            accrue(date(2024, 12, 31))

    def test_a_year_after_one_that_is_not_closed_is_refused(self):
        person = floor_base_worker()
        accrue(NEW_YEAR)
        with pytest.raises(CannotRunError, match="2025 年度还没有结转.*close_year --region 330900 --period 2025"):
            accrue(date(2026, 1, 1), "2026")
        assert balances(person).total == 1070_88

    def test_a_month_is_no_period_where_years_are_credited(self):
        floor_base_worker()
        with pytest.raises(CannotRunError, match="按年预划，所属期应写年度"):
            accrue(date(2025, 3, 20), "2025-03")


class TestAnotherBase:
    def test_a_higher_base_from_july_brings_the_difference_of_six_months(self):
        person = floor_base_worker()
        accrue(NEW_YEAR)
        paid_for(person, date(2025, 7, 1), "5000.00")
        accrue(date(2025, 7, 2))
        assert movements(person)[1:] == [("adjustment", "2025/1", "current", 6 * (100_00 - MONTH))]
        assert balances(person).current == 6 * MONTH + 6 * 100_00

    def test_a_lower_base_takes_the_difference_back(self):
        person = insured()
        paid_for(person, NEW_YEAR, "6000.00")
        accrue(NEW_YEAR)
        paid_for(person, date(2025, 10, 1), "5000.00")
        accrue(date(2025, 10, 2))
        assert balances(person).current == 9 * 120_00 + 3 * 100_00

    def test_several_changes_are_numbered(self):
        person = insured()
        paid_for(person, NEW_YEAR, "5000.00")
        accrue(NEW_YEAR)
        for month, base in ((3, "6000.00"), (5, "5000.00"), (9, "7000.00")):
            paid_for(person, date(2025, month, 1), base)
            accrue(date(2025, month, 2))
        assert [period for _, period, _, _ in movements(person)] == ["2025", "2025/1", "2025/2", "2025/3"]
        assert balances(person).current == 2 * 100_00 + 2 * 120_00 + 4 * 100_00 + 4 * 140_00

    def test_a_base_below_the_floor_counts_as_the_floor(self):
        person = insured()
        paid_for(person, NEW_YEAR, "3000.00")
        accrue(NEW_YEAR)
        assert balances(person).current == 1070_88


class TestLeaving:
    """Money spent from the pre-credit was spent rightly; what was credited too much is owed (domain 3.4, 4)."""

    def left(self, on: date = date(2025, 7, 1), spent: int = 0, carried: int = 0, status: int = 4):
        person = floor_base_worker()
        pays(person, "4462.00", since=NEW_YEAR, until=on)
        if carried:
            pays(person, "4462.00", since=date(2024, 1, 1), until=date(2024, 12, 1))
            changed(person, date(2024, 1, 1), pension_fen=None)
            accrue(date(2024, 1, 1), "2024")
            run("close_year", "2024", on=NEW_YEAR)
            assert balances(person) == Balances(current=1070_88, carried=carried)
        else:
            accrue(NEW_YEAR)
        if spent:
            spend(person, spent, on=date(2025, 5, 5), key="bill")
        changed(person, on, status=status)
        return person

    def test_a_leaver_keeps_the_months_before_leaving(self):
        person = self.left()
        report = true_up(date(2025, 7, 5))
        assert report.totals.total_fen == 6 * MONTH
        assert movements(person)[1:] == [("trueup", "2025/1", "current", -6 * MONTH)]
        assert balances(person) == Balances(current=6 * MONTH, carried=0, receivable=0)

    def test_the_next_execution_of_the_year_takes_it_back_and_no_true_up_has_to_be_waited_for(self):
        person = self.left()
        assert accrue(date(2025, 7, 5)).totals.credited == 1
        assert movements(person)[1:] == [("trueup", "2025/1", "current", -6 * MONTH)]
        assert true_up(date(2025, 7, 6)).totals.credited == 0

    def test_what_current_does_not_hold_comes_from_carried(self):
        person = self.left(spent=1000_00, carried=1070_88)
        true_up(date(2025, 7, 5))
        assert balances(person) == Balances(current=0, carried=1070_88 - (6 * MONTH - 70_88), receivable=0)

    def test_what_nothing_holds_is_owed(self):
        person = self.left(spent=1000_00)
        true_up(date(2025, 7, 5))
        assert balances(person) == Balances(current=0, carried=0, receivable=-(6 * MONTH - 70_88))
        again = true_up(date(2025, 7, 6))
        assert (again.totals.credited, balances(person).receivable) == (0, -(6 * MONTH - 70_88))

    def test_later_credits_pay_the_debt_down_first(self):
        person = self.left(spent=1000_00)
        true_up(date(2025, 12, 31))
        debt = 6 * MONTH - 70_88
        run("close_year", "2025", on=date(2026, 1, 1))
        changed(person, date(2026, 11, 1), status=1)
        pays(person, "4462.00", since=date(2026, 11, 1), until=date(2027, 1, 1))
        run("accrual", "2026", on=date(2026, 11, 2))
        assert balances(person) == Balances(current=0, carried=0, receivable=2 * MONTH - debt)
        run("close_year", "2026", on=date(2027, 1, 1))
        assert list(explanations.differences()) == []
        assert balances(person) == Balances(current=12 * MONTH - (debt - 2 * MONTH), carried=0, receivable=0)

    def test_a_suspension_ends_the_credit_and_a_return_brings_it_back(self):
        person = self.left(on=date(2025, 4, 1), status=2)
        true_up(date(2025, 4, 5))
        assert balances(person).current == 3 * MONTH
        changed(person, date(2025, 9, 10), status=1)
        accrue(date(2025, 9, 20))
        assert balances(person).current == (3 + 4) * MONTH
        assert movements(person)[-1] == ("adjustment", "2025/2", "current", 4 * MONTH)

    def test_a_return_known_ahead_is_credited_when_it_has_come(self):
        person = self.left(on=date(2025, 4, 1), status=2)
        true_up(date(2025, 4, 5))
        changed(person, date(2025, 9, 10), status=1)
        accrue(date(2025, 9, 9))
        assert balances(person).current == 3 * MONTH
        accrue(date(2025, 9, 10))
        assert balances(person).current == (3 + 4) * MONTH

    def test_who_has_not_returned_yet_but_will_is_not_asked_for_the_months_to_come(self):
        person = self.left(on=date(2025, 4, 1), status=2)
        changed(person, date(2025, 9, 10), status=1)
        true_up(date(2025, 4, 5))
        assert balances(person).current == (3 + 4) * MONTH

    def test_a_suspension_within_one_month_costs_nothing(self):
        person = self.left(on=date(2025, 4, 5), status=2)
        changed(person, date(2025, 4, 25), status=1)
        true_up(date(2025, 5, 5))
        assert balances(person).current == 12 * MONTH

    def test_who_dies_keeps_the_month_of_death(self):
        person = self.left(on=date(2025, 3, 17))
        true_up(date(2025, 4, 1))
        assert balances(person).current == 3 * MONTH

    def test_who_moves_to_another_region_is_credited_there_from_then_on(self):
        person = self.left(on=date(2025, 7, 1))
        changed(person, date(2025, 7, 1), region=SHANGHAI, status=1)
        open_missing([SHANGHAI])
        paid_for(person, date(2025, 7, 1), "5000.00")
        true_up(date(2025, 7, 5))
        accrue(date(2025, 7, 5), region=SHANGHAI)
        assert balances(person) == Balances(current=6 * MONTH, carried=0, receivable=0)
        assert balances(person, SHANGHAI) == Balances(current=12 * 100_00, carried=0)

    def test_after_the_year_is_closed_it_comes_from_carried(self):
        person = self.left(spent=1000_00)
        run("rollover", "2025", on=date(2026, 1, 1))
        assert balances(person) == Balances(current=0, carried=70_88)
        true_up(date(2026, 1, 5))
        assert balances(person) == Balances(current=0, carried=0, receivable=70_88 - 6 * MONTH)

    def test_the_new_years_money_does_not_pay_for_it(self):
        leaver = self.left(spent=1000_00, on=date(2025, 12, 1))
        run("close_year", "2025", on=date(2026, 1, 1))
        assert balances(leaver) == Balances(current=0, carried=0, receivable=70_88 - MONTH)


class TestRetiring:
    def test_the_quota_counts_pro_rata(self):
        """An employee until the end of June, a retiree with 900.00 a year from July."""
        person = floor_base_worker()
        accrue(NEW_YEAR)
        changed(person, date(2025, 7, 1), person_type="12", flex=False)
        accrue(date(2025, 7, 2))
        assert balances(person).current == 6 * MONTH + 450_00
        assert movements(person)[1:] == [("adjustment", "2025/1", "current", 450_00 - 6 * MONTH)]

    def test_in_the_middle_of_a_month_from_the_next_month(self):
        person = floor_base_worker()
        accrue(NEW_YEAR)
        changed(person, date(2025, 7, 15), person_type="12", flex=False)
        accrue(date(2025, 8, 2))
        assert balances(person).current == 7 * MONTH + 375_00

    def test_what_was_spent_before_is_not_asked_back_while_the_new_months_cover_it(self):
        person = floor_base_worker()
        accrue(NEW_YEAR)
        spend(person, 1070_88, on=date(2025, 3, 1), key="all of it")
        changed(person, date(2025, 7, 1), person_type="12", flex=False)
        accrue(date(2025, 7, 2))
        assert balances(person) == Balances(current=0, carried=0, receivable=450_00 - 6 * MONTH)


class TestYearFromJuly:
    """上海: the benefit year begins on 1 July (TV-29)."""

    def test_june_belongs_to_the_year_before(self):
        person = insured(SHANGHAI)
        pays(person, "5000.00", since=date(2024, 6, 1), until=date(2025, 7, 1))
        accrue(date(2024, 7, 1), "2024", SHANGHAI)
        assert balances(person, SHANGHAI).current == 1200_00
        assert Transfer.objects.get().voucher.occurred_on == date(2024, 7, 1)
        for day, refused in ((date(2025, 6, 30), True), (date(2025, 7, 1), False)):
            if refused:
                with pytest.raises(CannotRunError, match="2025-06-30 才结束"):
                    run("close_year", "2024", on=day, region=SHANGHAI)
            else:
                run("close_year", "2024", on=day, region=SHANGHAI)
        assert balances(person, SHANGHAI) == Balances(current=1200_00, carried=1200_00)

    def test_a_joiner_in_january_has_six_months(self):
        person = insured(SHANGHAI, since=date(2025, 1, 10))
        paid_for(person, date(2025, 1, 1), "5000.00")
        accrue(date(2025, 1, 20), "2024", SHANGHAI)
        assert balances(person, SHANGHAI).current == 600_00

    def test_a_payment_in_june_uses_the_old_years_money_and_in_july_brings_it_forward(self):
        person = insured(SHANGHAI)
        paid_for(person, date(2024, 6, 1), "5000.00")
        accrue(date(2024, 7, 1), "2024", SHANGHAI)
        spend(person, 1_00, on=date(2025, 6, 30), key="june", region=SHANGHAI)
        assert balances(person, SHANGHAI) == Balances(current=1199_00, carried=0)
        spend(person, 1_00, on=date(2025, 7, 1), key="july", region=SHANGHAI)
        assert balances(person, SHANGHAI) == Balances(current=0, carried=1198_00)


def test_what_was_credited_by_a_withdrawn_enrolment_is_taken_back():
    person = floor_base_worker()
    accrue(NEW_YEAR)
    change = FactChange.objects.create(kind="withdrawn", reason="导错了名册", actor="system:test", at=clock.now())
    Enrolment.objects.filter(person=person).update(counts=False, changed_by=change)
    floor_base_worker()
    accrue(date(2025, 2, 1))
    assert balances(person) == Balances(current=0, carried=0, receivable=0)
