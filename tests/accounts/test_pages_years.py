"""每年的变化: what each year began with and ended with, the roll-over in sight, and why it may look less."""

from datetime import date

import pytest

from accounts.queries.account import account_in, accounts_of
from accounts.queries.statement import year_sums
from accounts.queries.years import in_and_out, years_of
from tests.accounts.citizen_pages import balances_of, seen, used_by
from tests.factories.people import PersonFactory
from tests.personas import QUANZHOU, SHANGHAI, ZHOUSHAN, changed, insured, paid_for, reverse, run, spend

pytestmark = pytest.mark.usefixtures("policies_loaded", "november")

YEARS = "/account/years/"
TODAY = date(2026, 11, 20)


def rows(person, region: str = ZHOUSHAN):
    account = account_in(accounts_of(person), region, TODAY)
    return years_of(account, year_sums(account))


def test_a_year_in_figures_with_what_went_to_last_years_money(employee):
    page = seen(employee, YEARS)
    assert "2025年：年末¥1,100.00年初¥0.00记入¥1,200.00使用−¥100.00年末转入历年结余¥1,100.00年末¥1,100.00" in page


def test_the_year_that_is_not_over_says_what_is_in_either_account(employee):
    page = seen(employee, YEARS)
    assert "2026年：到现在¥2,440.00年初¥1,100.00记入¥1,440.00使用−¥100.00" in page
    assert "其中历年结余¥1,100.00其中当年账户¥1,340.00现在¥2,440.00" in page


def test_the_table_for_wide_screens_says_the_same(employee):
    page = seen(employee, YEARS)
    assert "2025年0.001,200.00−100.001,100.001,100.00" in page
    assert "2026年（到现在）1,100.001,440.00−100.00还没到2,440.00" in page


def test_every_year_opens_where_the_last_one_closed_and_the_last_is_what_is_there(employee):
    bill = spend(employee, 1_500_00, on=date(2026, 7, 1), key="more than 当年")
    reverse(bill, on=date(2026, 8, 1), key="back")
    used_by(PersonFactory(), employee, 20_00, on=date(2026, 9, 1))
    years = rows(employee)
    assert [year.opening_fen for year in years[1:]] == [year.closing_fen for year in years[:-1]]
    assert years[-1].closing_fen == sum(balances_of(employee).values())
    assert years[-1].kept_fen == balances_of(employee)["carried"]


def test_what_came_in_stands_beside_what_was_used_on_one_scale(employee):
    bill = spend(employee, 40_00, on=date(2026, 7, 1), key="bill")
    reverse(bill, on=date(2026, 8, 1), key="back")
    page = seen(employee, YEARS)
    assert "每年记入（元）2025年1,200.002026年1,440.00" in page
    assert "每年使用，退回的已减去（元）2025年100.002026年100.00" in page
    both = in_and_out((str(row.year), row.figures) for row in rows(employee))
    assert both.largest_fen == 1_440_00


def test_what_was_taken_back_has_its_own_place(employee):
    changed(employee, date(2026, 7, 1), status=2)
    run("trueup", "2026", on=date(2026, 11, 1))
    page = seen(employee, YEARS)
    assert "记入¥1,440.00使用−¥100.00收回和转出−¥720.00" in page


def test_a_year_without_a_movement_is_not_left_out():
    person = insured()
    paid_for(person, date(2024, 1, 1), "5000.00")
    run("accrual", "2024", on=date(2024, 1, 1))
    run("rollover", "2024", on=date(2025, 1, 1))
    assert [(year.year, year.closing_fen) for year in rows(person)] == [
        (2024, 1_200_00), (2025, 1_200_00), (2026, 1_200_00),
    ]  # fmt: skip


def test_benefit_years_may_begin_in_july():
    person = insured(SHANGHAI)
    paid_for(person, date(2025, 7, 1), "5000.00")
    run("accrual", "2025", on=date(2025, 7, 1), region=SHANGHAI)
    spend(person, 10_00, on=date(2026, 6, 30), key="last day", region=SHANGHAI)
    run("rollover", "2025", on=date(2026, 7, 1), region=SHANGHAI)
    spend(person, 5_00, on=date(2026, 7, 2), key="new year", region=SHANGHAI)
    last, now = rows(person, SHANGHAI)
    assert (last.year, last.figures.used_fen, last.rolled_fen) == (2025, -10_00, 1_190_00)
    assert (now.year, now.figures.used_fen, now.kept_fen) == (2026, -5_00, 1_185_00)


def test_where_years_are_not_kept_apart_nothing_is_said_to_move():
    person = insured(QUANZHOU)
    paid_for(person, date(2026, 10, 1), "5000.00")
    run("accrual", "2026-10", on=date(2026, 10, 20), region=QUANZHOU)
    page = seen(person, YEARS)
    assert "2026年：到现在¥100.00" in page
    assert "历年" not in page
    assert "这是第一年，明年起可以比较。" in page


def test_why_it_looks_less_is_answered_from_ones_own_data(employee):
    page = seen(employee, YEARS)
    assert "最近一次记入1,440.00元，一年前（2025年1月1日）同一笔是1,200.00元，" in page
    assert "多了240.00元。原因：缴费基数从5,000.00元变成6,000.00元，多240.00元。" in page


def test_nobody_has_years_before_the_first_entry():
    assert "还没有记录" in seen(insured(), YEARS)
