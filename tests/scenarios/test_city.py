"""A city goes live in July. Half a year of files, one row in a hundred wrong, comes to the old system's answer to the fen.

The suite plays a small city; `make city` plays it whole, with 10,000 people.
"""

import json
import os
from datetime import date, timedelta

import pytest

from accounts.codes import HeldReason, HeldState
from accounts.ledger.verify import findings
from accounts.models import BookYear, HeldRow, Person
from accounts.queries import explanations
from accounts.queries.fact_checks import lists_of
from tests import databases
from tests.personas import HUNAN, ZHOUSHAN
from tests.scenarios.city.bureau import Bureau
from tests.scenarios.city.citizens import LAST, MONTHS, Citizen, town
from tests.scenarios.city.papers import Papers, balance_row
from tests.scenarios.city.reckoning import YEAR_END, ahead_fen, balance_fen, uncredited
from tests.scenarios.city.slips import Row
from yibao.lib.fen import yuan
from yibao.lib.months import Month
from yibao.lib.periods import Period

PEOPLE = int(os.environ.get("YIBAO_CITY_PEOPLE", "1000"))
UNTIL = {ZHOUSHAN: YEAR_END, HUNAN: LAST}


@pytest.fixture(scope="module")
def city(policies_template, django_db_blocker, tmp_path_factory):
    """The half year, played in a database of its own; yields its people and the bureau."""
    name = f"{policies_template}_city"
    with django_db_blocker.unblock(), databases.copied(policies_template, name), databases.database(name):
        citizens = town(PEOPLE, "city")
        bureau = Bureau(tmp_path_factory.mktemp("city"), Papers(citizens, "papers"))
        live(bureau, citizens)
        yield citizens, bureau


@pytest.fixture
def played(city, django_db_blocker):
    with django_db_blocker.unblock():
        yield


def live(bureau: Bureau, citizens: list[Citizen]) -> None:
    bureau.bring_in(date(2025, 6, 20), "import_roster", bureau.papers.roster(date(2025, 6, 20)))
    bureau.open_accounts(citizens, as_of=date(2025, 6, 30))
    bureau.month(date(2025, 7, 1))
    bureau.month(date(2025, 8, 1))
    bureau.bring_in(date(2025, 8, 26), "import_contributions", bureau.papers.rounded())
    bureau.pay_bills(citizens, date(2025, 8, 28))
    wrong = bureau.bring_in(date(2025, 9, 10), "import_contributions", bureau.papers.of_another_town(date(2025, 9, 10)))
    bureau.withdraw(date(2025, 9, 10), wrong)
    bureau.month(date(2025, 9, 1))
    wrong = bureau.bring_in(date(2025, 10, 2), "import_roster", bureau.papers.suspended_by_mistake(date(2025, 9, 15)))
    bureau.month(date(2025, 10, 1))
    bureau.withdraw(date(2025, 11, 5), wrong)
    for month in MONTHS[4:]:
        bureau.month(month.first)


def test_everybody_has_what_the_old_system_says_to_the_fen(city):
    """舟山 at the year's end, when 当年 has become 历年; 湖南 a month later, when the last corrections are credited."""
    citizens, bureau = city
    of_year = [balance(who, ZHOUSHAN, YEAR_END, 0) for who in citizens if ZHOUSHAN in who.regions]
    of_months = [balance(who, HUNAN, LAST, 0) for who in citizens if HUNAN in who.regions]
    assert compared(bureau, of_year + of_months) == (len(of_year) + len(of_months), [])


def test_the_new_year_begins_with_what_is_credited_ahead(city):
    citizens, bureau = city
    rows = [balance(who, ZHOUSHAN, LAST, ahead_fen(who)) for who in citizens if ZHOUSHAN in who.regions]
    assert compared(bureau, rows) == (len(rows), [])
    assert BookYear.objects.get(region=ZHOUSHAN, year=2025).closed_at


def balance(who: Citizen, region: str, until: Month, current_fen: int) -> Row:
    """Return the old system's balance at the end of a month."""
    as_of = until.next_first - timedelta(days=1)
    return balance_row(who, region, as_of, current_fen, balance_fen(who, region, min(until, UNTIL[region])))


def compared(bureau: Bureau, rows: list[Row]) -> tuple[int, list[dict]]:
    """Return how many are equal, and the differences."""
    printed, _ = bureau.tried(date(2026, 2, 1), "compare_balances", str(bureau.write(rows)), "--json")
    found = json.loads(printed)
    return found["equal"], found["differences"]


def test_a_fen_that_is_wrong_is_found(city):
    citizens, bureau = city
    who = next(who for who in citizens if who.is_steady and who.region == HUNAN)
    row = balance(who, HUNAN, LAST, 0)
    carried = int(row["carried"].replace(".", "")) + 1
    _, differences = compared(bureau, [{**row, "carried": yuan(carried)}])
    assert [one["difference"] for one in differences if one["row"] == 2] == ["-0.01"]


def test_the_books_agree_with_themselves_and_with_the_facts(played):
    assert list(findings()) == []
    assert list(explanations.differences()) == []


OF_THE_TAX_OFFICE = {HeldReason.CONTRADICTS_ORDER, HeldReason.PAID_TWICE, HeldReason.UNKNOWN_ORDER}


def test_rows_were_laid_aside_for_every_reason_and_none_waits(city, played):
    _, bureau = city
    assert set(bureau.laid_aside) == set(HeldReason) - OF_THE_TAX_OFFICE
    assert not HeldRow.objects.filter(state=HeldState.WAITING).exists()
    assert 0.007 < bureau.papers.slips / bureau.papers.rows < 0.015


def test_what_was_paid_for_and_not_credited_stands_on_the_list_for_staff(city, played):
    """The dead whose employer went on paying, and months paid for in two regions."""
    citizens, _ = city
    expected, found = set(), set()
    for region in (ZHOUSHAN, HUNAN):
        for who in citizens:
            expected |= {(who.certno, region, str(month)) for month in uncredited(who, region, MONTHS[:-1])}
        for row in lists_of(region, Period(2025), date(2026, 2, 1))["paid_not_credited"]:
            number = Person.objects.get(pk=row.person).certno
            found |= {(number, region, month) for month in row.periods}
    assert found == expected
    assert len(found) > PEOPLE // 200
