"""A month of a monthly region gone through again: whatever was recorded meanwhile, in whatever order, it comes right."""

from datetime import date
from pathlib import Path

import pytest
import time_machine

from accounts.codes import VoucherKind
from accounts.jobs import against_facts
from accounts.ledger.verify import findings
from accounts.models import Pot, Skip, Voucher
from accounts.queries import explanations
from accounts.queries.people import find_by_certno
from accounts.roster import withdrawing
from accounts.roster.contributions import import_contributions
from accounts.roster.drafts import ImportResult
from accounts.roster.people import import_roster
from tests.factories.acts import act_now, act_on
from tests.factories.files import contribution_row, csv_file, roster_row
from tests.factories.people import certno
from tests.personas import HUNAN, ZHOUSHAN, balances, run, spend

pytestmark = pytest.mark.usefixtures("policies_loaded")


class Bureau:
    """Hands one person's files in and runs 湖南's months, each on its day by the clock too."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.count = folder, 0

    def _written(self, rows: list[dict[str, str]]) -> Path:
        self.count += 1
        return csv_file(self.folder / f"{self.count}.csv", rows)

    def roster(self, on: str, *rows: dict[str, str], serial: int = 1) -> ImportResult:
        with time_machine.travel(f"{on} 10:00:00+08:00", tick=False):
            return import_roster(act=act_now(), path=self._written([roster_row(serial, **row) for row in rows]))

    def paid(self, on: str, month: str, base: str = "5000.00", region: str = HUNAN, kind: str = "", payer: str = ""):
        row = contribution_row(1, accrym=month, base=base, received_on=on, insuplc_admdvs=region)
        with time_machine.travel(f"{on} 10:00:00+08:00", tick=False):
            return import_contributions(act=act_now(), path=self._written([{**row, "clct_type": kind, "payer": payer}]))

    def credit(self, on: str, month: str) -> None:
        with time_machine.travel(f"{on} 12:00:00+08:00", tick=False):
            run("accrual", month, on=date.fromisoformat(on), region=HUNAN)
        assert list(findings()) == list(against_facts.findings()) == []
        assert list(explanations.differences()) == []

    def pays_and_credits(self, *months: str) -> None:
        """Let each month be paid for on its tenth and credited on its twentieth."""
        for month in months:
            self.paid(f"{month}-10", month)
            self.credit(f"{month}-20", month)

    @property
    def has(self) -> int:
        person = find_by_certno(certno(1))
        assert person is not None
        return balances(person, HUNAN).total


@pytest.fixture
def bureau(tmp_path: Path) -> Bureau:
    return Bureau(tmp_path)


HERE = {"insuplc_admdvs": HUNAN}


def test_a_month_that_was_refunded_and_is_paid_again_is_credited_again(bureau: Bureau) -> None:
    bureau.roster("2025-01-02", HERE)
    bureau.paid("2025-01-10", "2025-01", payer="A1")
    bureau.credit("2025-01-20", "2025-01")
    bureau.paid("2025-02-10", "2025-01", kind="退费", payer="A1")
    bureau.credit("2025-02-20", "2025-02")
    assert bureau.has == 0
    bureau.paid("2025-03-10", "2025-01", base="6000.00", payer="B2")
    bureau.credit("2025-03-20", "2025-03")
    assert bureau.has == 120_00


def test_a_retiree_who_moved_is_credited_the_month_only_where_it_belongs(bureau: Bureau) -> None:
    """They were here on the first days of March; it was paid for in 舟山, so it is 舟山's."""
    bureau.roster("2024-12-02", HERE | {"psn_type": "12"})
    bureau.credit("2025-02-20", "2025-02")
    there = {"insuplc_admdvs": ZHOUSHAN, "psn_type": "12", "stas_date": "2025-03-09"}
    bureau.roster("2025-03-10", HERE | {"psn_type": "12", "psn_insu_stas": "4", "stas_date": "2025-03-09"}, there)
    bureau.paid("2025-03-12", "2025-03", region=ZHOUSHAN)
    bureau.credit("2025-05-20", "2025-02")  # nothing was recorded since: nobody is looked at again for the next month
    bureau.credit("2025-05-22", "2025-03")
    assert bureau.has == 75_00


def test_paid_for_in_another_region_later_is_taken_back_where_it_does_not_belong(bureau: Bureau) -> None:
    """February was paid for here first, and somebody was insured in 舟山 then."""
    bureau.roster("2025-01-02", HERE | {"stas_date": "2025-02-15"}, {"insuplc_admdvs": ZHOUSHAN})
    bureau.paid("2025-02-10", "2025-02")
    bureau.credit("2025-02-20", "2025-02")
    assert bureau.has == 100_00
    bureau.paid("2025-03-10", "2025-02", region=ZHOUSHAN)
    bureau.credit("2025-03-20", "2025-03")
    assert bureau.has == 0
    assert Skip.objects.get(period="2025-02").reason == "credited_elsewhere"


