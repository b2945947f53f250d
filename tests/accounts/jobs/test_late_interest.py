"""The interest of closed years that turn out to have been others: as if everything had been known in time, to the fen."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time

import pytest

from accounts.codes import PaymentType, VoucherKind
from accounts.jobs.worker import run_due
from accounts.jobs.yearly import unpaid
from accounts.ledger import book_years
from accounts.ledger.verify import findings
from accounts.models import Contribution, FactChange, Import, Person, Transfer
from accounts.policies.loading import load
from accounts.policies.preset_files import SHIPPED
from accounts.queries import explanations
from tests.factories.acts import act_on
from tests.factories.people import ContributionFactory
from tests.personas import ACTOR, balances, changed, fen, insured, spend
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

    region: str
    known: Person
    late: Person
    base: str
    believed: str  # the base in the file of `late`
    since: Month  # from which month the file was wrong
    ended: Month | None  # since when they are insured no more

    def go_on(self, month: Month) -> Iterator[Contribution]:
        """Record what becomes known in a month; yield what was paid for it."""
        if month == self.ended:
            changed(self.known, month.first, status=4, changed_by=learned(midnight(month.first)))
        if self.ended is None or month < self.ended:
            yield payment(self.known, self.region, month, self.base)
        if self.ended is None or month < CORRECTED:
            is_wrong = self.since <= month < SOUND
            yield payment(self.late, self.region, month, self.believed if is_wrong else self.base)

    def correct(self) -> None:
        change = learned(LEARNED)
        if self.believed != self.base:
            wrong = Contribution.objects.filter(
                person=self.late, month__gte=self.since.first, month__lt=SOUND.first, counts=True
            )
            wrong.update(counts=False, changed_by=change)
            months = month_range(self.since, SOUND)
            Contribution.objects.bulk_create(payment(self.late, self.region, month, self.base) for month in months)
        if self.ended:
            changed(self.late, self.ended.first, status=4, changed_by=change)


def payment(person: Person, region: str, month: Month, base: str) -> Contribution:
    return ContributionFactory.build(
        person=person, region=region, month=month.first, base_fen=fen(base), received_on=month.first
    )


def midnight(on: date) -> datetime:
    return datetime.combine(on, time(), clock.SHANGHAI)


def learned(at: datetime) -> FactChange:
    return FactChange.objects.create(kind="corrected", reason="更正", actor="system:test", at=at)


def life(region: str, base: str, believed: str = "", *, since: Month = FIRST, ended: Month | None = None) -> Life:
    return Life(region, insured(region), insured(region), base, believed or base, since, ended)


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
        Contribution.objects.bulk_create(paid for one in everybody for paid in one.go_on(month))
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


# Months that were paid for and told late, and the days on which their money came.
UNTOLD = {
    "in time": {Month(2024, 3): date(2024, 3, 10), Month(2024, 4): date(2024, 4, 20), Month(2025, 2): date(2025, 2, 1)},
    "before the month": {Month(2024, 9): date(2024, 6, 10)},
    "after the month's credit": {Month(2024, 7): date(2024, 7, 25), Month(2025, 7): date(2025, 8, 3)},
    "the last of a year": {Month(2024, 12): date(2024, 12, 20)},
    "with the next year's first": {Month(2024, 12): date(2025, 1, 8)},
    "later in the year": {Month(2024, 2): date(2024, 9, 5), Month(2025, 5): date(2025, 11, 21)},
    "in a later year": {Month(2024, 5): date(2025, 3, 10), Month(2024, 6): date(2025, 12, 28)},
    "now": {Month(2025, 8): date(2026, 5, 5)},
}


def rows_of(
    source: Import, at: Month, person: Person, region: str, months: dict[Month, date]
) -> Iterator[Contribution]:
    """Yield what the file of a month says of a person's payments."""
    for month, received in months.items():
        kind = PaymentType.BACK if Month.of(received) > month + 1 else PaymentType.NORMAL
        yield ContributionFactory.build(
            person=person,
            region=region,
            month=month.first,
            base_fen=500_037,
            received_on=received,
            clct_type=kind,
            late=at > month,
            source=source,
        )


def told_in(month: Month, received: date) -> Month:
    """Return the month whose credit a payment is in time for."""
    return max(month, Month.of(received) + (received.day > 20))


def test_a_month_known_late_earns_from_when_its_money_came(region, monkeypatch):
    monkeypatch.setattr(unpaid, "ONE_IN", 0)  # a few people are too few to tell a missing file
    pairs = [(insured(region), insured(region), untold) for untold in UNTOLD.values()]
    for at in month_range(FIRST, END + 1):
        source = Import.objects.create(
            kind="contributions", digest=str(at), rows=1, actor="system:test", at=midnight(at.first)
        )
        told: list[Contribution] = []
        for known, late, untold in pairs:
            own = {} if at in untold else {at: at.first}
            in_time = {m: on for m, on in untold.items() if told_in(m, on) == at}
            told += rows_of(source, at, known, region, own | in_time)
            told += rows_of(source, at, late, region, own | (untold if at == CORRECTED else {}))
        Contribution.objects.bulk_create(told)
        works_off(at)
        totals = [(balances(known, region).total, balances(late, region).total) for known, late, _ in pairs]
        if at + 1 == CORRECTED:
            assert sum(known > late for known, late in totals) == len(totals) - 1  # all but what came now
        if at >= CORRECTED:
            assert [late for _, late in totals] == [known for known, _ in totals], at
    assert list(findings()) == []
    assert list(explanations.differences()) == []
