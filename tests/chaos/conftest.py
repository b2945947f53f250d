"""The crowd of the race tests."""

from collections.abc import Iterator

import pytest

from tests.chaos.crowd import Crowd


@pytest.fixture(scope="session")
def crowd() -> Iterator[Crowd]:
    members = Crowd(8)
    yield members
    members.leave()
