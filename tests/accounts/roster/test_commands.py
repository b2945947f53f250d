"""The import commands as a bureau runs them: exit status, what is printed, and what a kill or a canary shows."""

import io
import json
import logging
import os
import random
import subprocess
import sys
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, transaction

from accounts.ledger import pots
from accounts.models import Enrolment, Import, Person
from accounts.queries.people import find_by_certno
from accounts.roster import people_sql
from tests import databases
from tests.accounts.roster.import_kit import kept, roster
from tests.chaos.process_pool import ready_process
from tests.concurrency import ROUNDS, all_at_once, somebody_waits, wait_until
from tests.factories.files import contribution_row, csv_file, roster_row
from tests.factories.people import certno

ROOT = Path(__file__).resolve().parents[3]
CANARY, CANARY_PHONE = certno(424_242), "19900042424"


def run(committed_db: str, *arguments: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(ROOT / "manage.py"), *map(str, arguments)],
        env={**os.environ, "DATABASE_URL": databases.url_of(committed_db)},
        capture_output=True,
        text=True,
        check=False,
    )


def called(command: str, path: Path, **options: object) -> str:
    """Run a command in this process; return everything it printed."""
    out, err = io.StringIO(), io.StringIO()
    try:
        call_command(command, str(path), stdout=out, stderr=err, **options)
    except CommandError as error:
        err.write(f"{error}")
    return out.getvalue() + err.getvalue()


def numbered() -> str:
    """Return how a line ends that tells of the last import: by its number, which withdraw_import asks for."""
    return f"（导入编号 {Import.objects.order_by('id').last().pk}）\n"


@pytest.mark.usefixtures("policies_loaded")
def test_a_good_file_says_what_it_brought(tmp_path: Path) -> None:
    path = csv_file(tmp_path / "r.csv", [roster_row(n) for n in range(3)])
    assert called("import_roster", path) == f"r.csv：导入 3 行，新增参保人 3 人，新增参保记录 3 条{numbered()}"
    assert called("import_roster", path) == f"r.csv：这份文件已经导入过（3 行），没有任何变化{numbered()}"
    assert json.loads(called("import_roster", path, json=True)) == {
        "imported": True,
        "kind": "roster",
        "rows": 3,
        "import_id": Import.objects.get().pk,
        "known_file": True,
        "people_added": 0,
        "people_changed": 0,
        "numbers_changed": 0,
        "enrolments_added": 0,
        "contributions_added": 0,
        "late": 0,
        "openings_added": 0,
        "opening_fen": 0,
        "bonds_added": 0,
        "premium_answers": 0,
        "premiums_paid": 0,
        "known_rows": 0,
        "corrected": 0,
        "refunded": 0,
        "second_payers": 0,
        "left_out": 0,
        "held": [],
        "remarks": [],
        "changed_nothing": True,
    }
    same = csv_file(tmp_path / "s.csv", [roster_row(n) for n in (2, 1)])
    assert called("import_roster", same) == f"s.csv：导入 2 行，内容都已登记过，没有任何变化{numbered()}"
    paid = csv_file(tmp_path / "c.csv", [contribution_row(1)])
    assert called("import_contributions", paid) == f"c.csv：导入 1 行，新增缴费记录 1 条{numbered()}"


@pytest.mark.usefixtures("policies_loaded")
def test_what_was_guessed_while_reading_is_told(tmp_path: Path) -> None:
    path = csv_file(tmp_path / "r.csv", [roster_row(1)], encoding="gb18030")
    assert called("import_roster", path).endswith(f"新增参保记录 1 条{numbered()}注意：按 GB18030 读取\n")
    path = csv_file(tmp_path / "r.csv", [roster_row(2)], encoding="gb18030")
    assert json.loads(called("import_roster", path, json=True))["remarks"] == ["按 GB18030 读取"]


@pytest.mark.usefixtures("policies_loaded")
def test_a_bad_file_lists_every_bad_row(tmp_path: Path) -> None:
    path = csv_file(tmp_path / "r.csv", [roster_row(1), roster_row(2, gend="9"), roster_row(3, mob="1")])
    out = io.StringIO()
    with pytest.raises(CommandError, match="r.csv：没有导入任何内容：2行有问题"):
        call_command("import_roster", str(path), stdout=out)
    assert out.getvalue().splitlines() == [
        "第3行 gend「9」：应为 1（男）、2（女）",
        "第4行 mob「1」：手机号少了10位，应为11位，没有可以空着",
    ]
    out = io.StringIO()
    with pytest.raises(CommandError):
        call_command("import_roster", str(path), json=True, stdout=out)
    document = json.loads(out.getvalue())
    assert (document["imported"], document["bad_rows"]) == (False, 2)
    assert document["problems"][0] == {"row": 3, "column": "gend", "value": "9", "reason": "应为 1（男）、2（女）"}
    assert "找不到文件 none.csv" in called("import_contributions", tmp_path / "none.csv")


