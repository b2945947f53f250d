"""Workers and brokers are killed -9 at random moments; afterwards every account stands as if nothing had happened.

A region that credits years in advance goes through a whole year end, one that credits months through four months.
Seeds are printed. The suite does one round, in which each part is killed, `make chaos` many, each with twice the kills.
"""

import os
import random
from collections import Counter
from datetime import date

import pytest
from django.db import connection

from accounts import tasks
from accounts.jobs.schedule import due_jobs, next_jobs
from accounts.jobs.worker import run_job
from accounts.ledger.verify import findings
from accounts.models import Chunk, Pot, Run, Transfer
from accounts.roster.contributions import import_contributions
from accounts.roster.people import import_roster
from tests import databases
from tests.chaos import naive
from tests.chaos.worker_harness import WorkerHarness, disturb
from tests.concurrency import ROUNDS, is_lost
from tests.factories.acts import act_on
from tests.factories.files import contribution_row, csv_file, roster_row
from tests.personas import ACTOR, HUNAN, run
from yibao.celery import app
from yibao.lib import clock
from yibao.lib.months import Month, month_range

pytestmark = pytest.mark.chaos

SEEDS = [f"{os.environ.get('YIBAO_CHAOS_SEED', 'day')}-{number}" for number in range(ROUNDS)]
KILLS = {"child": 3, "main": 1, "broker": 1} if ROUNDS == 1 else {"child": 6, "main": 2, "broker": 2}
YEARLY, MONTHLY = range(1, 81), range(81, 111)

# Every voucher takes a moment, so that a kill falls into the middle of transactions and not between them.
SLOW = """
    CREATE FUNCTION linger() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(0.04); RETURN NEW; END $$;
    CREATE TRIGGER linger AFTER INSERT ON accounts_voucher FOR EACH ROW EXECUTE FUNCTION linger()
"""


def first_files() -> tuple[list[dict], list[dict]]:
    """People of two regions, a third of them retired, and what was paid for January of last year."""
    year = clock.today().year - 1
    roster = [roster_row(serial, psn_type="12" if serial % 3 == 0 else "11") for serial in YEARLY]
    roster += [
        roster_row(serial, psn_type="12" if serial % 3 == 0 else "11", insuplc_admdvs=HUNAN) for serial in MONTHLY
    ]
    paid = [
        contribution_row(serial, accrym=f"{year}-01", base=f"{4500 + serial}.00", received_on=f"{year}-01-15")
        for serial in YEARLY
        if serial % 3
    ]
    return roster, paid


def later_files() -> tuple[list[dict], list[dict]]:
    """Some have left in the middle of last year, some are on another base since; and four months in the other region."""
    year, this_month = clock.today().year - 1, Month.of(clock.today())
    roster = [roster_row(serial, psn_insu_stas="4", stas_date=f"{year}-07-01") for serial in YEARLY if serial % 10 == 1]
    paid = [
        contribution_row(
            serial,
            accrym=f"{year}-{month:02}",
            base=f"{4500 + (serial if month < 7 else serial % 7 * 100)}.00",
            received_on=f"{year}-{month:02}-15",
        )
        for serial in YEARLY
        if serial % 3
        for month in range(2, 7 if serial % 10 == 1 else 13)
    ]
    for month in month_range(this_month + -4, this_month):
        paid += [
            contribution_row(
                serial, insuplc_admdvs=HUNAN, accrym=str(month), base="5000.00", received_on=str(month.first)
            )
            for serial in MONTHLY
            if serial % 3
        ]
    return roster, paid


@pytest.fixture(scope="module")
def facts(policies_template, django_db_blocker, tmp_path_factory):
    """A database with last year's pre-credit and everything that has happened since, to be copied for each round."""
    folder, today = tmp_path_factory.mktemp("facts"), clock.today()

    def bring_in(name: str, roster: list[dict], paid: list[dict]) -> None:
        import_roster(act=act_on(today), path=csv_file(folder / f"{name} people.csv", roster))
        import_contributions(act=act_on(today), path=csv_file(folder / f"{name} paid.csv", paid))

    name = f"{policies_template}_facts"
    with django_db_blocker.unblock(), databases.copied(policies_template, name):
        with databases.database(name):
            bring_in("first", *first_files())
            run("accrual", str(today.year - 1), on=date(today.year - 1, 1, 2))
            bring_in("later", *later_files())
        yield name


@pytest.fixture(scope="module")
def undisturbed(facts, django_db_blocker) -> tuple[Counter, Counter]:
    """What the books look like when nothing is killed."""
    name = f"{facts}_undisturbed"
    with django_db_blocker.unblock(), databases.copied(facts, name), databases.database(name):
        today = clock.today()
        while jobs := next_jobs(today):
            for job in jobs:
                run_job(actor=ACTOR, kind=job.kind, region=job.region, period=job.period, on=today, clock=clock.now)
        return books()


