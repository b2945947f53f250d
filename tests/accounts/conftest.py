"""A day for the pages: 20 November 2026, six in the evening, in Shanghai."""

from datetime import datetime

import pytest

from yibao.lib import clock

NOW = datetime(2026, 11, 20, 18, 0, tzinfo=clock.SHANGHAI)


@pytest.fixture
def november(monkeypatch: pytest.MonkeyPatch) -> datetime:
    """Let every door believe that it is this day; sessions and the database keep the real time."""
    monkeypatch.setattr(clock, "now", lambda: NOW)
    return NOW


@pytest.fixture
def own_files(settings, tmp_path, monkeypatch) -> None:
    """The heads outside the database, and a keyring, of this test alone."""
    settings.VAR = tmp_path
    monkeypatch.delenv("YIBAO_KEYRING", raising=False)
