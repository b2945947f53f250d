"""What is due stands in the database: a beat that is missed, doubled or restarted changes nothing."""

from datetime import date

import pytest
import time_machine

from accounts import tasks
from accounts.jobs.schedule import Due, due_jobs, next_jobs
from accounts.jobs.worker import run_job
from accounts.ledger.verify import findings
from accounts.models import Chunk, Run
from accounts.queries import explanations
from tests.personas import ACTOR, HUNAN, ZHOUSHAN, Balances, balances, changed, insured, paid_for, pays, run, spend
from yibao.lib import clock
from yibao.lib.periods import Period

pytestmark = pytest.mark.usefixtures("policies_loaded")


def named(jobs: list[Due]) -> list[str]:
    return [f"{job.kind} {job.period}" + (" again" if job.again else "") for job in jobs]


def work_off(on: date) -> None:
    """Do what is due until nothing is, as the beat would, in order."""
    for _ in range(100):
        jobs = next_jobs(on)
        if not jobs:
            return
        for job in jobs:
            run_job(actor=ACTOR, kind=job.kind, region=job.region, period=job.period, on=on, clock=clock.now)
    raise AssertionError(f"never done: {due_jobs(on)}")


def worker(region: str = ZHOUSHAN, paid: date = date(2024, 1, 1)):
    person = insured(region)
    pays(person, "5000.00", since=paid, until=date(2026, 1, 1))
    return person


class TestYearly:
    def test_nothing_is_due_where_nobody_has_paid(self):
        insured()
        assert due_jobs(date(2025, 6, 1)) == []

    def test_a_year_is_due_from_its_first_day(self):
        worker()
        assert due_jobs(date(2024, 1, 1)) == [Due("accrual", ZHOUSHAN, Period(2024), date(2024, 1, 1))]

    def test_the_year_end_is_due_in_its_order_when_the_year_is_over(self):
        worker()
        run("accrual", "2024", on=date(2024, 1, 1))
        assert named(due_jobs(date(2024, 12, 31))) == ["accrual 2024 again"]
        assert named(due_jobs(date(2025, 1, 1))) == [
            "accrual 2024 again",
            "trueup 2024",
            "interest 2024",
            "rollover 2024",
            "accrual 2025",
        ]
        assert named(next_jobs(date(2025, 1, 1))) == ["accrual 2024 again"]

    def test_after_two_missed_years_everything_is_made_up_in_order(self):
        """The scheduler was off over two year ends: once it runs again, each year is closed before the next begins."""
        person = worker()
        work_off(date(2026, 3, 5))
        assert list(Run.objects.order_by("id").values_list("kind", "period", "execution")) == [
            ("accrual", "2024", 1),
            ("trueup", "2024", 1),
            ("interest", "2024", 1),
            ("rollover", "2024", 1),
            ("accrual", "2025", 1),
            ("trueup", "2025", 1),
            ("interest", "2025", 1),
            ("rollover", "2025", 1),
            ("accrual", "2026", 1),
        ]
        assert balances(person) == Balances(current=1200_00, carried=2400_00)
        assert due_jobs(date(2026, 3, 31)) == []

    def test_once_a_month_joiners_and_new_bases_are_looked_for(self):
        worker()
        work_off(date(2024, 1, 1))
        assert due_jobs(date(2024, 1, 31)) == []
        assert named(due_jobs(date(2024, 2, 1))) == ["accrual 2024 again"]
        joiner = insured(since=date(2024, 2, 1))
        paid_for(joiner, date(2024, 2, 1), "5000.00")
        work_off(date(2024, 2, 1))
        assert balances(joiner).current == 1100_00
        assert due_jobs(date(2024, 2, 29)) == []


class TestMonthly:
    def test_a_month_is_due_from_the_day_the_rules_name(self):
        worker(HUNAN)
        assert due_jobs(date(2024, 1, 19)) == []
        assert named(due_jobs(date(2024, 1, 20))) == ["accrual 2024-01"]

    def test_missed_months_are_due_one_by_one_and_the_old_year_is_closed(self):
        retiree = insured(HUNAN, person_type="12")
        worker(HUNAN, date(2024, 11, 1))
        expected = ["accrual 2024-11", "accrual 2024-12", "interest 2024", "rollover 2024", "accrual 2025-01"]
        assert named(due_jobs(date(2025, 2, 19))) == expected
        assert named(next_jobs(date(2025, 2, 19))) == expected[:1]
        work_off(date(2025, 2, 19))
        assert balances(retiree, HUNAN).total == 3 * 75_00

    def test_regions_do_not_wait_for_each_other(self):
        worker(HUNAN)
        worker(ZHOUSHAN)
        assert {(job.region, str(job.period)) for job in next_jobs(date(2024, 1, 20))} == {
            (HUNAN, "2024-01"),
            (ZHOUSHAN, "2024"),
        }

    def test_an_old_payment_does_not_ask_for_years_before_there_were_rules(self):
        worker(HUNAN, date(2012, 5, 1))
        assert named(next_jobs(date(2017, 3, 1))) == ["accrual 2017-01"]


