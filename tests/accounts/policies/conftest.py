"""The shipped regions, loaded into the database of a test."""

import pytest

from accounts.policies.loading import load
from accounts.policies.preset_files import shipped
from tests.factories.acts import act_now


@pytest.fixture
def policies(db):
    return load(act=act_now(), paths=shipped())
