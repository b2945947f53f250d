"""The year end: interest, what is left of 当年 becomes 历年 to the fen, and then the next year begins (seed S0; TV-04)."""

from datetime import date

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.codes import JobKind, PotKind, RunState
from accounts.jobs.job import CannotRunError
from accounts.ledger import book_years
from accounts.ledger.verify import findings
from accounts.models import Pot, Run, Transfer
from accounts.queries import explanations
from tests.personas import (
    HUNAN,
    ZHOUSHAN,
    Balances,
    balances,
    changed,
    give,
    insured,
    movements,
    paid_for,
    pays,
    run,
    spend,
)
from yibao.lib.fen import half_up

pytestmark = pytest.mark.usefixtures("policies_loaded")

NEW_YEAR, NEXT = date(2025, 1, 1), date(2026, 1, 1)


def worker(region: str = ZHOUSHAN, until: date = NEXT):
    """Somebody who pays every month, from the one before the year to its last."""
    person = insured(region)
    pays(person, "5000.00", since=date(2024, 12, 1), until=until)
    return person


def kinds_of(person) -> list[str]:
    return [kind for kind, _, _, _ in movements(person)]


def sound() -> bool:
    return list(findings()) == [] and list(explanations.differences()) == []


class TestRollover:
    def test_every_fen_of_everybody_is_kept(self):
        people = [worker() for _ in range(12)]
        run("accrual", "2025", on=NEW_YEAR)
        for number, person in enumerate(people):
            if number:
                spend(person, number * 100_01 % 1200_00 or 1, on=date(2025, 4, 1), key=f"bill {number}")
        before = [balances(person).total for person in people]
        (report,) = run("rollover", "2025", on=NEXT)
        assert [balances(person) for person in people] == [Balances(current=0, carried=fen) for fen in before]
        assert report.totals.total_fen == sum(before)
        assert sound()

    def test_again_changes_nothing(self):
        person = worker()
        run("accrual", "2025", on=NEW_YEAR)
        run("rollover", "2025", on=NEXT)
        count = Transfer.objects.count()
        (again,) = run("rollover", "2025", on=date(2026, 2, 2))
        assert (again.state, again.totals.total_fen, Transfer.objects.count()) == (RunState.DONE, 0, count)
        assert balances(person) == Balances(current=0, carried=1200_00)

    def test_it_stands_on_the_last_day_of_its_year(self):
        worker()
        run("accrual", "2025", on=NEW_YEAR)
        run("rollover", "2025", on=date(2026, 1, 9))
        row = Transfer.objects.get(kind="rollover")
        assert (row.voucher.occurred_on, row.period) == (date(2025, 12, 31), "2025")

    @pytest.mark.parametrize("kind", ["rollover", "interest", "close_year"])
    def test_a_year_that_is_not_over_cannot_be_closed(self, kind):
        worker()
        run("accrual", "2025", on=NEW_YEAR)
        with pytest.raises(CannotRunError, match="2025-12-31 才结束"):
            run(kind, "2025", on=date(2025, 12, 31))
        assert not book_years.is_closed(ZHOUSHAN, 2025)

    def test_where_years_are_not_kept_apart_there_is_nothing_to_move(self):
        person = insured(HUNAN)
        paid_for(person, NEW_YEAR, "5000.00")
        run("accrual", "2025-01", on=date(2025, 1, 20), region=HUNAN)
        reports = run("close_year", "2025", on=NEXT, region=HUNAN)
        assert [report.kind for report in reports] == ["interest", "rollover"]
        assert balances(person, HUNAN) == Balances(carried=100_00)
        assert book_years.is_closed(HUNAN, 2025)


