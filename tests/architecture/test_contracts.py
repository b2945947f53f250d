"""The contracts on imports hold: whoever takes a forbidden way, or builds a room nobody listed, breaks the build."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
FLOORS, MONEY = "The floors of accounts", "Money moves only from operations and jobs"


@pytest.fixture
def tree(tmp_path):
    """Return a copy of the code, to plant something in."""
    for app in ("yibao", "accounts", "family", "payments"):
        shutil.copytree(ROOT / app, tmp_path / app, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def broken_in(tree: Path) -> list[str]:
    """Return the names of the contracts that are broken."""
    linter = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run([linter, "--no-cache"], cwd=tree, capture_output=True, text=True, check=False)
    assert "Contracts:" in done.stdout, done.stdout + done.stderr
    assert done.returncode == (" BROKEN" in done.stdout)
    return [line.removesuffix(" BROKEN") for line in done.stdout.splitlines() if line.endswith(" BROKEN")]


def test_as_it_stands_no_contract_is_broken(tree):
    assert broken_in(tree) == []


@pytest.mark.parametrize(
    ("module", "line", "contract"),
    [
        ("accounts/ledger/pots.py", "from accounts.views import display", FLOORS),
        ("family/views/citizen/home.py", "from accounts.ledger import posting", MONEY),
        ("accounts/forms/entries.py", "from accounts.ledger.bulk import post_batches", MONEY),
        ("payments/demo/history.py", "from accounts.ledger.locking import lock_years_and_pots", MONEY),
        ("accounts/loft.py", "", FLOORS),
    ],
    ids=["the ledger asks a page", "a page posts", "a form posts", "the demo locks pots", "a room nobody listed"],
)
def test_the_build_breaks_when(tree, module, line, contract):
    with (tree / module).open("a") as file:
        file.write(f"{line}\n")
    (broken,) = broken_in(tree)
    assert broken.startswith(contract)
