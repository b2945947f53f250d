"""The shipped regions, loaded into the database of a test."""

import pytest

from accounts.identity.actors import Actor
from accounts.policies.loading import load
from accounts.policies.preset_files import shipped
from yibao.lib import clock


@pytest.fixture
def policies(db):
    return load(actor=Actor.system("test"), paths=shipped(), at=clock.now())