def test_a_month_before_somebody_came_is_not_credited_here_when_it_is_run_again(bureau: Bureau) -> None:
    """January was paid for in both; the run of January, gone through again, knows of nobody here before March."""
    bureau.roster("2024-12-02", {"insuplc_admdvs": ZHOUSHAN})
    bureau.roster("2024-12-02", HERE, serial=2)
    bureau.credit("2025-01-20", "2025-01")
    bureau.roster("2025-03-02", HERE | {"stas_date": "2025-03-01"})
    bureau.paid("2025-03-10", "2025-01", region=ZHOUSHAN)
    bureau.paid("2025-03-10", "2025-01")
    bureau.credit("2025-03-20", "2025-01")
    assert bureau.has == 0


def test_an_earlier_month_run_again_leaves_the_corrections_of_later_ones(bureau: Bureau) -> None:
    bureau.roster("2025-01-02", HERE)
    bureau.pays_and_credits("2025-01", "2025-02", "2025-03")
    bureau.paid("2025-04-10", "2025-03", base="6000.00", kind="更正")
    bureau.credit("2025-04-20", "2025-04")
    assert bureau.has == 320_00
    bureau.credit("2025-04-21", "2025-02")
    assert bureau.has == 320_00


def test_the_first_month_run_again_sees_what_was_corrected(bureau: Bureau) -> None:
    bureau.roster("2025-01-02", HERE)
    bureau.paid("2025-01-10", "2025-01")
    bureau.credit("2025-01-20", "2025-01")
    bureau.paid("2025-01-25", "2025-01", base="6000.00", kind="更正")
    bureau.credit("2025-01-26", "2025-01")
    assert bureau.has == 120_00


def test_who_was_never_here_by_what_was_withdrawn_is_not_credited_for_a_payment(bureau: Bureau) -> None:
    bureau.roster("2025-01-02", HERE, serial=2)
    wrong = bureau.roster("2025-01-02", HERE)
    bureau.paid("2025-01-10", "2025-01")
    withdrawing.withdraw(act=act_on(date(2025, 1, 12)), import_id=wrong.import_id, reason="不是这里的人")
    bureau.credit("2025-01-20", "2025-01")
    assert bureau.has == 0


def test_nobody_owes_what_the_same_run_brings_them(bureau: Bureau) -> None:
    bureau.roster("2025-01-02", HERE)
    bureau.paid("2025-01-10", "2025-01")
    bureau.credit("2025-01-20", "2025-01")
    person = find_by_certno(certno(1))
    spend(person, 100_00, on=date(2025, 1, 25), key="all of it", region=HUNAN)
    bureau.paid("2025-02-05", "2025-01", "2500.00", kind="更正")
    bureau.paid("2025-02-10", "2025-02")
    bureau.credit("2025-02-20", "2025-02")
    pots = dict(Pot.objects.filter(person=person, region=HUNAN).values_list("kind", "balance_fen"))
    assert (pots["carried"], pots.get("receivable", 0)) == (50_00, 0)


def test_an_earlier_month_gone_through_again_corrects_a_later_one_after_it(bureau: Bureau) -> None:
    """January's run is repeated in April and finds March corrected: that stands after March, not in January."""
    bureau.roster("2024-12-02", HERE)
    bureau.pays_and_credits("2025-01", "2025-02", "2025-03")
    bureau.paid("2025-04-05", "2025-03", base="4000.00", kind="更正")
    bureau.credit("2025-04-10", "2025-01")
    assert bureau.has == 280_00
    assert Voucher.objects.get(kind=VoucherKind.TRUEUP).occurred_on == date(2025, 3, 31)


def test_an_earlier_month_gone_through_again_takes_back_what_a_later_suspension_leaves_too_much(bureau: Bureau) -> None:
    bureau.roster("2024-12-02", HERE | {"psn_type": "12"})
    for month in ("2025-01", "2025-02", "2025-03", "2025-04"):
        bureau.credit(f"{month}-20", month)
    bureau.roster("2025-05-05", HERE | {"psn_type": "12", "psn_insu_stas": "2", "stas_date": "2025-03-05"})
    bureau.credit("2025-05-10", "2025-02")
    assert bureau.has == 225_00  # January to March, on whose first days they were insured
