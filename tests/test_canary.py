"""The canary of the suite hears what it is there for; else its silence would mean nothing."""

import logging
import os
from collections.abc import Iterator

import pytest
import redis
from django.test import Client

from tests.canary import Canary
from tests.factories.people import certno, phone


@pytest.fixture
def captured(canary: Canary) -> Iterator[list[str]]:
    """Return what the canary hears in this test; forgotten afterwards."""
    canary.captured.clear()
    yield canary.captured
    canary.captured.clear()


@pytest.mark.parametrize("personal", [certno(7), phone(7), "陈晓明"])
def test_a_line_of_the_log_with_somebody_in_it_is_captured(captured: list[str], personal: str) -> None:
    logging.getLogger("accounts").warning("cannot credit %s", personal)
    assert len(captured) == 1


def test_a_traceback_that_quotes_somebody_is_captured(captured: list[str]) -> None:
    try:
        raise ValueError(certno(7))
    except ValueError:
        logging.getLogger("django.request").exception("failed")
    assert len(captured) == 1


@pytest.mark.django_db
@pytest.mark.parametrize(
    "address", [f"/find/?q={certno(7)}", f"/find/{phone(7)}/", "/find/陈晓明/", "/find/?name=陈晓明"]
)
def test_an_address_with_somebody_in_it_is_captured(captured: list[str], client: Client, address: str) -> None:
    client.get(address)
    assert captured


def test_what_waits_in_the_broker_is_looked_through(canary: Canary, captured: list[str]) -> None:
    with redis.Redis.from_url(os.environ["REDIS_URL"]) as broker:
        broker.set("canary", certno(7))
        canary.look_at_broker()
        broker.delete("canary")
    assert len(captured) == 1


def test_numbers_of_nobody_are_not_captured(captured: list[str]) -> None:
    logging.getLogger("accounts").warning("run 999902 credited 199000 people")
    assert captured == []
