"""What is imported is declared, and what is declared is used: no package comes along by accident."""

import ast
import re
import sys
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

pytestmark = pytest.mark.unit

ROOT = Path(__file__).resolve().parents[2]
OWN = {"yibao", "accounts", "family", "payments"}
MODULES = packages_distributions()
PLUGINS = re.compile("pytest-")  # found by pytest itself


def declared(*endings: str) -> set[str]:
    """Return the names of the packages in these requirements, without versions and extras."""
    lines = [line for ending in endings for line in (ROOT / f"requirements{ending}.in").read_text().splitlines()]
    return {normalised(re.split(r"[\[<>=]", line)[0]) for line in lines if line and not line.startswith("-r")}


def normalised(package: str) -> str:
    return package.lower().replace("_", "-")


def sources(*under: str) -> Iterator[Path]:
    for name in under:
        yield from (ROOT / name).rglob("*.py")


def imported(*under: str) -> set[str]:
    """Return the packages that modules under these folders import; hordak is the benchmarks' own."""
    names = set()
    for path in sources(*under):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Import):
                names |= {alias.name.partition(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module:
                names.add(node.module.partition(".")[0])
    names -= {*sys.stdlib_module_names, *OWN, "tests", "hordak", "moneyed"}
    return {normalised(MODULES[name][0]) for name in names}


def test_what_the_site_imports_is_declared():
    assert not imported(*OWN) - declared("")


def test_what_the_tests_import_is_declared():
    assert not imported("tests") - declared("", "-dev")


def test_nothing_is_declared_that_is_not_used():
    paths = (*sources(*OWN, "tests"), ROOT / "Makefile", ROOT / "pyproject.toml")
    words = {word for path in paths for word in re.findall(r"\w+", path.read_text())}
    unused = [
        package
        for package in declared("", "-dev")
        if not PLUGINS.match(package)
        and not any(module in words for module, of in MODULES.items() if package in map(normalised, of))
    ]
    assert not unused