def test_the_exit_status_says_whether_the_file_came_in(committed_db: str, tmp_path: Path) -> None:
    refused = run(committed_db, "import_roster", csv_file(tmp_path / "bad.csv", [roster_row(1, gend="9")]))
    assert (refused.returncode, refused.stdout) == (1, "第2行 gend「9」：应为 1（男）、2（女）\n")
    assert "bad.csv：没有导入任何内容：第2行 gend" in refused.stderr
    done = run(committed_db, "import_roster", csv_file(tmp_path / "good.csv", [roster_row(1)]), "--json")
    assert done.returncode == 0
    assert json.loads(done.stdout)["people_added"] == 1
    assert find_by_certno(certno(1)) is not None


@pytest.mark.chaos
def test_an_import_killed_at_any_moment_brings_all_or_nothing_and_the_next_one_the_rest(
    committed_db: str, tmp_path: Path
) -> None:
    people = 4_000
    path = csv_file(tmp_path / "r.csv", [roster_row(n) for n in range(people)])
    before = kept()
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("LOCK accounts_enrolment IN SHARE MODE")  # people are written, what follows waits
        with importing(committed_db, path):
            wait_until(somebody_waits)
    wait_until(lambda: not _is_importing())
    assert kept() == before
    seed = random.randrange(10**6)
    print(f"seed {seed}")
    moments = random.Random(seed)
    for _ in range(ROUNDS):
        with importing(committed_db, path):
            time.sleep(moments.uniform(0, 0.3))
        wait_until(lambda: not _is_importing())
        if kept() != before:  # killed between its commit and its end
            break
    roster(path)
    assert everything() == (people, people, 1)


@contextmanager
def importing(database: str, path: Path) -> Iterator[None]:
    """Import in a process that has begun its transaction, and kill -9 it."""
    running = ready_process(_import, database, path)
    running.start()
    wait_until(lambda: _is_importing() or not running.is_alive())
    yield
    running.kill()
    running.join()


def _import(database: str, path: Path) -> None:
    connection.settings_dict["NAME"] = database
    call_command("import_roster", str(path), stdout=io.StringIO())


def everything() -> tuple[int, int, int]:
    return Person.objects.count(), Enrolment.objects.count(), Import.objects.count()


def _is_importing() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_stat_clear_snapshot()")  # within a transaction the first look is kept
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
            " AND xact_start IS NOT NULL"
        )
        return bool(cursor.fetchone()[0])


@pytest.mark.chaos
def test_two_imports_of_the_same_people_at_once_make_each_person_once(committed_db: str, tmp_path: Path) -> None:
    paths = [csv_file(tmp_path / f"{n}.csv", [roster_row(m) for m in range(n, n + 200)]) for n in (0, 100)]
    results = all_at_once(*[lambda path=path: roster(path) for path in paths])
    assert not [result for result in results if isinstance(result, type)]
    assert everything() == (300, 300, 2)


@pytest.mark.usefixtures("policies_loaded")
def test_a_canary_is_neither_in_the_database_nor_in_what_is_printed(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    canary = roster_row(424_242, mob=CANARY_PHONE)
    good = csv_file(tmp_path / "good.csv", [canary, roster_row(1)])
    worse = roster_row(424_242, mob=f"{CANARY_PHONE}0", street=CANARY, gend="x", psn_idet_type=CANARY)
    bad = csv_file(tmp_path / "bad.csv", [worse, canary, canary])
    paid = csv_file(tmp_path / "paid.csv", [contribution_row(424_242), contribution_row(424_242, base="1")])
    printed = ""
    for command, path in [("import_roster", bad), ("import_roster", good), ("import_contributions", paid)]:
        printed += called(command, path) + called(command, path, json=True, verbosity=3, traceback=True)
    assert find_by_certno(CANARY) is not None
    for secret in (CANARY, CANARY_PHONE):
        assert secret not in printed
        assert secret not in caplog.text
    assert "9999**********" in printed
    dump = _dump()
    assert "昌国街道" in dump
    for secret in (CANARY, CANARY_PHONE):
        assert secret not in dump
        assert secret.encode().hex() not in dump


def _dump() -> str:
    """Return every table of the database as plain text."""
    with connection.cursor() as cursor:
        text = ""
        for table in connection.introspection.table_names(cursor):
            with cursor.copy(f'COPY "{table}" TO STDOUT') as copy:
                text += b"".join(bytes(block) for block in copy).decode()
        return text


@pytest.mark.usefixtures("policies_loaded")
@pytest.mark.parametrize("broken", ["stage", "merge"])
def test_a_canary_is_not_in_the_traceback_of_an_import_that_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, broken: str
) -> None:
    if broken == "stage":
        monkeypatch.setattr(people_sql, "COPY", people_sql.COPY.replace("row, shown,", "shown, row,"))
    else:
        monkeypatch.setattr(pots, "open_missing", lambda regions: _select_nothing())
    path = csv_file(tmp_path / "r.csv", [roster_row(424_242, mob=CANARY_PHONE)])
    with pytest.raises((DatabaseError, psycopg.Error)) as error:
        roster(path)
    shown = "".join(traceback.format_exception(error.value))
    assert CANARY not in shown
    assert CANARY_PHONE not in shown


def _select_nothing() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT nothing")
