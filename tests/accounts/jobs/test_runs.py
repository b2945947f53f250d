"""Runs and chunks: whole or not at all, once, and one bad account never stands in the way of the others."""

from datetime import date

import pytest
from django.db import connection

from accounts.codes import ChunkState, JobKind, PotKind, RunState
from accounts.jobs import registry, runs, worker
from accounts.jobs.job import CannotRunError, Outcome
from accounts.ledger.verify import findings
from accounts.models import Chunk, Person, Pot, Run, Transfer
from tests.factories.acts import act_now
from tests.personas import HUNAN, ZHOUSHAN, Balances, balances, insured, pays, pot, run
from yibao.lib import clock
from yibao.lib.periods import Period

NEW_YEAR = date(2025, 1, 1)


def people(count: int) -> list[Person]:
    found = [insured() for _ in range(count)]
    for person in found:
        pays(person, "5000.00", since=date(2024, 12, 1), until=date(2026, 1, 1))
    return found


def opened() -> Run:
    return runs.open_run(act=act_now(), kind="accrual", region=ZHOUSHAN, period=Period(2025), on=NEW_YEAR)


def block(person: Person, kind: PotKind) -> None:
    """A constraint nobody knows of: this pot may not change."""
    own = pot(person, kind).pk
    with connection.cursor() as cursor:
        cursor.execute(f"ALTER TABLE accounts_pot ADD CONSTRAINT stuck CHECK (id <> {own} OR balance_fen = 0)")


def unblock() -> None:
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE accounts_pot DROP CONSTRAINT stuck")


@pytest.mark.usefixtures("committed_db")
class TestPoison:
    def test_the_one_account_that_cannot_be_posted_is_found_by_halving(self, settings):
        settings.CHUNK_PEOPLE = 8
        crowd = people(16)
        bad = crowd[5]
        block(bad, PotKind.CURRENT)
        (report,) = run("accrual", "2025", on=NEW_YEAR)
        assert report.state == RunState.FAILED
        assert report.totals.failed_chunks == 1
        assert [balances(person).current for person in crowd if person != bad] == [1200_00] * 15
        assert balances(bad).current == 0
        alone = Chunk.objects.get(state=ChunkState.FAILED)
        assert (alone.from_person, alone.until_person) == (bad.pk, crowd[6].pk)
        assert alone.error == "IntegrityError"
        assert report.totals.total_fen == 15 * 1200_00

    def test_it_stops_the_closing_of_its_year_until_it_is_mended(self, settings):
        settings.CHUNK_PEOPLE = 4
        crowd = people(4)
        run("accrual", "2025", on=NEW_YEAR)
        block(crowd[2], PotKind.CARRIED)
        reports = run("close_year", "2025", on=date(2026, 1, 1))
        assert [(r.kind, r.state) for r in reports] == [
            ("accrual", "done"),
            ("trueup", "done"),
            ("interest", "done"),
            ("rollover", "failed"),
        ]
        assert not Run.objects.filter(period="2026").exists()
        assert [balances(person) for person in crowd] == [
            Balances(current=1200_00, carried=0) if person == crowd[2] else Balances(current=0, carried=1200_00)
            for person in crowd
        ]
        unblock()
        assert all(report.complete for report in run("close_year", "2025", on=date(2026, 1, 2)))
        assert [balances(person) for person in crowd] == [Balances(current=1200_00, carried=1200_00)] * 4
        assert list(findings()) == []

    def test_mended_it_is_credited_by_the_next_execution_and_nobody_else_again(self, settings):
        settings.CHUNK_PEOPLE = 8
        crowd = people(8)
        block(crowd[0], PotKind.CURRENT)
        run("accrual", "2025", on=NEW_YEAR)
        unblock()
        (report,) = run("accrual", "2025", on=date(2025, 1, 2))
        assert (report.state, report.totals.credited) == (RunState.DONE, 1)
        assert [balances(person).current for person in crowd] == [1200_00] * 8


