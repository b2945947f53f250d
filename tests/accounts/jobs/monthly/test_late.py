"""Months that are paid for late: credited once, as what somebody was then, or shown to staff; never lost in silence."""

from datetime import date
from itertools import count

import pytest

from accounts.codes import RunState
from accounts.ledger.verify import findings
from accounts.models import Skip
from accounts.queries import explanations
from accounts.queries.people import find_by_certno
from accounts.roster.contributions import import_contributions
from accounts.roster.people import import_roster
from tests.factories.acts import act_on
from tests.factories.files import contribution_row, csv_file, roster_row
from tests.factories.people import certno
from tests.personas import HUNAN, Balances, balances, changed, insured, movements, paid_for, run

pytestmark = pytest.mark.usefixtures("policies_loaded")

MONTHLY_FROM_2026 = """
[[credit]]
effective_from = { value = 2026-01-01, assumed = true }
accrual = { value = "monthly", assumed = true }
year_start_month = { value = 1, assumed = true }
has_buckets = { value = true, assumed = true }
rounding = { value = "month", assumed = true }
employee_rate = { value = "2%", assumed = true }
flex_rate = { value = "2%", assumed = true }
employer_share_of = { value = "none", assumed = true }
retiree_mode = { value = "fixed_monthly", assumed = true }
retiree_amounts = { value = [{ from_age = 0, amount = "75.00" }], assumed = true }

[[interest]]"""


def accrue(period: str, on: date, region: str = HUNAN):
    (report,) = run("accrual", period, on=on, region=region)
    assert list(findings()) == []
    assert list(explanations.differences()) == []
    return report


def credits(person) -> list[tuple[str, int]]:
    return [(period, amount) for kind, period, _, amount in movements(person) if kind == "accrual"]


@pytest.fixture
def files(tmp_path):
    """Return a function that brings a contribution in, through a real file, on the day it is received."""
    names = (tmp_path / f"{number}.csv" for number in count())

    class Files:
        def enrol(self, **row: str) -> None:
            import_roster(act=act_on(date(2024, 12, 1)), path=csv_file(next(names), [roster_row(1, **row)]))

        def receive(self, month: str, on: date, region: str = HUNAN):
            row = contribution_row(1, base="5000.00", accrym=month, received_on=str(on), insuplc_admdvs=region)
            return import_contributions(act=act_on(on), path=csv_file(next(names), [row]))

    return Files()


def test_a_pre_credited_year_is_not_credited_again_month_by_month(region_like, files):
    region = region_like("330900", "330902", ("[[interest]]", MONTHLY_FROM_2026))
    files.enrol(insuplc_admdvs=region)
    files.receive("2024-12", date(2024, 12, 10), region)
    run("accrual", "2025", on=date(2025, 1, 1), region=region)
    for month in range(1, 13):
        assert files.receive(f"2025-{month:02d}", date(2025, month, 10), region).late == 1
    run("close_year", "2025", on=date(2026, 1, 1), region=region)
    files.receive("2026-01", date(2026, 1, 10), region)
    accrue("2026-01", date(2026, 1, 20), region)
    person = find_by_certno(certno(1))
    assert balances(person, region) == Balances(current=100_00, carried=1200_00)
    assert credits(person) == [("2026-01", 100_00)]


