"""Operators read what they have to watch; nobody else reads anything."""

import json
import logging
import re
from datetime import timedelta

import pytest
from django.core.management import call_command
from django.db import connection

from accounts import errors
from accounts.codes import MessageState
from accounts.identity import day_counts
from accounts.identity.codes import DAYS_CODES
from accounts.models import OutboxMessage
from tests.factories.people import certno
from yibao import metrics
from yibao.lib import clock
from yibao.logs import JsonFormatter

TOKEN = "a-token-of-operators"


@pytest.fixture
def figures(client, settings):
    """Read /metrics as Prometheus does: name with labels → value."""
    settings.METRICS_TOKEN = TOKEN

    def read() -> dict[str, float]:
        response = client.get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"})
        assert response.status_code == 200
        lines = [line for line in response.content.decode().splitlines() if not line.startswith("#")]
        return {name: float(value) for name, value in (line.rsplit(" ", 1) for line in lines)}

    return read


@pytest.mark.django_db
class TestWhoReads:
    @pytest.mark.parametrize("given", ["", "Bearer ", "Bearer another", f"Bearer {TOKEN}x"])
    def test_without_the_token_there_is_no_such_page(self, client, settings, given):
        settings.METRICS_TOKEN = TOKEN
        assert client.get("/metrics", headers={"Authorization": given}).status_code == 404

    def test_while_no_token_is_set_nobody_reads(self, client, settings):
        settings.METRICS_TOKEN = ""
        assert client.get("/metrics", headers={"Authorization": "Bearer "}).status_code == 404


@pytest.mark.django_db
class TestWhatIsRead:
    def test_every_line_is_in_the_format(self, client, settings):
        settings.METRICS_TOKEN = TOKEN
        text = client.get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"}).content.decode()
        sample = r'[a-z_]+(\{[a-z]+="[\w.]+"(,[a-z]+="[\w.]+")*\})? -?[0-9.e+]+'
        assert all(re.fullmatch(rf"# (HELP|TYPE) .+|{sample}", line) for line in text.splitlines())

    def test_answers_and_refusals_are_counted(self, client, figures):
        errors.AccountsError()
        before = figures()
        client.get("/no-such-page/")
        errors.AccountsError()
        after = figures()
        assert after['yibao_responses_total{class="4xx"}'] == before['yibao_responses_total{class="4xx"}'] + 1
        reason = 'yibao_refusals_total{reason="AccountsError"}'
        assert after[reason] == before[reason] + 1

    def test_a_fault_of_ours_is_counted(self, client, figures, monkeypatch):
        client.raise_request_exception = False
        before = figures()
        monkeypatch.setattr("yibao.health._kept", lambda *_: 1 / 0)
        assert client.get("/readyz").status_code == 500
        assert figures()['yibao_responses_total{class="5xx"}'] == before['yibao_responses_total{class="5xx"}'] + 1

    def test_codes_and_what_is_left_of_the_day(self, figures, settings):
        settings.SMS_CODES_PER_DAY, settings.SMS_CODES_OF_STRANGERS_PER_DAY = 100, 2
        for _ in range(3):
            day_counts.use_today(DAYS_CODES, 100, clock.now())
        read = figures()
        assert read["yibao_codes_sent_today"] == 3
        assert read['yibao_codes_left_today{for="all"}'] == 97
        assert read['yibao_codes_left_today{for="strangers"}'] == 0

    def test_the_oldest_message_that_waits(self, figures):
        assert figures()["yibao_outbox_oldest_seconds"] == 0
        now = clock.now()
        waiting = (3, MessageState.WAITING), (2, MessageState.WAITING), (-9, MessageState.WAITING)  # one is not due yet
        for minutes, state in (*waiting, (9, MessageState.SENT)):
            OutboxMessage.objects.create(
                template="code",
                phone="19900000000",
                text="…",
                state=state,
                next_at=now,
                send_before=now,
                queued_at=now - timedelta(minutes=minutes),
            )
        assert 180 <= figures()["yibao_outbox_oldest_seconds"] < 540


def test_what_the_last_check_of_the_ledger_found(figures, policies_loaded):
    assert "yibao_ledger_findings" not in figures()
    call_command("verify_ledger")
    read = figures()
    assert read["yibao_ledger_findings"] == 0
    assert read["yibao_ledger_verified_at"] > 0


def test_vouchers_are_counted_once_each_and_when_they_are_settled(committed_db):
    postings, now = metrics._Postings(), clock.now()
    insert = """INSERT INTO accounts_voucher (kind, region, occurred_on, recorded_at, period, actor, reason, place_kind,
                place, key, payload_hash) VALUES ('use', '330300', now(), %s, '2026', 'system:x', '', '', '', %s, '')"""
    with connection.cursor() as cursor:
        cursor.execute(insert, [now - timedelta(minutes=6), "a"])
        cursor.execute(insert, [now, "b"])
    assert list(postings(now)) == [({"kind": "use"}, 1)]
    assert list(postings(now)) == [({"kind": "use"}, 1)]
    assert list(postings(now + timedelta(minutes=6))) == [({"kind": "use"}, 2)]


def test_a_line_of_the_log_is_one_document_and_quotes_nothing_that_failed():
    try:
        raise ValueError(f"invalid input: {certno(7)}")
    except ValueError as error:
        record = logging.LogRecord(
            "accounts", logging.ERROR, __file__, 1, "cannot %s", ("read",), (ValueError, error, error.__traceback__)
        )
    line = JsonFormatter().format(record)
    assert "\n" not in line
    assert certno(7) not in line
    document = json.loads(line)
    assert (document["level"], document["message"], document["error"]) == (
        "ERROR",
        "cannot read",
        "builtins.ValueError",
    )
    assert "test_metrics.py" in document["trace"][0]
