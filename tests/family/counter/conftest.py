"""A counter, where the rules of the shipped regions are loaded."""

import pytest

from tests.family.counter.kit import FamilyCounter


@pytest.fixture
def counter(policies_loaded) -> FamilyCounter:
    return FamilyCounter()
