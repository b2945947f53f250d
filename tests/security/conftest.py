"""Attacks that once worked (each a test named for it), on a database with rules, in one transaction."""

import pytest
from django.db import connection


@pytest.fixture
def city(policies_loaded) -> None:
    """Tries and guesses are counted in durable transactions; let them stand inside that of the test, as in a TestCase."""
    for block in connection.atomic_blocks:
        block._from_testcase = True


from tests.accounts.test_permissions_matrix import world  # noqa: E402, F401  a fixture: one user of each role
