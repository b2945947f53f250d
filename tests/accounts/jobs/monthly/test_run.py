"""Where accounts are credited month by month: on receipt, once, for the month that was paid (seeds S1, S2, S4)."""

from datetime import date

import pytest

from accounts.codes import RunState
from accounts.jobs.job import CannotRunError
from accounts.ledger.verify import findings
from accounts.models import Import, Skip, Voucher
from accounts.queries import explanations
from accounts.queries.people import find_by_certno
from accounts.roster.contributions import import_contributions
from accounts.roster.people import import_roster
from tests.factories.acts import act_on
from tests.factories.files import contribution_row, csv_file, roster_row
from tests.factories.people import certno
from tests.personas import BEIJING, HUNAN, QUANZHOU, balances, changed, insured, movements, paid_for, run

pytestmark = pytest.mark.usefixtures("policies_loaded")

JANUARY, FEBRUARY, MARCH = date(2025, 1, 1), date(2025, 2, 1), date(2025, 3, 1)


def accrue(period: str, on: date, region: str = HUNAN):
    (report,) = run("accrual", period, on=on, region=region)
    assert list(findings()) == []
    assert list(explanations.differences()) == []
    return report


def credits(person) -> list[tuple[str, int]]:
    return [(period, amount) for kind, period, _, amount in movements(person) if kind == "accrual"]


@pytest.mark.parametrize("region", [HUNAN, QUANZHOU, BEIJING])
def test_a_base_of_5000_brings_100_yuan_a_month(region):
    person = insured(region)
    paid_for(person, JANUARY, "5000.00")
    report = accrue("2025-01", date(2025, 1, 20), region)
    assert (report.state, report.totals.total_fen) == (RunState.DONE, 100_00)
    assert credits(person) == [("2025-01", 100_00)]
    assert balances(person, region).total == 100_00


def test_a_retiree_has_75_yuan_a_month_without_paying():
    person = insured(HUNAN, person_type="12")
    accrue("2025-01", date(2025, 1, 20))
    accrue("2025-02", date(2025, 2, 20))
    assert credits(person) == [("2025-01", 75_00), ("2025-02", 75_00)]


def test_who_did_not_pay_gets_nothing_and_is_not_missed():
    person = insured(HUNAN)
    report = accrue("2025-01", date(2025, 1, 20))
    assert balances(person, HUNAN).total == 0
    assert (report.state, report.totals.eligible, report.totals.skipped) == (RunState.DONE, 0, {})


def test_the_same_month_again_credits_nobody_again():
    person = insured(HUNAN)
    paid_for(person, JANUARY, "5000.00")
    retiree = insured(HUNAN, person_type="12")
    accrue("2025-01", date(2025, 1, 20))
    again = accrue("2025-01", date(2025, 1, 25))
    assert (again.state, again.totals.credited, again.totals.total_fen) == (RunState.DONE, 0, 0)
    assert (balances(person, HUNAN).total, balances(retiree, HUNAN).total) == (100_00, 75_00)


def test_the_same_month_again_credits_who_has_come_in_since():
    early, later = insured(HUNAN), insured(HUNAN)
    paid_for(early, JANUARY, "5000.00")
    accrue("2025-01", date(2025, 1, 20))
    paid_for(later, JANUARY, "6000.00", late=True)
    again = accrue("2025-01", date(2025, 1, 25))
    assert again.totals.total_fen == 120_00
    assert credits(later) == [("2025-01", 120_00)]


def test_a_late_payment_is_credited_by_the_next_run_for_its_own_month(tmp_path):
    """Through the real files: the import finds out by itself that the month's run was open before."""

    def receive(*rows):
        path = csv_file(tmp_path / f"{len(list(tmp_path.iterdir()))}.csv", rows)
        return import_contributions(act=act_on(date(2025, 12, 31)), path=path)

    here = {"insuplc_admdvs": HUNAN}
    roster = csv_file(tmp_path / "roster.csv", [roster_row(1, **here), roster_row(2, **here)])
    import_roster(act=act_on(date(2025, 1, 1)), path=roster)
    receive(contribution_row(1, base="5000.00", **here))
    accrue("2025-01", date(2025, 1, 20))
    late = receive(
        contribution_row(2, base="5000.00", received_on="2025-02-03", **here),
        contribution_row(2, base="6000.00", received_on="2025-02-03", accrym="2025-02", **here),
    )
    assert late.late == 1
    accrue("2025-02", date(2025, 2, 20))
    person = find_by_certno(certno(2))
    assert credits(person) == [("2025-01", 100_00), ("2025-02", 120_00)]
    assert set(Voucher.objects.filter(run__period="2025-02").values_list("period", "occurred_on")) == {
        ("2025-01", date(2025, 2, 20)),
        ("2025-02", date(2025, 2, 20)),
    }
    accrue("2025-03", date(2025, 3, 20))
    assert len(credits(person)) == 2


