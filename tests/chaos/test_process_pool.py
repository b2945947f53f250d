"""The processes of the race tests are replaced when they break: one that dies takes no later test with it."""

import os

import pytest
from django.db import connection

from tests.chaos.process_pool import ProcessPool

pytestmark = pytest.mark.chaos


def die_if(this: bool) -> int:
    if this:
        os._exit(1)
    return os.getpid()


def fail_if(this: bool) -> int:
    if this:
        raise ValueError("what failed")
    return os.getpid()


def test_after_one_has_died_others_take_their_place(process_pool: ProcessPool, committed_db: str) -> None:
    connection.close()
    with pytest.raises(AssertionError, match="died or hung"):
        process_pool.call_at_once(die_if, committed_db, [(False,), (True,), (False,)])
    assert len(set(process_pool.call_at_once(die_if, committed_db, [(False,)] * 3))) == 3


def test_after_a_call_has_failed_every_process_answers_the_next_one(
    process_pool: ProcessPool, committed_db: str
) -> None:
    connection.close()
    before = process_pool.call_at_once(fail_if, committed_db, [(False,)] * 3)
    with pytest.raises(AssertionError, match="ValueError: what failed"):
        process_pool.call_at_once(fail_if, committed_db, [(True,), (False,), (True,)])
    assert process_pool.call_at_once(fail_if, committed_db, [(False,)] * 3) == before
