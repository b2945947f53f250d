"""The contracts on imports hold: whoever takes a forbidden way, or builds a room nobody listed, breaks the build."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
FLOORS, MONEY = "The floors of accounts", "Money moves only from operations and jobs"


# What breaks a contract → where it is planted, what is written there, the contract, and what the report names.
PLANTED = {
    "the ledger asks a page": (
        "accounts/ledger/pots.py",
        "from accounts.views import display",
        FLOORS,
        "accounts.ledger.pots -> accounts.views.display",
    ),
    "a page posts": (
        "family/views/citizen/home.py",
        "from accounts.ledger import posting",
        MONEY,
        "family.views.citizen.home -> accounts.ledger.posting",
    ),
    "a form posts": (
        "accounts/forms/entries.py",
        "from accounts.ledger.bulk import post_batches",
        MONEY,
        "accounts.forms.entries -> accounts.ledger.bulk",
    ),
    "the demo locks pots": (
        "payments/demo/history.py",
        "from accounts.ledger.locking import lock_years_and_pots",
        MONEY,
        "payments.demo.history -> accounts.ledger.locking",
    ),
    "a room nobody listed": ("accounts/loft.py", "", FLOORS, "- accounts.loft\n"),
}


def copy_to(folder: Path) -> None:
    for app in ("yibao", "accounts", "family", "payments"):
        shutil.copytree(ROOT / app, folder / app, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", folder)


def report_on(folder: Path) -> str:
    linter = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run([linter, "--no-cache"], cwd=folder, capture_output=True, text=True, check=False)
    assert "Contracts:" in done.stdout, done.stdout + done.stderr
    assert done.returncode == (" BROKEN" in done.stdout)
    return done.stdout


def broken_in(report: str) -> list[str]:
    """Return the names of the contracts that are broken."""
    return [line.removesuffix(" BROKEN") for line in report.splitlines() if line.endswith(" BROKEN")]


@pytest.fixture(scope="module")
def planted(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The report on the code with everything planted: it names each."""
    folder = tmp_path_factory.mktemp("planted")
    copy_to(folder)
    for module, line, *_ in PLANTED.values():
        with (folder / module).open("a") as file:
            file.write(f"{line}\n")
    return report_on(folder)


def test_as_it_stands_no_contract_is_broken(tmp_path):
    copy_to(tmp_path)
    report = report_on(tmp_path)
    assert broken_in(report) == []
    assert not [said for *_, said in PLANTED.values() if said in report]


@pytest.mark.parametrize("what", PLANTED)
def test_the_build_breaks_when(planted, what):
    *_, contract, said = PLANTED[what]
    assert [name for name in broken_in(planted) if name.startswith(contract)]
    about = planted.partition("Broken contracts\n")[2].partition(contract)[2].partition("\n---")[2]
    assert said in about.partition("\n---")[0]