def test_a_retirement_recorded_late_brings_the_months_since():
    known = insured(HUNAN, person_type="12")
    person = insured(HUNAN)
    paid_for(person, JANUARY, "5000.00")
    accrue("2025-01", date(2025, 1, 20))
    accrue("2025-02", date(2025, 2, 20))
    changed(person, FEBRUARY, person_type="12", source=an_import())
    accrue("2025-03", date(2025, 3, 20))
    assert credits(person) == [("2025-01", 100_00), ("2025-02", 75_00), ("2025-03", 75_00)]
    assert credits(known) == [("2025-01", 75_00), ("2025-02", 75_00), ("2025-03", 75_00)]
    accrue("2025-04", date(2025, 4, 20))
    assert len(credits(person)) == 4


def test_a_retirement_recorded_late_does_not_reach_back_before_the_region_was_here():
    insured(HUNAN)
    accrue("2025-01", date(2025, 1, 20))
    person = insured(HUNAN, since=date(2024, 1, 1), person_type="12", source=an_import())
    accrue("2025-02", date(2025, 2, 20))
    assert credits(person) == [("2025-01", 75_00), ("2025-02", 75_00)]


def test_who_retires_in_the_middle_of_a_month_is_an_employee_until_its_end():
    person = insured(HUNAN)
    paid_for(person, JANUARY, "5000.00")
    changed(person, date(2025, 1, 15), person_type="12")
    accrue("2025-01", date(2025, 1, 20))
    accrue("2025-02", date(2025, 2, 20))
    assert credits(person) == [("2025-01", 100_00), ("2025-02", 75_00)]


def test_a_month_both_paid_and_retired_is_credited_once_and_shown_to_staff():
    person = insured(HUNAN, person_type="12")
    paid_for(person, JANUARY, "5000.00")
    report = accrue("2025-01", date(2025, 1, 20))
    assert credits(person) == [("2025-01", 100_00)]
    assert (report.state, report.totals.credited) == (RunState.INCOMPLETE, 1)
    assert report.totals.skipped == {"paid_and_retired": 1}
    skip = Skip.objects.get()
    assert (skip.person, skip.period) == (person, "2025-01")
    assert "请核对参保状态" in skip.detail


def test_whoever_cannot_be_credited_is_named_with_the_reason_and_holds_up_nobody(region_of_own_pensions):
    unknown = insured(region_of_own_pensions, person_type="12")
    known = insured(region_of_own_pensions, person_type="12", pension_fen=4_000_00)
    report = accrue("2025-01", date(2025, 1, 20), region_of_own_pensions)
    assert (credits(unknown), credits(known)) == ([], [("2025-01", 192_00)])
    assert (report.state, report.totals.skipped) == (RunState.INCOMPLETE, {"no_pension": 1})
    changed(unknown, MARCH, pension_fen=4_000_00)
    run("accrual", "2025-02", on=date(2025, 2, 20), region=region_of_own_pensions)
    assert Skip.objects.count() == 2


def test_a_suspended_retiree_gets_nothing_for_whole_months_of_suspension():
    person = insured(HUNAN, person_type="12")
    changed(person, date(2025, 1, 10), status=2)
    changed(person, date(2025, 3, 10), status=1)
    for month in (1, 2, 3):
        accrue(f"2025-{month:02d}", date(2025, month, 20))
    assert credits(person) == [("2025-01", 75_00), ("2025-03", 75_00)]


def test_a_month_that_has_not_begun_is_refused():
    insured(HUNAN)
    with pytest.raises(CannotRunError, match="2025-03 还没有到"):
        accrue("2025-03", date(2025, 2, 28))


@pytest.mark.parametrize("period", ["2025", "2025/1", "2025-01/1"])
def test_a_period_that_is_not_a_month_is_refused(period):
    insured(HUNAN)
    with pytest.raises(CannotRunError, match="所属期"):
        accrue(period, date(2025, 12, 31))


def an_import() -> Import:
    return Import.objects.create(kind="roster", digest="0", rows=1, actor="system:test")
