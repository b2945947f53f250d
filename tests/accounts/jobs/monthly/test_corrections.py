"""A retiree's end or suspension that is recorded after the fact: quotas that were not due are taken back, once."""

import re
from datetime import date

import pytest

from accounts.codes import RunState, VoucherKind
from accounts.ledger.verify import findings
from accounts.models import Import, Transfer
from accounts.policies.loading import load
from accounts.queries import explanations
from tests.factories.acts import act_now
from tests.personas import HUNAN, Balances, balances, changed, insured, movements, paid_for, run, spend

pytestmark = pytest.mark.usefixtures("policies_loaded")


def accrue(month: int, year: int = 2025, region: str = HUNAN):
    (report,) = run("accrual", f"{year}-{month:02d}", on=date(year, month, 20), region=region)
    assert list(findings()) == []
    assert list(explanations.differences()) == []
    return report


def retiree_until_june(**enrolment):
    person = insured(HUNAN, person_type="12", **enrolment)
    for month in range(1, 7):
        accrue(month)
    return person


def recorded(person, on: date, **changes) -> None:
    """A roster says it now."""
    source = Import.objects.create(kind="roster", digest=str(on), rows=1, actor="system:test")
    changed(person, on, source=source, **changes)


def corrections(person) -> list[tuple[str, str, str, int]]:
    return [move for move in movements(person) if move[0] != "accrual"]


def test_the_months_after_an_end_are_taken_back():
    person = retiree_until_june()
    recorded(person, date(2025, 2, 10), status=4)
    report = accrue(7)
    assert (report.state, report.totals.credited, report.totals.total_fen) == (RunState.DONE, 1, 300_00)
    assert corrections(person) == [("trueup", "2025/1", "carried", -300_00)]
    assert balances(person, HUNAN) == Balances(carried=150_00, receivable=0)


@pytest.mark.parametrize("again", [5, 6])
@pytest.mark.parametrize("since", [date(2025, 6, 1), date(2025, 6, 15)])
def test_the_latest_month_is_taken_back_too_when_it_or_an_earlier_one_is_run_again(again, since):
    """A random history found it: what began with the latest credited month waited for the next month's run."""
    person = retiree_until_june()
    recorded(person, since, status=2)
    due = 6 * 75_00 if since.day > 1 else 5 * 75_00
    accrue(again)
    assert balances(person, HUNAN).total == due
    accrue(7)
    assert balances(person, HUNAN).total == due


def test_so_is_a_rule_for_the_latest_month_that_comes_after_it(region_like, tmp_path):
    region = region_like("430000", "999903")
    person = insured(region, person_type="12")
    for month in (5, 6):
        accrue(month, region=region)
    path = tmp_path / f"{region}.toml"
    before, since_2023 = path.read_text().rsplit("[[credit]]", 1)
    later = since_2023.split("[[interest]]")[0].replace("75.00", "80.00")
    later = re.sub("effective_from = .*", "effective_from = { value = 2025-06-01, assumed = true }", later)
    path.write_text(f"{before}[[credit]]{later}[[credit]]{since_2023}")
    load(act=act_now(), paths=[path], directly=True)
    accrue(6, region=region)
    assert balances(person, region).total == 75_00 + 80_00


def test_it_is_explained_by_the_months_that_were_due():
    person = retiree_until_june()
    recorded(person, date(2025, 2, 10), status=4)
    accrue(7)
    told = explanations.why(Transfer.objects.get(source__person=person, kind=VoucherKind.TRUEUP))
    assert told.words == (
        "按实际情况全年应记：1–2月：退休人员每月定额 75.00 元 × 2个月 = 150.00 元。"
        "已经记入 450.00 元，多记了 300.00 元，从账户收回。"
    )


def test_it_is_taken_back_once():
    person = retiree_until_june()
    recorded(person, date(2025, 2, 10), status=4)
    accrue(7)
    assert accrue(7).totals.total_fen == 0
    accrue(8)
    assert corrections(person) == [("trueup", "2025/1", "carried", -300_00)]


def test_what_is_spent_is_owed_and_later_quotas_pay_it_down():
    person = retiree_until_june()
    spend(person, 400_00, on=date(2025, 6, 21), key="bill", region=HUNAN)
    recorded(person, date(2025, 2, 10), status=2)
    accrue(7)
    assert balances(person, HUNAN) == Balances(carried=0, receivable=-250_00)
    recorded(person, date(2025, 8, 1), status=1)
    accrue(8)
    assert balances(person, HUNAN) == Balances(carried=0, receivable=-175_00)


def test_a_return_recorded_even_later_gives_the_months_since_again():
    person = retiree_until_june()
    recorded(person, date(2025, 2, 10), status=2)
    accrue(7)
    recorded(person, date(2025, 5, 1), status=1)
    accrue(8)
    assert corrections(person) == [
        ("trueup", "2025/1", "carried", -300_00),
        ("adjustment", "2025/2", "carried", 150_00),
    ]
    assert balances(person, HUNAN).total == 6 * 75_00  # January, February, May to August


def test_a_debt_is_paid_once_by_the_months_and_the_correction_that_come_together():
    person = retiree_until_june()
    spend(person, 400_00, on=date(2025, 6, 21), key="bill", region=HUNAN)
    recorded(person, date(2025, 2, 10), status=2)
    accrue(7)
    assert balances(person, HUNAN) == Balances(carried=0, receivable=-250_00)
    recorded(person, date(2025, 5, 1), status=1)
    assert accrue(8).state == RunState.DONE
    # July and August are credited, May and June given again: 300.00 in all.
    assert balances(person, HUNAN) == Balances(carried=50_00, receivable=0)


def test_each_year_is_set_right_by_itself():
    person = insured(HUNAN, person_type="12")
    for year, month in ((2025, 11), (2025, 12), (2026, 1)):
        accrue(month, year)
    recorded(person, date(2025, 11, 10), status=4)
    accrue(2, 2026)
    assert corrections(person) == [("trueup", "2025/1", "carried", -75_00), ("trueup", "2026/1", "carried", -75_00)]
    assert balances(person, HUNAN).total == 75_00


def test_months_paid_for_as_an_employee_are_left_alone():
    person = insured(HUNAN)
    paid_for(person, date(2025, 1, 1), "5000.00")
    accrue(1)
    changed(person, date(2025, 2, 1), person_type="12")
    accrue(2)
    accrue(3)
    recorded(person, date(2025, 2, 20), status=4)
    accrue(4)
    assert corrections(person) == [("trueup", "2025/1", "carried", -75_00)]
    assert balances(person, HUNAN).total == 175_00


def test_where_years_are_kept_apart_it_comes_from_the_year_and_then_from_what_earlier_ones_left(region_like):
    apart = "has_buckets = { value = %s, assumed = true }"
    region = region_like("430000", "999903", (apart % "false", apart % "true"))
    person = insured(region, person_type="12")
    for year, month in ((2024, 11), (2024, 12)):
        accrue(month, year, region)
    run("close_year", "2024", on=date(2025, 1, 1), region=region)
    for month in (1, 2, 3):
        accrue(month, region=region)
    spend(person, 200_00, on=date(2025, 3, 21), key="bill", region=region)
    assert balances(person, region) == Balances(current=25_00, carried=150_00)
    recorded(person, date(2025, 1, 10), status=4)
    accrue(4, region=region)
    assert balances(person, region) == Balances(current=0, carried=25_00, receivable=0)
