"""What fails is due again the next day, holds up what builds on it and nothing else, and is done once when mended."""

from datetime import date

import pytest
import time_machine
from django.core.cache import cache
from django.db import connection

from accounts import tasks
from accounts.codes import PotKind, RunState
from accounts.jobs.job import CannotRunError
from accounts.jobs.schedule import Due, due_jobs, next_jobs
from accounts.jobs.worker import run_due
from accounts.ledger import book_years
from accounts.ledger.verify import findings
from accounts.models import Person, Run
from accounts.queries import explanations
from tests.personas import (
    ACTOR,
    HUNAN,
    ZHOUSHAN,
    Balances,
    balances,
    changed,
    insured,
    movements,
    paid_for,
    pays,
    pot,
    run,
)
from yibao.lib import clock
from yibao.lib.periods import Period

NEW_YEAR, NEXT, DAY_AFTER = date(2025, 1, 1), date(2026, 1, 1), date(2026, 1, 2)


def worker(region: str = ZHOUSHAN, paid: date = date(2024, 12, 1), until: date = NEXT) -> Person:
    person = insured(region)
    paid_for(person, paid, "5000.00")
    if region == ZHOUSHAN:
        pays(person, "5000.00", since=NEW_YEAR, until=until)
    return person


def stick(person: Person, kind: str, region: str = ZHOUSHAN) -> None:
    """A constraint nobody knows of: this pot may not change."""
    own = pot(person, kind, region)
    with connection.cursor() as cursor:
        cursor.execute(
            f"ALTER TABLE accounts_pot ADD CONSTRAINT stuck CHECK (id <> {own.pk} OR balance_fen = {own.balance_fen})"
        )


def mend() -> None:
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE accounts_pot DROP CONSTRAINT stuck")


def do_what_is_due(on: date) -> list[str]:
    reports = run_due(actor=ACTOR, on=on, clock=clock.now)
    return [f"{report.kind} {report.period} {report.state}" for report in reports]


def failed(kind: str, period: str, on: date, region: str = ZHOUSHAN) -> None:
    Run.objects.update_or_create(
        kind=kind,
        region=region,
        period=period,
        defaults={"on": on, "actor": str(ACTOR), "opened_at": clock.now(), "state": RunState.FAILED},
    )


def named(jobs: list[Due]) -> list[str]:
    return [f"{job.kind} {job.period}" + (" again" if job.again else "") for job in jobs]


def sound() -> bool:
    return list(findings()) == [] and list(explanations.differences()) == []


@pytest.mark.usefixtures("committed_db")
class TestMended:
    def test_a_failed_recovery_holds_up_the_year_end_and_recovers_once_when_it_is_mended(self):
        stays, left = worker(), worker(until=date(2025, 7, 1))
        run("accrual", "2025", on=NEW_YEAR)
        changed(left, date(2025, 7, 1), status=4)
        stick(left, PotKind.CURRENT)
        assert do_what_is_due(NEXT) == ["accrual 2025 failed"]
        assert not book_years.is_closed(ZHOUSHAN, 2025)
        assert do_what_is_due(NEXT) == []
        assert do_what_is_due(DAY_AFTER) == ["accrual 2025 failed"]
        mend()
        assert do_what_is_due(date(2026, 1, 3)) == [
            "accrual 2025 done",
            "trueup 2025 done",
            "interest 2025 done",
            "rollover 2025 done",
            "accrual 2026 done",
        ]
        assert balances(left) == Balances(current=0, carried=600_00, receivable=0)
        assert balances(stays) == Balances(current=1200_00, carried=1200_00)
        assert [row[3] for row in movements(left) if row[0] == "trueup"] == [-600_00]
        assert sound()

    def test_a_month_is_credited_once_to_whom_it_failed_for_and_the_other_months_do_not_wait(self):
        bad, good = worker(HUNAN, NEW_YEAR), worker(HUNAN, NEW_YEAR)
        stick(bad, PotKind.CARRIED, HUNAN)
        assert do_what_is_due(date(2025, 1, 20)) == ["accrual 2025-01 failed"]
        assert balances(good, HUNAN).total == 100_00
        for person in (bad, good):
            paid_for(person, date(2025, 2, 1), "5000.00")
        february = date(2025, 2, 20)
        assert do_what_is_due(february) == ["accrual 2025-01 failed", "accrual 2025-02 failed"]
        assert balances(good, HUNAN).total == 200_00
        mend()
        assert do_what_is_due(february) == []
        assert do_what_is_due(date(2025, 2, 21)) == ["accrual 2025-01 done", "accrual 2025-02 done"]
        assert do_what_is_due(date(2025, 2, 22)) == []
        assert [row[1:] for row in movements(bad)] == [
            ("2025-01", "carried", 100_00),
            ("2025-02", "carried", 100_00),
        ]
        assert balances(good, HUNAN).total == 200_00
        assert sound()

    def test_a_failed_rollover_holds_up_the_new_year_until_it_is_mended(self):
        bad, good = worker(), worker()
        run("accrual", "2025", on=NEW_YEAR)
        stick(bad, PotKind.CARRIED)
        assert do_what_is_due(NEXT)[-1] == "rollover 2025 failed"
        assert balances(good) == Balances(current=0, carried=1200_00)
        assert named(due_jobs(NEXT)) == ["rollover 2025 again", "accrual 2026"]
        assert next_jobs(NEXT) == []
        mend()
        assert do_what_is_due(DAY_AFTER) == ["rollover 2025 done", "accrual 2026 done"]
        assert balances(bad) == balances(good) == Balances(current=1200_00, carried=1200_00)
        assert sound()