def books() -> tuple[Counter, Counter]:
    """Return every pot, and every transfer as (person, business, period, pots, fen), each with how often it is there."""
    pots = Pot.objects.exclude(person=None).values_list("person", "region", "kind", "balance_fen", "year")
    moved = Transfer.objects.values_list(
        "source__person", "target__person", "source__kind", "target__kind", "kind", "period", "amount_fen"
    )
    return Counter(pots), Counter(moved)


@pytest.fixture
def round_database(facts, django_db_blocker):
    name = f"{facts}_round"
    with django_db_blocker.unblock(), databases.copied(facts, name), databases.database(name):
        with connection.cursor() as cursor:
            cursor.execute(SLOW)
        yield name


def in_random_order(dice: random.Random) -> list[str]:
    """Return what is killed in a round: each part once to begin with, then the rest."""
    first, rest = list(KILLS), [part for part, times in KILLS.items() for _ in range(times - 1)]
    dice.shuffle(first)
    dice.shuffle(rest)
    return first + rest


@pytest.mark.parametrize("seed", SEEDS)
def test_nothing_is_lost_and_nothing_done_twice(seed, undisturbed, round_database, tmp_path):
    dice = random.Random(seed)
    today = clock.today()
    with WorkerHarness(tmp_path, app, "yibao.celery", databases.url_of(round_database)) as harness:

        def schedule_and_look() -> bool:
            harness.send("accounts.tasks.schedule_due", expires=5)
            harness.send("accounts.tasks.requeue_stalled", expires=5)
            working = Run.objects.filter(state="working")
            return not working.exists() and due_jobs(today) == [] and not working.exists()  # asked twice: it is cheap

        disturb(harness, in_random_order(dice), dice, until=schedule_and_look)
        # Every message once more, as a broker would that never heard of the acknowledgements.
        for chunk in Chunk.objects.values_list("pk", flat=True):
            harness.send(tasks.work_chunk.name, chunk)
        disturb(harness, [], dice, until=lambda: harness.waiting() == 0)
    print(f"seed {seed}: killed {harness.kills}, {Chunk.objects.count()} chunks")
    assert set(harness.kills) == set(KILLS), "it was over before each part could be killed"
    assert books() == undisturbed
    assert list(findings()) == []
    assert {run.state for run in Run.objects.all()} == {"done"}


ACCOUNTS, EACH = 200, 20


@pytest.mark.parametrize("part", ["child", "broker"])
def test_the_naive_way_credits_twice_or_not_at_all(part, round_database, tmp_path):
    """As many kills on crediting as it is usually written: late acknowledgement, no keys, no list in the database."""
    dice = random.Random(f"naive {part}")

    def is_wrong() -> bool:
        twice, missing = naive_round(part, dice, round_database, tmp_path)
        return bool(twice if part == "child" else missing)

    assert is_lost(is_wrong), "the naive way lost and repeated nothing: this harness would not notice"


def naive_round(part: str, dice: random.Random, round_database: str, tmp_path) -> tuple[int, int]:
    """Credit everybody naively under kills; return how many were credited more than once, and how many not at all."""
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS naive_pot")
        cursor.execute("CREATE TABLE naive_pot (id bigint PRIMARY KEY, balance bigint NOT NULL)")
        cursor.execute("INSERT INTO naive_pot SELECT n, 0 FROM generate_series(1, %s) n", [ACCOUNTS])
    with WorkerHarness(tmp_path, naive.app, "tests.chaos.naive", databases.url_of(round_database)) as harness:
        for first in range(1, ACCOUNTS, EACH):
            harness.send("naive.credit", first, first + EACH)
        disturb(harness, [], dice, until=lambda: harness.waiting() < ACCOUNTS // EACH)  # it has begun
        quiet = 0

        def idle_for_a_while() -> bool:
            nonlocal quiet
            quiet = quiet + 1 if harness.waiting() == 0 and not others_at_work() else 0
            return quiet > 3

        disturb(harness, [part] * KILLS[part], dice, until=idle_for_a_while)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FILTER (WHERE balance > 100), count(*) FILTER (WHERE balance < 100) FROM naive_pot"
        )
        twice, missing = cursor.fetchone()
    print(f"naive {part}: {len(harness.kills)} kills, {twice} credited more than once, {missing} not at all")
    return twice, missing


def others_at_work() -> bool:
    """Return whether another process is connected to the round's database: the naive way is only while it credits."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT 1 FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'"
        )
        return cursor.fetchone() is not None


def test_the_rounds_cover_a_year_end_and_several_months(undisturbed):
    _, moved = undisturbed
    done = Counter((kind, period) for *_, kind, period, _ in moved)
    year = clock.today().year
    assert done["adjustment", f"{year - 1}/1"] > 25
    assert done["trueup", f"{year - 1}/1"] > 5
    assert done["rollover", f"{year - 1}"] > 50
    assert done["precredit", f"{year}"] > 50
    assert len([period for kind, period in done if kind == "accrual"]) >= 4
