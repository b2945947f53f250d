"""What every command does with its options: days as people write them, none to come, and an exit status of 0 or 1."""

import subprocess
import sys
from datetime import date, timedelta
from pathlib import Path

import pytest
import time_machine
from django.core.management import CommandError, call_command

from accounts.management.days import act_on
from yibao.lib import clock

ROOT = Path(__file__).resolve().parents[2]
TODAY = date(2026, 3, 10)
DAILY = ("family_daily", "payments_daily")


@pytest.fixture(autouse=True)
def at_noon(settings):
    settings.REHEARSAL = False
    with time_machine.travel("2026-03-10 12:00:00+08:00", tick=False):
        yield


@pytest.mark.unit
@pytest.mark.parametrize("command", DAILY)
def test_what_each_day_does_is_not_done_for_a_day_to_come(command: str):
    with pytest.raises(CommandError, match="2026-03-11 在今天（2026-03-10）之后.*YIBAO_REHEARSAL"):
        call_command(command, "--on", "2026-03-11")


@pytest.mark.unit
def test_a_missed_day_is_done_as_of_its_end_and_today_as_of_now():
    assert act_on("family_daily", TODAY - timedelta(days=1)).at.isoformat() == "2026-03-09T23:59:59+08:00"
    assert act_on("family_daily", TODAY).at == act_on("family_daily", None).at == clock.now()


@pytest.mark.unit
def test_a_rehearsal_goes_on_to_days_to_come(settings):
    settings.REHEARSAL = True
    assert act_on("family_daily", TODAY + timedelta(days=30)).on == date(2026, 4, 9)


@pytest.mark.unit
@pytest.mark.parametrize(
    "arguments",
    [
        ("family_daily", "--on"),
        ("payments_daily", "--on"),
        ("due_jobs", "--on"),
        ("check_facts", "--region", "330900", "--on"),
        ("run_job", "accrual", "--region", "330900", "--period", "2026", "--on"),
        ("go_live", "330900", "--on"),
        ("reconcile", "--region", "330900", "--day"),
        ("bills", "--day"),
    ],
    ids=lambda arguments: arguments[0],
)
def test_a_day_that_cannot_be_read_says_how_to_write_it(arguments: tuple[str, ...]):
    with pytest.raises(CommandError, match="31/12/26：日期要写全年、月、日.*例如 2025-03-01"):
        call_command(*arguments, "31/12/26")


@pytest.mark.unit
def test_a_wrong_option_ends_with_the_status_of_what_was_not_done():
    done = subprocess.run(
        [sys.executable, "manage.py", "reconcile", "--dya", "2026-03-10"],
        cwd=ROOT,
        env={"DATABASE_URL": "postgresql://nobody@localhost/none", "PATH": ""},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, "--day" in done.stderr) == (1, True)
