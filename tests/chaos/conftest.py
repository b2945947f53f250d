"""The processes of the race tests."""

from collections.abc import Iterator

import pytest

from tests.chaos.process_pool import ProcessPool


@pytest.fixture(scope="session")
def process_pool() -> Iterator[ProcessPool]:
    pool = ProcessPool(8)
    yield pool
    pool.close()
