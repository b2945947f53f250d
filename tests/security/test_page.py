"""docs/security.md names a test for each attack: each is there."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "security.md").read_text(encoding="utf-8")

pytestmark = pytest.mark.unit


def named() -> list[tuple[str, str]]:
    """Return (file, test) of every test that the page names; one without a file is of the file before."""
    found, file = [], ""
    for path, test in re.findall(r"`([\w/]*(?:\.py)?)::(test_\w+)`", PAGE):
        file = path or file
        found.append((file, test))
    return found


@pytest.mark.parametrize(("file", "test"), named())
def test_what_the_page_names_is_there(file, test):
    assert re.search(rf"^\s*def {test}\(", (ROOT / "tests" / file).read_text(encoding="utf-8"), re.MULTILINE)


def test_every_row_names_one():
    rows = [line for line in PAGE.splitlines() if line.startswith("| ") and not line.startswith(("| attack", "|---"))]
    assert len(rows) > 20
    assert [row for row in rows if "::test_" not in row] == []
