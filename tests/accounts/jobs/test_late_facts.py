"""What is imported only after a pre-credited year was closed is settled all the same, and the calendar asks for it."""

from collections.abc import Iterator
from datetime import date

import pytest

from accounts.codes import EnrolmentStatus
from accounts.jobs.schedule import Due, due_jobs, next_jobs
from accounts.jobs.worker import run_due
from accounts.ledger.pots import open_missing
from accounts.ledger.verify import findings
from accounts.models import Run
from accounts.queries import explanations
from accounts.queries.people import find_by_certno
from accounts.roster.contributions import import_contributions
from accounts.roster.people import import_roster
from tests import databases
from tests.factories.acts import act_on
from tests.factories.files import contribution_row, csv_file, roster_row
from tests.factories.people import EnrolmentFactory, certno
from tests.personas import ACTOR, HUNAN, ZHOUSHAN, Balances, balances, changed, insured, movements, paid_for, run
from yibao.lib import clock
from yibao.lib.months import Month
from yibao.lib.periods import Period

pytestmark = pytest.mark.usefixtures("policies_loaded")

STAYS, LEFT, JOINED = 1, 2, 3
LATE = date(2026, 1, 8)


class Files:
    """What a bureau hands in, file by file."""

    def __init__(self, folder) -> None:
        self.folder, self.count = folder, 0

    def roster(self, *rows: dict[str, str], on: date) -> None:
        import_roster(act=act_on(on), path=self._written(rows))

    def paid(self, *rows: dict[str, str], on: date) -> None:
        import_contributions(act=act_on(on), path=self._written(rows))

    def _written(self, rows):
        self.count += 1
        return csv_file(self.folder / f"{self.count}.csv", rows)


@pytest.fixture
def files(tmp_path) -> Files:
    return Files(tmp_path)


@pytest.fixture(scope="module")
def year_2025(policies_template, django_db_blocker, tmp_path_factory) -> Iterator[str]:
    """A database in which the year of `closed_2025` was lived through once. Named, not opened."""
    name = f"{policies_template}_2025"
    with (
        django_db_blocker.unblock(),
        databases.copied(policies_template, name, tablespace=databases.in_memory()),
    ):
        with databases.database(name):
            live_through_2025(Files(tmp_path_factory.mktemp("files")))
        yield name


def live_through_2025(files: Files) -> None:
    files.roster(roster_row(STAYS), roster_row(LEFT), on=date(2024, 12, 1))
    files.paid(*(paid(serial, "2024-12") for serial in (STAYS, LEFT)), on=date(2024, 12, 10))
    months = [str(Month(2025, 1) + number) for number in range(12)]
    files.paid(
        *(paid(LEFT, month) for month in months), *(paid(STAYS, month) for month in months[:-1]), on=date(2025, 12, 31)
    )
    run("accrual", "2025", on=date(2025, 1, 1))
    do_what_is_due(date(2026, 1, 1))


@pytest.fixture
def policies_loaded(request, policies_template, shipped_rules, django_db_blocker) -> Iterator[None]:
    """As everywhere; where the test asks for the closed year, it lies behind."""
    name = request.getfixturevalue("year_2025") if "closed_2025" in request.fixturenames else policies_template
    with django_db_blocker.unblock(), databases.rolled_back(name, shipped_rules):
        yield


@pytest.fixture
def closed_2025(policies_loaded) -> None:
    """A year of two people, pre-credited and closed, and the next one begun. STAYS has not paid for its December."""


def paid(serial: int, month: str, base: str = "5000.00") -> dict[str, str]:
    return contribution_row(serial, accrym=month, base=base, received_on=f"{month}-10")


def do_what_is_due(on: date) -> list[str]:
    reports = run_due(actor=ACTOR, on=on, clock=clock.now)
    return [f"{report.kind} {report.period}" for report in reports]


def somebody(serial: int):
    return find_by_certno(certno(serial))


def sound() -> bool:
    return list(findings()) == [] and list(explanations.differences()) == []


