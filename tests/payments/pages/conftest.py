"""A day for the pages of premiums: 26 November 2026, noon in Shanghai, when the year 2027 is collected."""

import pytest

from tests.payments.premiums.people import ACT
from yibao.lib import clock


@pytest.fixture
def now(monkeypatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: ACT.at)
