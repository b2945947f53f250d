"""Several statements in one round trip: what they are told arrives as it is, and a failure leaves nothing half read."""

import signal
from datetime import date

import pytest
from django.db import DataError, IntegrityError, OperationalError, connection, transaction

from yibao.lib import pipeline
from yibao.lib.pipeline import Statement

pytestmark = pytest.mark.usefixtures("committed_db")
WORDS = ["阿不都热合曼·买买提", 'a "quoted" word', r"back\slash", "comma, {brace}", "two\nlines", "", "NULL"]


def rows_of(text: str, *parameters: object) -> list[pipeline.Row]:
    (rows,) = pipeline.send(Statement(text, parameters))
    return rows


def test_texts_numbers_days_and_lists_arrive_as_they_are():
    day = date(2026, 2, 28)
    assert rows_of("SELECT %s::text, %s::bigint, %s::date, %s::text", WORDS[0], -(2**40), day, None) == [
        (WORDS[0], -(2**40), day, None)
    ]
    assert rows_of("SELECT %s::text[], %s::bigint[], %s::bigint[]", WORDS, [7, 2**40], []) == [(WORDS, [7, 2**40], [])]


def test_statements_run_in_order_and_the_same_one_with_other_values():
    text = "SELECT %s::int + 1"
    assert pipeline.send(Statement(text, [1]), Statement("SELECT 5 WHERE false"), Statement(text, [2])) == [
        [(2,)],
        [],
        [(3,)],
    ]


def test_what_stands_after_a_statement_that_failed_has_not_run_and_the_session_goes_on():
    with pytest.raises(DataError), transaction.atomic():
        pipeline.send(
            Statement("CREATE TEMPORARY TABLE before_it (id int)"),
            Statement("SELECT 1 / %s::int", [0]),
            Statement("SELECT pg_advisory_lock(%s::bigint)", [4711]),
        )
    assert rows_of("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'") == [(0,)]
    assert rows_of("SELECT to_regclass('before_it')") == [(None,)]
    assert rows_of("SELECT 1 / %s::int", 1) == [(1,)]  # the text that failed is known to the server, or not: it works


def test_a_transaction_begins_with_the_first_statement():
    with transaction.atomic():
        first = rows_of("SELECT txid_current()")
        assert rows_of("SELECT txid_current()") == first
    assert rows_of("SELECT txid_current()") != first


def test_a_text_that_the_database_cannot_hold_is_refused():
    with pytest.raises(DataError):
        rows_of("SELECT %s::text", "cut\0off")


def test_the_server_s_reason_comes_as_the_error_of_django():
    with pytest.raises(IntegrityError):
        rows_of("INSERT INTO accounts_region (code, name) VALUES (%s, NULL)", "999999")


def test_who_is_interrupted_while_waiting_leaves_no_answer_for_the_next():
    def interrupt(*_: object) -> None:
        raise TimeoutError

    usual = signal.signal(signal.SIGALRM, interrupt)
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.2)
        with pytest.raises(TimeoutError):
            rows_of("SELECT 'the answer of the first', pg_sleep(3600)")
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, usual)
    assert connection.connection.closed
    connection.close()
    assert rows_of("SELECT 'the answer of the next'") == [("the answer of the next",)]


def test_a_server_that_ends_the_session_is_heard():
    with pytest.raises(OperationalError):
        rows_of("SELECT pg_terminate_backend(pg_backend_pid())")
    connection.close()
    assert rows_of("SELECT 1") == [(1,)]