class TestCloseYear:
    def test_it_settles_pays_interest_rolls_over_and_credits_the_next_year_in_this_order(self, region_with_interest):
        stays, left = worker(region_with_interest), worker(region_with_interest, until=date(2025, 7, 1))
        run("accrual", "2025", on=NEW_YEAR, region=region_with_interest)
        changed(left, date(2025, 7, 1), status=4)
        reports = run("close_year", "2025", on=NEXT, region=region_with_interest)
        assert [(report.kind, str(report.period)) for report in reports] == [
            ("accrual", "2025"),
            ("trueup", "2025"),
            ("interest", "2025"),
            ("rollover", "2025"),
            ("accrual", "2026"),
        ]
        assert all(report.complete for report in reports)
        assert kinds_of(left) == ["precredit", "trueup", "interest", "rollover", "rollover"]
        assert kinds_of(stays) == ["precredit", "interest", "rollover", "rollover", "precredit"]
        assert balances(stays, region_with_interest).current == 1200_00
        assert sound()

    def test_again_changes_nothing(self):
        person = worker()
        run("accrual", "2025", on=NEW_YEAR)
        run("close_year", "2025", on=NEXT)
        before, count = balances(person), Transfer.objects.count()
        assert all(report.totals.total_fen == 0 for report in run("close_year", "2025", on=date(2026, 3, 1)))
        assert (balances(person), Transfer.objects.count()) == (before, count)

    def test_joiners_and_new_bases_since_the_last_execution_are_credited_before_the_year_is_closed(self):
        person = worker(until=date(2025, 11, 1))
        run("accrual", "2025", on=NEW_YEAR)
        run("accrual", "2025", on=date(2025, 12, 1))
        for month in (11, 12):
            paid_for(person, date(2025, month, 1), "6000.00")
        joiner = insured(since=date(2025, 12, 5))
        paid_for(joiner, date(2025, 12, 1), "5000.00")
        run("close_year", "2025", on=NEXT)
        assert (balances(person).carried, balances(joiner).carried) == (1200_00 + 2 * 20_00, 100_00)
        assert sound()

    def test_a_year_that_was_never_credited_here_is_not_begun_by_closing_it(self):
        """Before a bureau came to us its years were credited elsewhere."""
        person = worker()
        reports = run("close_year", "2025", on=NEXT)
        assert [(report.kind, str(report.period)) for report in reports][0] == ("trueup", "2025")
        assert balances(person) == Balances(current=1200_00, carried=0)

    def test_before_the_year_is_over_nothing_at_all_is_run(self):
        worker()
        run("accrual", "2025", on=NEW_YEAR)
        with pytest.raises(CannotRunError, match="2025-12-31 才结束"):
            run("close_year", "2025", on=date(2025, 12, 31))
        assert list(Run.objects.values_list("kind", "execution")) == [("accrual", 1)]

    def test_who_could_not_be_credited_stops_nobody_else(self):
        """A skip is somebody's missing fact, known and listed; the others' year must end all the same."""
        waits, other = insured(), worker()
        changed(waits, date(2024, 6, 1), status=4)
        paid_for(waits, NEW_YEAR, "5000.00")
        run("accrual", "2025", on=NEW_YEAR)
        reports = run("close_year", "2025", on=NEXT)
        assert [report.state for report in reports] == ["incomplete", "done", "done", "done", "done"]
        assert balances(waits) == Balances(current=0, carried=0)
        assert balances(other) == Balances(current=1200_00, carried=1200_00)

    def test_a_dry_run_posts_nothing_and_says_what_would_be(self, region_with_interest):
        person, left = worker(region_with_interest), worker(region_with_interest)
        run("accrual", "2025", on=NEW_YEAR, region=region_with_interest)
        changed(left, date(2025, 7, 1), status=4)
        before = (list(Transfer.objects.all()), list(Pot.objects.values_list()), list(Run.objects.values_list()))
        tried = run("close_year", "2025", on=NEXT, region=region_with_interest, dry=True)
        assert before == (
            list(Transfer.objects.all()),
            list(Pot.objects.values_list()),
            list(Run.objects.values_list()),
        )
        assert not book_years.is_closed(region_with_interest, 2025)
        done = run("close_year", "2025", on=NEXT, region=region_with_interest)
        assert [(r.kind, r.totals) for r in tried] == [(r.kind, r.totals) for r in done]
        assert balances(person, region_with_interest).current == 1200_00


