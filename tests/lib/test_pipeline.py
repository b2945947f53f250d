"""Several statements in one round trip: what they are told arrives as it is, and a failure leaves nothing half read."""

import signal
from datetime import date, datetime

import psycopg
import pytest
from django.db import DataError, IntegrityError, OperationalError, connection, transaction

from accounts.models import OutboxMessage, Region
from yibao.lib import pipeline
from yibao.lib.clock import SHANGHAI
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


class TestCommittingAlong:
    ADD = Statement("INSERT INTO accounts_region (code, name) VALUES ('999902', '试验市')")

    def is_seen_by_others(self) -> bool:
        with psycopg.connect(**connection.get_connection_params()) as other:
            return other.execute("SELECT 1 FROM accounts_region WHERE code = '999902'").fetchone() is not None

    def test_others_see_it_before_the_block_is_left(self):
        with transaction.atomic():
            pipeline.send(self.ADD, commit=True)
            assert self.is_seen_by_others()
        assert rows_of("SELECT 1") == [(1,)]

    def test_what_waits_for_the_commit_follows_when_the_block_is_left(self):
        done = []
        with transaction.atomic():
            transaction.on_commit(lambda: done.append("told"))
            pipeline.send(self.ADD, commit=True)
            assert done == []
        assert done == ["told"]

    def test_within_somebody_else_s_transaction_nothing_is_committed(self):
        with transaction.atomic():
            with transaction.atomic():
                pipeline.send(self.ADD, commit=True)
            assert not self.is_seen_by_others()
            transaction.set_rollback(True)
        assert not self.is_seen_by_others()

    def test_a_statement_that_fails_keeps_the_commit_from_running(self):
        with pytest.raises(DataError), transaction.atomic():
            pipeline.send(self.ADD, Statement("SELECT 1 / %s::int", [0]), commit=True)
        assert not self.is_seen_by_others()

    def test_what_is_only_checked_at_the_commit_fails_there(self):
        nobody = Statement(
            "INSERT INTO accounts_pot (region, kind, person_id, balance_fen) VALUES ('1', 'carried', 0, 0)"
        )
        with pytest.raises(IntegrityError), transaction.atomic():
            pipeline.send(self.ADD, nobody, commit=True)
        assert not self.is_seen_by_others()


class TestInserting:
    def test_gives_each_row_its_id_and_says_what_only_the_database_knows(self):
        first, second = Region(code="999902", name="甲"), Region(code="999903", name="乙")
        pipeline.insert(pipeline.Insertion(first, second, name="%s || (SELECT '市'::text)"))
        assert dict(Region.objects.filter(code__startswith="9999").values_list("code", "name")) == {
            "999902": "甲市",
            "999903": "乙市",
        }
        assert not first._state.adding

    def test_keeps_what_is_sealed_sealed_and_nothing_as_nothing(self):
        at = datetime(2026, 3, 1, 9, tzinfo=SHANGHAI)
        message = OutboxMessage(template="x", phone="13800000000", next_at=at, queued_at=at, send_before=at)
        pipeline.insert(pipeline.Insertion(message))
        kept = OutboxMessage.objects.get(pk=message.pk)
        assert (str(kept.phone), kept.sent_at, kept.is_secret, kept.next_at) == ("13800000000", None, False, at)

    def test_of_a_key_that_is_taken_tells_and_inserts_nothing(self):
        with pytest.raises(IntegrityError), transaction.atomic():
            pipeline.insert(*(pipeline.Insertion(Region(code="999902", name=name)) for name in ("甲", "乙")))
        assert not Region.objects.filter(code="999902").exists()


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
