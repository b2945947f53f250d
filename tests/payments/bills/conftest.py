"""Somebody with 100 yuan, and a place that sends bills in, on a day of March."""

from collections.abc import Iterator
from datetime import date

import pytest
import time_machine

from accounts.models import Person
from payments.models import Institution
from tests.personas import clinic, give, insured

ON = date(2025, 3, 3)


@pytest.fixture
def today() -> Iterator[None]:
    with time_machine.travel("2025-03-05 09:00:00+08:00", tick=False):
        yield


@pytest.fixture
def someone() -> Person:
    person = insured()
    give(person, 100_00, on=ON, key="give")
    return person


@pytest.fixture
def place(policies_loaded) -> Institution:
    return clinic(code="H33090000001")