class TestBeat:
    def test_two_beats_open_one_run(self):
        worker()
        with time_machine.travel("2024-01-01 00:05:00+08:00", tick=False):
            tasks.schedule_due()
            tasks.schedule_due()
        assert Run.objects.count() == Chunk.objects.count() == 1

    def test_while_a_run_is_being_worked_on_the_next_one_waits(self):
        worker()
        with time_machine.travel("2025-01-01 00:05:00+08:00", tick=False):
            tasks.schedule_due()
            assert due_jobs(date(2025, 1, 1))[0].working
            assert next_jobs(date(2025, 1, 1)) == []
            tasks.schedule_due()
        assert Run.objects.count() == 1

    def test_the_day_is_that_of_shanghai(self):
        worker()
        with time_machine.travel("2023-12-31 15:59:59+00:00", tick=False):
            tasks.schedule_due()
            assert not Run.objects.exists()
        with time_machine.travel("2023-12-31 16:00:00+00:00", tick=False):
            tasks.schedule_due()
            assert Run.objects.get().on == date(2024, 1, 1)

    def test_one_long_after_midnight_finds_the_year_end_all_the_same(self):
        """The schedule file of a restarted beat may be gone; the year end is not an alarm at midnight."""
        worker()
        run("accrual", "2024", on=date(2024, 12, 1))
        with time_machine.travel("2025-01-03 09:00:00+08:00", tick=False):
            tasks.schedule_due()
        assert Run.objects.filter(period="2024", execution=2, kind="accrual").exists()


class TestAnotherWayOfCrediting:
    """A region that credited years in advance goes over to months: rules dated 2026-01-01, loaded long before."""

    @pytest.fixture
    def region(self, region_like) -> str:
        monthly = (
            "[[credit]]\neffective_from = { value = 2026-01-01, assumed = true }\n"
            'accrual = { value = "monthly", assumed = true }\n'
            "year_start_month = { value = 1, assumed = true }\n"
            "has_buckets = { value = true, assumed = true }\n"
            'rounding = { value = "month", assumed = true }\n'
            'employee_rate = { value = "2%", assumed = true }\n'
            'flex_rate = { value = "2%", assumed = true }\n'
            'employer_share_of = { value = "none", assumed = true }\n'
            'retiree_mode = { value = "fixed_monthly", assumed = true }\n'
            'retiree_amounts = { value = [{ from_age = 0, amount = "75.00" }], assumed = true }\n'
        )
        return region_like("330900", "999903", ("[[interest]]", f"{monthly}\n[[interest]]"))

    def test_the_old_year_is_closed_by_the_old_rules_and_the_new_one_credited_by_the_new(self, region):
        person = worker(region)
        for month in (1, 2):
            paid_for(person, date(2026, month, 1), "5000.00")
        work_off(date(2026, 2, 20))
        assert balances(person, region).carried == 1200_00 + 1200_00
        assert balances(person, region).current == 2 * 100_00
        assert sound()

    def test_the_debt_of_the_old_way_is_paid_once_by_several_months_of_the_new(self, region):
        person = worker(region)
        work_off(date(2025, 6, 20))
        spend(person, balances(person, region).total, on=date(2025, 6, 21), key="all of it", region=region)
        changed(person, date(2025, 12, 1), status=4)
        work_off(date(2026, 1, 20))
        assert balances(person, region) == Balances(current=0, carried=0, receivable=-100_00)
        changed(person, date(2026, 1, 1), status=1)
        paid_for(person, date(2026, 1, 1), "4500.00", late=True)
        paid_for(person, date(2026, 2, 1), "4500.00")
        work_off(date(2026, 2, 20))
        assert balances(person, region) == Balances(current=80_00, carried=0, receivable=0)
        assert sound()


def sound() -> bool:
    return list(findings()) == [] and list(explanations.differences()) == []