class TestInterest:
    """P_c·i_d/12 + P_h·i_t/12, posted on the last day of the year, before the rollover (domain 3.3)."""

    def test_month_end_balances_earn_their_rates(self, region_with_interest):
        person = worker(region_with_interest)
        give(person, 500_00, on=NEW_YEAR, key="old", region=region_with_interest)
        run("accrual", "2025", on=NEW_YEAR, region=region_with_interest)
        spend(person, 200_00, on=date(2025, 3, 31), key="march", region=region_with_interest)
        spend(person, 100_00, on=date(2025, 9, 1), key="september", region=region_with_interest)
        run("interest", "2025", on=NEXT, region=region_with_interest)
        current = 2 * 1200_00 + 6 * 1000_00 + 4 * 900_00
        expected = half_up(current * 35 + 12 * 500_00 * 110, 12 * 10_000)
        row = Transfer.objects.get(kind="interest")
        assert (row.amount_fen, row.target.kind, row.voucher.occurred_on) == (expected, "carried", date(2025, 12, 31))
        assert expected == 9_00
        assert sound()

    def test_it_is_the_same_after_the_rollover_and_after_a_payment_in_the_new_year(self, region_with_interest):
        first, second = worker(region_with_interest), worker(region_with_interest)
        run("accrual", "2025", on=NEW_YEAR, region=region_with_interest)
        spend(second, 5_00, on=date(2026, 1, 1), key="before the closing", region=region_with_interest)
        run("rollover", "2025", on=NEXT, region=region_with_interest)
        spend(first, 7_00, on=date(2026, 1, 2), key="after it", region=region_with_interest)
        run("interest", "2025", on=date(2026, 1, 3), region=region_with_interest)
        amounts = Transfer.objects.filter(kind="interest").values_list("amount_fen", flat=True)
        assert list(amounts) == [half_up(12 * 1200_00 * 35, 12 * 10_000)] * 2

    def test_it_is_paid_once(self, region_with_interest):
        person = worker(region_with_interest)
        run("accrual", "2025", on=NEW_YEAR, region=region_with_interest)
        for day in (NEXT, date(2026, 1, 2)):
            run("interest", "2025", on=day, region=region_with_interest)
        assert Transfer.objects.filter(kind="interest", target__person=person).count() == 1

    def test_where_no_rate_is_loaded_none_is_guessed(self):
        person = worker()
        run("accrual", "2025", on=NEW_YEAR)
        (report,) = run("interest", "2025", on=NEXT)
        assert (report.state, report.totals.eligible, report.totals.total_fen) == (RunState.DONE, 0, 0)
        assert balances(person).total == 1200_00

    @settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(
        st.lists(
            st.tuples(st.dates(date(2025, 1, 1), date(2025, 12, 31)), st.integers(1, 300_00)), min_size=1, max_size=6
        )
    )
    def test_any_days_of_payment_give_the_sum_over_month_ends(self, region_with_interest, payments):
        region = region_with_interest
        with transaction.atomic():
            person = worker(region)
            give(person, 2000_00, on=NEW_YEAR, key="old", region=region)
            run("accrual", "2025", on=NEW_YEAR, region=region)
            for number, (day, amount) in enumerate(payments):
                spend(person, amount, on=day, key=f"bill {number}", region=region)
            run("interest", "2025", on=NEXT, region=region)
            parts = 0
            for month in range(1, 13):
                end = date(2025 + month // 12, month % 12 + 1, 1)
                spent = sum(amount for day, amount in payments if day < end)
                current = max(1200_00 - spent, 0)
                parts += current * 35 + (2000_00 - (spent - (1200_00 - current))) * 110
            assert Transfer.objects.get(kind="interest").amount_fen == half_up(parts, 12 * 10_000)
            transaction.set_rollback(True)


def test_the_year_end_of_a_region_leaves_the_others_alone():
    here, there = worker(), insured(HUNAN)
    paid_for(there, date(2025, 12, 1), "5000.00")
    run("accrual", "2025", on=NEW_YEAR)
    run("close_year", "2025", on=NEXT)
    run("accrual", "2025-12", on=date(2025, 12, 20), region=HUNAN)
    assert balances(there, HUNAN).total == 100_00
    assert balances(here).total == 2400_00
    assert not Run.objects.filter(region=HUNAN, kind=JobKind.ROLLOVER).exists()
    assert not Pot.objects.filter(person=there, kind=PotKind.CURRENT).exists()