class TestWhatSomebodyWas:
    """湖南 in 2022: 205.00 on a base of 5,000.00 for an employee, 100.00 for a flexible worker."""

    @pytest.mark.parametrize(("flex", "january", "february"), [(False, 205_00, 205_00), (True, 100_00, 100_00)])
    def test_a_late_month_counts_as_what_they_were_then(self, flex, january, february):
        person = insured(HUNAN, flex=flex)
        paid_for(person, date(2022, 1, 1), "5000.00")
        accrue("2022-01", date(2022, 1, 20))
        accrue("2022-02", date(2022, 2, 20))
        changed(person, date(2022, 3, 1), flex=not flex)
        paid_for(person, date(2022, 2, 1), "5000.00", late=True, received=date(2022, 3, 5))
        paid_for(person, date(2022, 3, 1), "5000.00")
        accrue("2022-03", date(2022, 3, 20))
        march = 305_00 - february
        assert credits(person) == [("2022-01", january), ("2022-02", february), ("2022-03", march)]

    @pytest.mark.parametrize(("flex", "april", "may"), [(False, 205_00, 100_00), (True, 100_00, 205_00)])
    def test_a_change_in_the_middle_of_a_month_holds_from_the_next(self, flex, april, may):
        person = insured(HUNAN, flex=flex)
        changed(person, date(2022, 4, 20), flex=not flex)
        for month in (4, 5):
            paid_for(person, date(2022, month, 1), "5000.00")
            accrue(f"2022-{month:02d}", date(2022, month, 20))
        assert credits(person) == [("2022-04", april), ("2022-05", may)]

    def test_who_joins_in_the_middle_of_a_month_counts_as_they_joined(self):
        person = insured(HUNAN, since=date(2022, 4, 10), flex=True)
        changed(person, date(2022, 4, 20), flex=False)
        paid_for(person, date(2022, 4, 1), "5000.00")
        accrue("2022-04", date(2022, 4, 20))
        assert credits(person) == [("2022-04", 100_00)]

    def test_a_month_before_somebody_joined_counts_as_they_joined(self):
        person = insured(HUNAN, since=date(2022, 4, 10), flex=True)
        accrue("2022-03", date(2022, 3, 20))
        paid_for(person, date(2022, 3, 1), "5000.00", late=True)
        accrue("2022-04", date(2022, 4, 20))
        assert credits(person) == [("2022-03", 100_00)]


class TestPaidAfterTheQuota:
    def late_payment(self):
        person = insured(HUNAN, person_type="12")
        accrue("2025-03", date(2025, 3, 20))
        paid_for(person, date(2025, 3, 1), "5000.00", late=True, received=date(2025, 4, 2))
        return person

    def test_it_is_shown_to_staff_by_the_next_run(self):
        person = self.late_payment()
        report = accrue("2025-04", date(2025, 4, 20))
        assert (report.state, report.totals.skipped) == (RunState.INCOMPLETE, {"paid_and_retired": 1})
        assert list(Skip.objects.values_list("person", "period", "reason")) == [
            (person.pk, "2025-03", "paid_and_retired")
        ]
        assert credits(person) == [("2025-03", 75_00), ("2025-04", 75_00)]

    def test_another_execution_says_it_again_and_a_later_run_does_not(self):
        self.late_payment()
        accrue("2025-04", date(2025, 4, 20))
        assert accrue("2025-04", date(2025, 4, 21)).totals.skipped == {"paid_and_retired": 1}
        assert accrue("2025-05", date(2025, 5, 20)).state == RunState.DONE
        assert Skip.objects.count() == 1

    def test_another_execution_of_its_own_month_says_it_too(self):
        self.late_payment()
        assert accrue("2025-03", date(2025, 4, 5)).totals.skipped == {"paid_and_retired": 1}


class TestBeforeTheFirstMonthHere:
    def test_money_that_came_in_since_is_credited_by_the_next_run(self, files):
        files.enrol(insuplc_admdvs=HUNAN)
        accrue("2025-03", date(2025, 3, 20))
        assert files.receive("2025-02", date(2025, 3, 22)).late == 1
        accrue("2025-04", date(2025, 4, 20))
        assert credits(find_by_certno(certno(1))) == [("2025-02", 100_00)]

    def test_a_late_payment_from_before_is_none_of_ours(self):
        person = insured(HUNAN)
        accrue("2025-03", date(2025, 3, 20))
        paid_for(person, date(2025, 2, 1), "5000.00", late=True, received=date(2025, 2, 28))
        accrue("2025-04", date(2025, 4, 20))
        assert credits(person) == []


def test_a_month_whose_own_run_comes_after_a_later_one_is_credited_once(files):
    """February is left out at first: what the March run has taken with it, the February run does not take again."""
    files.enrol(insuplc_admdvs=HUNAN)
    other = insured(HUNAN)
    paid_for(other, date(2025, 2, 1), "5000.00")
    accrue("2025-01", date(2025, 1, 20))
    accrue("2025-03", date(2025, 3, 20))
    assert files.receive("2025-02", date(2025, 3, 22)).late == 1
    accrue("2025-04", date(2025, 4, 20))
    accrue("2025-02", date(2025, 4, 21))
    assert credits(find_by_certno(certno(1))) == [("2025-02", 100_00)]
    assert credits(other) == [("2025-02", 100_00)]
