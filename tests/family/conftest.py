"""A day for the family pages: 10 March 2026, ten in the morning, in Shanghai."""

from datetime import datetime

import pytest

from tests.factories.family import NOW
from yibao.lib import clock


@pytest.fixture
def today(monkeypatch: pytest.MonkeyPatch) -> datetime:
    """Let every door believe that it is this day; sessions and the database keep the real time."""
    monkeypatch.setattr(clock, "now", lambda: NOW)
    return NOW