@pytest.mark.usefixtures("closed_2025")
class TestAfterTheRollover:
    def test_who_left_pays_back_and_who_joined_is_credited(self, files):
        left_in_september = roster_row(LEFT, psn_insu_stas="4", stas_date="2025-09-01")
        files.roster(left_in_september, roster_row(JOINED, stas_date="2025-11-01"), on=LATE)
        files.paid(paid(JOINED, "2025-11"), on=LATE)
        assert due_jobs(LATE) == [
            Due("accrual", ZHOUSHAN, Period(2025), date(2026, 1, 1), again=True),
            Due("accrual", ZHOUSHAN, Period(2026), date(2026, 1, 1), again=True),
        ]
        assert do_what_is_due(LATE) == ["accrual 2025", "accrual 2026"]
        assert movements(somebody(LEFT))[-2:] == [
            ("trueup", "2025/1", "carried", -400_00),
            ("trueup", "2026/1", "current", -1200_00),
        ]
        do_what_is_due(date(2026, 2, 1))
        # Of the two months of 2025 one is paid for; who paid in November is credited 2026 ahead.
        assert balances(somebody(JOINED)) == Balances(current=1200_00, carried=100_00)
        assert (balances(somebody(STAYS)).current, balances(somebody(STAYS)).carried) == (1200_00, 1100_00)
        assert sound()

    def test_once_it_is_settled_it_is_not_due_any_more(self, files):
        files.paid(paid(STAYS, "2025-12", "6000.00"), on=LATE)
        do_what_is_due(LATE)
        assert balances(somebody(STAYS)) == Balances(current=1440_00, carried=1100_00 + 120_00, receivable=0)
        assert due_jobs(date(2026, 1, 31)) == []

    def test_files_about_the_new_year_do_not_touch_the_old_one(self, files):
        files.roster(roster_row(JOINED, stas_date="2026-01-01"), on=LATE)
        files.paid(paid(STAYS, "2026-01"), on=date(2026, 1, 10))
        assert do_what_is_due(date(2026, 1, 10)) == ["accrual 2026"]

    def test_files_of_other_regions_do_not_touch_it(self, files):
        files.roster(roster_row(JOINED, insuplc_admdvs=HUNAN, stas_date="2025-06-01"), on=LATE)
        assert [due for due in due_jobs(LATE) if due.region == ZHOUSHAN] == []

    def test_who_left_in_the_year_before_has_nothing_in_this_one(self, files):
        months = [str(Month(2026, 1) + number) for number in range(12)]
        files.paid(*(paid(serial, month) for serial in (LEFT, STAYS) for month in months), on=date(2026, 12, 31))
        do_what_is_due(date(2026, 12, 31))
        do_what_is_due(date(2027, 1, 1))
        files.roster(roster_row(LEFT, psn_insu_stas="4", stas_date="2025-09-01"), on=date(2027, 1, 8))
        assert do_what_is_due(date(2027, 1, 8)) == ["accrual 2025", "accrual 2026", "accrual 2027"]
        assert [row[3] for row in movements(somebody(LEFT)) if row[0] == "trueup"] == [-400_00, -1200_00, -1200_00]
        assert sound()

    def test_a_year_closed_long_ago_is_left_to_the_clerks(self, files):
        for year in (2027, 2028, 2029):
            months = [str(Month(year - 1, 1) + number) for number in range(12)]
            files.paid(
                *(paid(serial, month) for serial in (LEFT, STAYS) for month in months), on=date(year - 1, 12, 31)
            )
            do_what_is_due(date(year, 1, 1))
        files.paid(paid(STAYS, "2025-12", "6000.00"), on=date(2029, 1, 8))
        assert [due.period for due in due_jobs(date(2029, 1, 8)) if due.period < Period(2026)] == []

    def test_a_month_paid_for_of_a_year_before_joining_is_credited(self, files):
        files.roster(roster_row(JOINED, stas_date="2026-01-05"), on=LATE)
        files.paid(paid(JOINED, "2025-10"), on=LATE)
        assert do_what_is_due(LATE) == ["accrual 2025", "accrual 2026"]
        assert balances(somebody(JOINED)) == Balances(current=1200_00, carried=100_00)
        assert sound()

    def test_also_where_they_were_retired_elsewhere_then_which_takes_it_back(self, files):
        person, moved_on = insured(HUNAN, person_type="12"), date(2026, 1, 1)
        run("accrual", "2025-10", on=date(2025, 11, 1), region=HUNAN)
        assert balances(person, HUNAN).total == 75_00
        changed(person, moved_on, status=EnrolmentStatus.ENDED)
        EnrolmentFactory(person=person, region=ZHOUSHAN, from_on=moved_on)
        open_missing([ZHOUSHAN])
        files.paid(paid(0, "2025-10") | {"certno": person.certno}, on=LATE)
        run("accrual", "2025", on=LATE)
        run("accrual", "2025-10", on=date(2026, 2, 1), region=HUNAN)
        assert (balances(person).total, balances(person, HUNAN).total) == (100_00, 0)
        assert sound()

    def test_it_is_settled_before_the_next_execution_of_the_new_year(self, files):
        files.paid(paid(STAYS, "2025-12", "6000.00"), on=LATE)
        assert do_what_is_due(date(2026, 2, 1)) == ["accrual 2025", "accrual 2026"]

    def test_while_it_is_being_run_nothing_else_begins(self, files):
        files.paid(paid(STAYS, "2025-12", "6000.00"), on=LATE)
        Run.objects.filter(kind="accrual", period="2025").update(state="working")
        assert [due.working for due in due_jobs(date(2026, 2, 1))] == [True, False]
        assert next_jobs(date(2026, 2, 1)) == []


def test_a_year_that_was_credited_elsewhere_is_not_started(files):
    paid_for(insured(), date(2024, 12, 1), "5000.00")
    run("rollover", "2025", on=date(2026, 1, 1))
    run("accrual", "2026", on=date(2026, 1, 1))
    files.roster(roster_row(JOINED, stas_date="2025-11-01"), on=LATE)
    assert do_what_is_due(LATE) == ["accrual 2026"]


def test_a_closed_year_that_was_never_trued_up_is_when_somebody_is_late(files):
    paid_for(insured(), date(2024, 12, 1), "5000.00")
    run("accrual", "2025", on=date(2025, 1, 1))
    run("rollover", "2025", on=date(2026, 1, 1))
    assert [due.kind for due in due_jobs(date(2026, 1, 1))] == ["accrual"]
    files.roster(roster_row(JOINED, stas_date="2025-11-01"), on=LATE)
    assert do_what_is_due(LATE) == ["accrual 2025", "accrual 2026"]
