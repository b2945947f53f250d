"""The interest of closed years that turn out to have been others: as if everything had been known in time, to the fen."""

from dataclasses import dataclass
from datetime import date, datetime, time

import pytest

from accounts.codes import VoucherKind
from accounts.jobs.worker import run_due
from accounts.ledger import book_years
from accounts.ledger.verify import findings
from accounts.models import Contribution, FactChange, Person, Transfer
from accounts.policies.loading import load
from accounts.policies.preset_files import SHIPPED
from accounts.queries import explanations
from tests.factories.acts import act_on
from tests.personas import ACTOR, balances, changed, insured, paid_for, spend
from yibao.lib import clock
from yibao.lib.months import Month, month_range

pytestmark = pytest.mark.usefixtures("policies_loaded")

YEARLY, MONTHLY = "999905", "999906"
RATES = "\n".join(
    (
        "pays_interest = { value = true, assumed = true }",
        'current_rate = { value = "0.35%", assumed = true }',
        'carried_rate = { value = "1.10%", assumed = true }',
    )
)
CORRECTED = Month(2026, 5)  # two years are closed by then
LEARNED = datetime(2026, 5, 20, tzinfo=clock.SHANGHAI)
FIRST, SOUND, END = Month(2024, 1), Month(2026, 1), Month(2027, 1)  # `SOUND`: from then on the files are right


@pytest.fixture(params=[("330900", YEARLY), ("430000", MONTHLY)], ids=["credited yearly", "credited monthly"])
def region(request, tmp_path) -> str:
    shipped, code = request.param
    lines = (SHIPPED / f"{shipped}.toml").read_text().replace(f'code = "{shipped}"', f'code = "{code}"').splitlines()
    path = tmp_path / f"{code}.toml"
    path.write_text("\n".join(RATES if line.startswith("pays_interest") else line for line in lines))
    load(act=act_on(date(2023, 1, 1)), paths=[path])
    return code


@dataclass
class Life:
    """One life twice: `known` as it is known in time, `late` as it is believed until the correction."""

    known: Person
    late: Person
    base: str
    believed: str  # the base in the file of `late`
    since: Month  # from which month the file was wrong
    ended: Month | None  # since when they are insured no more

    def go_on(self, month: Month) -> None:
        """Record what becomes known in a month."""
        if month == self.ended:
            changed(self.known, month.first, status=4, changed_by=learned(midnight(month.first)))
        if self.ended is None or month < self.ended:
            paid_for(self.known, month.first, self.base)
        if self.ended is None or month < CORRECTED:
            is_wrong = self.since <= month < SOUND
            paid_for(self.late, month.first, self.believed if is_wrong else self.base)

    def correct(self) -> None:
        change = learned(LEARNED)
        for month in month_range(self.since, SOUND):
            if self.believed != self.base:
                facts = Contribution.objects.filter(person=self.late, month=month.first, counts=True)
                facts.update(counts=False, changed_by=change)
                paid_for(self.late, month.first, self.base)
        if self.ended:
            changed(self.late, self.ended.first, status=4, changed_by=change)


def midnight(on: date) -> datetime:
    return datetime.combine(on, time(), clock.SHANGHAI)


def learned(at: datetime) -> FactChange:
    return FactChange.objects.create(kind="corrected", reason="更正", actor="system:test", at=at)


def life(region: str, base: str, believed: str = "", *, since: Month = FIRST, ended: Month | None = None) -> Life:
    return Life(insured(region), insured(region), base, believed or base, since, ended)


def lives(region: str) -> list[Life]:
    return [
        life(region, "5000.37", "50003.70"),
        life(region, "8123.45", "5000.00"),
        life(region, "6000.00", "9000.00", since=Month(2024, 7)),
        life(region, "6000.00", "5500.55", since=Month(2025, 12)),
        life(region, "7001.01", ended=Month(2024, 11)),
        life(region, "7001.01", ended=Month(2025, 3)),
    ]


def works_off(month: Month) -> None:
    on = month.first.replace(day=21)
    run_due(actor=ACTOR, on=on, clock=lambda: midnight(on))


def live_through(everybody: list[Life], first: Month, until: Month) -> None:
    for month in month_range(first, until):
        for one in everybody:
            one.go_on(month)
        works_off(month)


def test_it_is_what_it_would_have_been_had_all_been_known_in_time(region):
    everybody = lives(region)
    live_through(everybody, FIRST, CORRECTED)
    assert book_years.is_closed(region, 2025)
    before = [(balances(one.known, region).total, balances(one.late, region).total) for one in everybody]
    assert all(known != late for known, late in before)
    for one in everybody:
        one.correct()
    live_through(everybody, CORRECTED, CORRECTED + 1)
    assert [balances(one.late, region).total for one in everybody] == [
        balances(one.known, region).total for one in everybody
    ]
    assert Transfer.objects.filter(kind=VoucherKind.INTEREST, period="2024/1").exists()
    # Whoever had left was credited months of the open year as well, and had that money until it was taken back.
    stayed = [one for one in everybody if one.ended is None]
    live_through(everybody, CORRECTED + 1, END + 1)
    assert [balances(one.late, region).total for one in stayed] == [balances(one.known, region).total for one in stayed]
    assert list(findings()) == []
    assert list(explanations.differences()) == []


def test_interest_on_money_that_is_spent_is_owed(region):
    one = life(region, "5000.00", "50000.00")
    live_through([one], FIRST, CORRECTED)
    spent_fen = balances(one.late, region).total
    spend(one.late, spent_fen, on=LEARNED.date(), key="all of it", region=region)
    one.correct()
    live_through([one], CORRECTED, CORRECTED + 1)
    owed = balances(one.late, region)
    assert owed.receivable == owed.total == balances(one.known, region).total - spent_fen < 0
    row = Transfer.objects.filter(kind=VoucherKind.INTEREST, period="2024/1").select_related("voucher", "source").get()
    words = explanations.why(row).words
    assert words.startswith("2024年度利息更正：")
    assert "后来更正的钱按本该记入的月份算" in words
    assert list(findings()) == []
    assert list(explanations.differences()) == []
