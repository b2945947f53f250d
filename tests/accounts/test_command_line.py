"""What every command does with its options: days as people write them, none to come, and an exit status of 0 or 1."""

import json
import subprocess
import sys
from datetime import date, timedelta
from io import StringIO
from pathlib import Path

import pytest
import time_machine
from django.core.management import CommandError, call_command, get_commands, load_command_class

from accounts.codes import Role
from accounts.management.base import BaseCommand
from accounts.management.days import act_on
from tests.factories.people import certno
from tests.factories.users import official
from yibao.lib import clock

ROOT = Path(__file__).resolve().parents[2]
TODAY = date(2026, 3, 10)
OURS = sorted(
    path.stem
    for path in ROOT.glob("*/management/commands/[a-z]*.py")
    if path.stem != "createsuperuser"  # Django's own, which asks one thing more
)
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
@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("reconcile",), "还要写 --region, --day"),
        (
            ("reconcile", "--region", "330900", "--dya", "2026-03-10", "--day", "2026-03-10"),
            "没有 --dya 2026-03-10 这样的写法",
        ),
        (("run_job", "acrual", "--region", "330900", "--period", "2026"), "kind 不能是 'acrual'，可以是 'accrual', "),
        (("withdraw_import", "zwölf", "--reason", "错"), "ID 要写整数，不能是 'zwölf'"),
        (("import_roster", "名册.csv", "--by"), "--by 后面要写内容"),
        (("pay_tax_office", "--region", "350500", "--document", "1"), "--batch --until 要写其中一个"),
        (("rotate_keys", "--prepare", "--forget"), "--forget 和 --prepare 不能一起写"),
        (("life_event", "death", "1", "--re", "x"), "--re 不够明确，可以是 --region, --reason"),
        (("due_jobs", "--run=yes"), "--run 后面不带内容，多了 'yes'"),
    ],
    ids=lambda given: given[0] if isinstance(given, tuple) else "",
)
def test_what_is_wrong_with_a_command_line_is_said_in_chinese(arguments: tuple[str, ...], said: str):
    with pytest.raises(CommandError) as refused:
        call_command(*arguments)
    assert said in str(refused.value)


@pytest.mark.unit
@pytest.mark.parametrize("name", OURS)
def test_every_command_answers_in_json_too(name: str):
    command = load_command_class(get_commands()[name], name)
    assert isinstance(command, BaseCommand)
    assert "--json" in command.create_parser("manage.py", name).format_help()


@pytest.mark.unit
def test_a_wrong_option_ends_with_the_status_of_what_was_not_done():
    done = subprocess.run(
        [sys.executable, "manage.py", "reconcile", "--dya", "2026-03-10", "--json"],
        cwd=ROOT,
        env={"DATABASE_URL": "postgresql://nobody@localhost/none", "PATH": ""},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert done.stderr.startswith("还要写 --region, --day\n用法：manage.py reconcile [-h] --region REGION")
    assert json.loads(done.stdout) == {"done": False, "reason": "还要写 --region, --day"}


@pytest.mark.usefixtures("policies_loaded")
@pytest.mark.parametrize(
    ("arguments", "document"),
    [
        (("check_facts", "--region", "999999"), {"done": False}),
        (("statement", "999902199001011239"), {"done": False}),
        (("run_job", "accrual", "--region", "330900", "--period", "1900"), {"done": False}),
        (("approvals", "--approve", "1"), {"done": False}),
        (("held_rows", "--mend", "1"), {"done": False}),
        (("premium_claims", "--refuse", "1"), {"done": False}),
        (("staff", "stop", "nobody"), {"done": False}),
        (("explain", "0"), {"done": False}),
        (("withdraw_import", "1", "--reason", "错"), {"done": False, "withdrawn": False}),
        (("load_policies", "--by", "nobody"), {"ok": False}),
        (("import_roster", "名册.csv", "--by", "nobody"), {"imported": False, "bad_rows": 0}),
        (("import_bills", "名册.csv", "--answer", "没有/回执.csv"), {"imported": False, "bad_rows": 0}),
        (("compare_balances", "余额.csv", "--by", "nobody"), {"compared": False, "bad_rows": 0}),
    ],
    ids=lambda given: given[0] if isinstance(given, tuple) else "",
)
def test_a_refusal_is_one_json_document_too(arguments: tuple[str, ...], document: dict[str, object]):
    out = StringIO()
    with pytest.raises(CommandError) as refused:
        call_command(*arguments, "--json", stdout=out)
    printed = json.loads(out.getvalue())
    reasons = [printed["reason"]] if "reason" in printed else [problem["reason"] for problem in printed["problems"]]
    assert document.items() <= printed.items()
    assert reasons == [str(refused.value)]


@pytest.mark.usefixtures("policies_loaded")
def test_what_a_command_asks_is_no_part_of_its_document(monkeypatch, capsys):
    official(Role.CLERK, "clerk1")
    monkeypatch.setattr("sys.stdin", StringIO(f"{certno(900_001)}\n"))
    call_command("staff_certno", "clerk1", "--json")
    printed = capsys.readouterr()
    assert json.loads(printed.out) == {"done": True, "said": "clerk1 已登记，可以提交和复核了"}
    assert "clerk1 本人的证件号码：" in printed.err
