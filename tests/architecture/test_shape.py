"""The rules of the house that a machine can check: size, names, time, and what must exist."""

import ast
import importlib
import re
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from unicodedata import east_asian_width

import pytest
from django.core.management import get_commands

from yibao.celery import app as celery_app

ROOT = Path(__file__).resolve().parents[2]
APPS = ("yibao", "accounts", "family", "payments")
MOST_LINES = 300
MOST_COLUMNS = 120
MOST_LINES_OF_TESTS = 400  # sentences about one subject, read one at a time
VAGUE = {"utils", "helpers", "common", "services", "misc"}
CLOCK = {("date", "today"), ("datetime", "now"), ("datetime", "utcnow"), ("datetime", "today"), ("timezone", "now")}
COMMANDS = {
    "load_policies",
    "import_roster",
    "import_contributions",
    "run_job",
    "due_jobs",
    "statement",
    "explain",
    "verify_ledger",
    "check_facts",
    "approvals",
    "staff_certno",
    "seed_demo",
}


def files(*endings: str, under: tuple[str, ...] = (*APPS, "tests")) -> Iterator[Path]:
    """Yield the project's own files with these endings, migrations left out."""
    for name in under:
        start = ROOT / name
        for path in [start] if start.is_file() else sorted(start.rglob("*")):
            if path.suffix in endings and "migrations" not in path.parts:
                yield path


def named(path: Path) -> str:
    return str(path.relative_to(ROOT))


def test_every_module_can_be_read_in_one_sitting():
    lines = {named(path): len(path.read_text().splitlines()) for path in files(".py")}
    most = {name: MOST_LINES_OF_TESTS if name.startswith("tests/") else MOST_LINES for name in lines}
    assert not {name: count for name, count in lines.items() if count > most[name]}


def test_no_module_is_named_after_nothing():
    vague = [named(path) for path in files(".py") if VAGUE & {*path.with_suffix("").relative_to(ROOT).parts}]
    assert not vague


def test_every_line_of_a_template_can_be_read_without_scrolling():
    """A line's markup is at most 120 columns. Chinese characters are not counted: a sentence stays whole.

    A line break between two of them would show on the page as a space.
    """
    found = {
        f"{named(path)}:{number}": columns
        for path in files(".html", under=("templates", "tests"))
        for number, line in enumerate(path.read_text().splitlines(), start=1)
        if (columns := sum(east_asian_width(sign) not in "WF" for sign in line)) > MOST_COLUMNS
    }
    assert not found


def test_nothing_is_left_for_later():
    """Work that is not done is an issue, not a comment."""
    later = re.compile(r"(#|//|/\*|<!--|\{#|\"\"\").*\b(TO" + r"DO|FIX" + r"ME)\b")
    found = [
        f"{named(path)}:{number}"
        for path in files(".py", ".html", ".js", ".css", ".toml", ".sh", under=(*APPS, "tests", "templates", "static"))
        for number, line in enumerate(path.read_text().splitlines(), start=1)
        if later.search(line)
    ]
    assert not found


def test_only_one_module_asks_what_time_it_is():
    asking = [
        f"{named(path)}:{node.lineno}"
        for path in files(".py", under=APPS)
        if path != ROOT / "yibao/lib/clock.py" and re.search(r"\.\s*(today|now|utcnow)\b", path.read_text())
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and (node.value.id, node.attr) in CLOCK
    ]
    assert not asking


@cache
def functions() -> list[tuple[str, ast.arguments]]:
    """Return the functions of the apps: where each is, and its arguments."""
    return [
        (f"{named(path)}: {node.name}", node.args)
        for path in files(".py", under=APPS)
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.FunctionDef)
    ]


def test_operations_name_their_arguments_and_the_act_first():
    """Operations are called with names, so a call cannot mix up two ids; who acts, and when, comes first."""
    wrong = []
    for where, arguments in functions():
        names = [argument.arg for argument in arguments.kwonlyargs]
        if "act" in names and (arguments.args or names[0] != "act"):
            wrong.append(where)
    assert not wrong


def test_no_function_is_told_apart_who_acts_and_when():
    """An act says both, so that a day and an instant never contradict each other. A long run has a clock instead."""
    apart = [
        where
        for where, arguments in functions()
        for names in [{argument.arg for argument in (*arguments.args, *arguments.kwonlyargs)}]
        if names & {"act", "actor"} and names & {"at", "now", "today"} or "actor" in names and "clock" not in names
    ]
    assert not apart


def test_what_moves_money_can_be_told_from_the_imports():
    """Only the ledger writes its tables: nobody else creates or updates pots, vouchers and transfers."""
    writing = re.compile(
        r"\b(Pot|Voucher|Transfer)\.objects\.(create|bulk_create|get_or_create|update_or_create|update|delete)\b"
        r"|(INSERT INTO|UPDATE|DELETE FROM|COPY) accounts_(pot|voucher|transfer)\b"
    )
    found = [
        named(path)
        for path in files(".py", under=APPS)
        if "accounts/ledger/" not in str(path) and writing.search(path.read_text())
    ]
    assert not found


def test_a_migration_stands_by_itself():
    """It writes values out: a code of today may have another name tomorrow. (`makemigrations` would name them.)"""
    paths = [path for app in APPS for path in sorted((ROOT / app).glob("migrations/*.py"))]
    assert paths
    assert not [named(path) for path in paths if re.search(r"\bcodes\b", path.read_text())]


def test_make_unit_runs_every_test_that_is_about_pure_code_alone():
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    pure = {room for c in contracts if "django" in c.get("forbidden_modules", ()) for room in c["source_modules"]}
    pure.add("yibao.lib")
    unmarked = []
    for path in files(".py", under=("tests",)):
        text = path.read_text()
        if not path.name.startswith("test_") or path.parent.name == "architecture" or "pytest.mark.unit" in text:
            continue
        imports = [node.module for node in ast.walk(ast.parse(text)) if isinstance(node, ast.ImportFrom)]
        own = [module for module in imports if module.split(".")[0] in {*APPS, "tests", "django"}]
        about_pure_code = own and all(any(f"{module}.".startswith(f"{room}.") for room in pure) for module in own)
        if about_pure_code:
            unmarked.append(named(path))
    assert not unmarked


def test_the_timetable_names_tasks_that_exist():
    scheduled = {entry["task"] for entry in celery_app.conf.beat_schedule.values()}
    assert {"accounts.tasks.schedule_due", "accounts.tasks.requeue_stalled"} <= scheduled
    for name in scheduled:
        module, _, function = name.rpartition(".")
        assert getattr(importlib.import_module(module), function).name == name


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_the_command_exists(name):
    assert get_commands().get(name) in APPS