@pytest.mark.usefixtures("policies_loaded")
class TestDue:
    def test_it_is_listed_as_due_from_the_next_day(self):
        worker()
        failed("accrual", "2025", NEW_YEAR)
        tomorrow = Due("accrual", ZHOUSHAN, Period(2025), date(2025, 1, 2), again=True)
        assert due_jobs(NEW_YEAR) == due_jobs(date(2025, 1, 2)) == [tomorrow]
        assert next_jobs(NEW_YEAR) == []
        assert next_jobs(date(2025, 1, 2)) == [tomorrow]

    def test_the_beat_tries_once_a_day(self):
        worker()
        failed("accrual", "2025", NEW_YEAR)
        for moment, execution in (("01 08:00", 1), ("01 23:59", 1), ("02 00:01", 2)):
            with time_machine.travel(f"2025-01-{moment}:00+08:00", tick=False):
                tasks.schedule_due()
            assert Run.objects.get().execution == execution

    @pytest.fixture
    def nothing_logged_yet(self, policies_loaded):
        cache.clear()

    @pytest.mark.usefixtures("nothing_logged_yet")
    def test_why_a_region_cannot_begin_is_logged_once_a_day_and_reason(self, monkeypatch, caplog):
        worker()
        reasons = iter(["少了文件甲", "少了文件甲", "少了文件乙", "少了文件乙", "少了文件乙"])

        def refuse(**job):
            raise CannotRunError(next(reasons))

        monkeypatch.setattr("accounts.tasks.runs.open_run", refuse)
        for moment in ("01 08:00", "01 08:05", "01 08:10", "01 08:15", "02 08:00"):
            with time_machine.travel(f"2025-01-{moment}:00+08:00", tick=False):
                tasks.schedule_due()
        said = [text.rsplit(": ", 1)[1] for text in caplog.messages if text.startswith("cannot begin")]
        assert said == ["少了文件甲", "少了文件乙", "少了文件乙"]

    def test_a_year_does_not_end_over_a_month_that_failed(self):
        worker(HUNAN, date(2025, 11, 1))
        for month in ("2025-11", "2025-12"):
            run("accrual", month, on=date(2025, 12, 20), region=HUNAN)
        failed("accrual", "2025-11", NEXT, HUNAN)
        assert named(due_jobs(NEXT)) == ["accrual 2025-11 again", "interest 2025", "rollover 2025"]
        assert next_jobs(NEXT) == []
        assert do_what_is_due(DAY_AFTER) == ["accrual 2025-11 done", "interest 2025 done", "rollover 2025 done"]

    def test_what_failed_in_a_year_closed_since_is_made_up_and_holds_up_nobody(self):
        person = worker(HUNAN, NEW_YEAR)
        failed("accrual", "2025-01", date(2025, 1, 20), HUNAN)
        for month in range(2, 13):
            run("accrual", f"2025-{month:02}", on=date(2025, month, 20), region=HUNAN)
        run("close_year", "2025", on=NEXT, region=HUNAN)
        failed("accrual", "2025-01", date(2026, 1, 20), HUNAN)
        assert named(next_jobs(date(2026, 1, 20))) == ["accrual 2026-01"]
        assert do_what_is_due(date(2026, 1, 21)) == ["accrual 2025-01 done", "accrual 2026-01 done"]
        assert movements(person) == [("accrual", "2025-01", "carried", 100_00)]

    def test_a_true_up_made_by_hand_during_the_year_does_not_stand_for_the_one_at_its_end(self):
        worker()
        run("accrual", "2025", on=NEW_YEAR)
        run("trueup", "2025", on=date(2025, 7, 1))
        assert "trueup 2025 again" in named(due_jobs(NEXT))
        assert due_jobs(date(2025, 7, 1)) == [Due("accrual", ZHOUSHAN, Period(2025), date(2025, 7, 1), again=True)]
