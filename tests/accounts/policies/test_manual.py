"""docs/policies.md names every parameter and every contradiction: a manual that lags behind is worse than none."""

import re
from pathlib import Path

import pytest

from accounts.policies.preset_files import shipped
from accounts.policies.terms import KINDS, parameters

pytestmark = pytest.mark.unit

MANUAL = (Path(__file__).resolve().parents[3] / "docs" / "policies.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("kind", KINDS)
def test_every_parameter_is_in_the_manual(kind):
    section = MANUAL.split(f"### `{kind}` ")[1].split("\n##")[0]
    for key, _, parameter in parameters(KINDS[kind]):
        assert f"| `{key}` | {parameter.label} |" in section


@pytest.mark.parametrize("number", range(1, 31))
def test_every_contradiction_of_the_documents_is_settled_here_and_in_a_preset(number):
    assert f"| C{number} |" in MANUAL
    written = [path for path in shipped() if re.search(rf"C{number}(?!\d)", path.read_text(encoding="utf-8"))]
    assert written