@pytest.mark.usefixtures("policies_loaded")
class TestChunks:
    def test_together_they_cover_everybody_once(self, settings):
        settings.CHUNK_PEOPLE = 3
        crowd = people(10)
        spans = list(
            Chunk.objects.filter(run=opened()).order_by("from_person").values_list("from_person", "until_person")
        )
        assert len(spans) == 4
        assert [sum(low <= person.pk < high for low, high in spans) for person in crowd] == [1] * 10

    def test_somebody_who_comes_while_the_run_is_working_is_in_the_last_one(self, settings):
        settings.CHUNK_PEOPLE = 3
        people(6)
        last = opened().chunks.order_by("from_person").last()
        late = insured()
        assert last.from_person <= late.pk < last.until_person

    def test_a_finished_chunk_is_not_worked_on_again(self):
        person = people(1)[0]
        chunk = opened().chunks.get()
        assert worker.work_chunk(chunk_id=chunk.pk, now=clock.now())
        assert not worker.work_chunk(chunk_id=chunk.pk, now=clock.now())
        assert balances(person).current == 1200_00

    def test_opening_a_run_that_is_being_worked_on_joins_it(self):
        people(1)
        first = opened()
        again = opened()
        assert (again.pk, again.execution, again.chunks.count()) == (first.pk, 1, 1)

    def test_a_run_is_done_when_its_last_chunk_is_done(self, settings):
        settings.CHUNK_PEOPLE = 1
        people(2)
        work = opened()
        first, second = work.chunks.order_by("pk")
        worker.work_chunk(chunk_id=first.pk, now=clock.now())
        work.refresh_from_db()
        assert (work.state, work.finished_at) == (RunState.WORKING, None)
        worker.work_chunk(chunk_id=second.pk, now=clock.now())
        work.refresh_from_db()
        assert work.state == RunState.DONE
        assert work.finished_at is not None

    def test_a_chunk_that_is_gone_is_nothing_to_do(self):
        assert not worker.work_chunk(chunk_id=0, now=clock.now())

    def test_the_totals_are_those_of_the_ledger(self, settings):
        settings.CHUNK_PEOPLE = 2
        people(5)
        run("accrual", "2025", on=NEW_YEAR)
        totals = runs.totals_of(Run.objects.get())
        booked = list(Transfer.objects.values_list("amount_fen", flat=True))
        assert (totals.eligible, totals.credited, totals.total_fen) == (5, 5, sum(booked))
        assert (totals.chunks, totals.finished_chunks, totals.failed_chunks) == (3, 3, 0)
        assert sum(Pot.objects.exclude(person=None).values_list("balance_fen", flat=True)) == sum(booked)


@pytest.mark.usefixtures("policies_loaded")
def test_where_nothing_is_pre_credited_there_is_no_true_up_to_run():
    insured(HUNAN)
    with pytest.raises(CannotRunError, match="2025 年度按月划入，没有预划"):
        run("trueup", "2025", on=date(2026, 1, 1), region=HUNAN)
    assert not Run.objects.exists()


@pytest.mark.usefixtures("policies_loaded")
class TestAnotherAppsJob:
    def test_runs_over_everybody_like_our_own(self, monkeypatch):
        crowd, seen = people(3), []

        def process(work: Run, chunk: Chunk) -> Outcome:
            seen.extend(person.pk for person in crowd if chunk.from_person <= person.pk < chunk.until_person)
            return Outcome(eligible=3)

        monkeypatch.setattr(registry, "_JOBS", {})
        registry.register(JobKind.INTEREST, registry.Job(lambda region, period, on: None, process))
        work = runs.open_run(act=act_now(), kind=JobKind.INTEREST, region=ZHOUSHAN, period=Period(2024), on=NEW_YEAR)
        for chunk in work.chunks.all():
            worker.work_chunk(chunk_id=chunk.pk, now=clock.now())
        assert sorted(seen) == [person.pk for person in crowd]

    def test_never_takes_the_place_of_ours(self):
        with pytest.raises(ValueError, match="already"):
            registry.register(JobKind.ACCRUAL, registry.Job(lambda region, period, on: None, lambda work, chunk: None))
