"""Probes learn whether the process lives and could serve, and nothing else."""

import re

import pytest
from django.db import connection

from yibao import health


@pytest.fixture(autouse=True)
def _nothing_was_found_before():
    health.invalidate()
    yield
    health.invalidate()


def test_the_process_answers_without_asking_anything(client, django_assert_num_queries, db):
    with django_assert_num_queries(0):
        response = client.get("/healthz")
    assert (response.status_code, response.content) == (200, b"ok\n")
    assert "no-store" in response["Cache-Control"]


@pytest.mark.django_db
class TestReady:
    def test_everything_stands(self, client):
        response = client.get("/readyz")
        assert response.status_code == 200
        assert response.json() == {
            "ready": True,
            "checks": dict.fromkeys(["database", "migrations", "triggers", "clock", "redis"], "ok"),
        }

    def test_who_asks_often_is_told_what_was_found_and_costs_nothing(self, client, django_assert_num_queries):
        client.get("/readyz")
        with django_assert_num_queries(0):
            assert client.get("/readyz").status_code == 200

    def test_what_was_found_is_asked_anew_after_a_while(self, client, monkeypatch):
        client.get("/readyz")
        monkeypatch.setitem(health.CHECKS, "database", (lambda: False, 2.0))
        assert client.get("/readyz").status_code == 200
        now = health.time.monotonic()
        monkeypatch.setattr(health.time, "monotonic", lambda: now + 3)
        assert client.get("/readyz").status_code == 503

    def test_a_lost_trigger_takes_it_out_of_service(self, client):
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE accounts_transfer DISABLE TRIGGER USER")
        response = client.get("/readyz")
        assert response.status_code == 503
        assert response.json()["checks"]["triggers"] == "failing"

    def test_a_clock_that_is_wrong_takes_it_out_of_service(self, client, monkeypatch):
        now = health.clock.now()
        monkeypatch.setattr("yibao.lib.clock.now", lambda: now.replace(year=now.year - 1))
        assert client.get("/readyz").json()["checks"]["clock"] == "failing"

    def test_a_migration_to_come_takes_it_out_of_service(self, client):
        with connection.cursor() as cursor:
            cursor.execute("DELETE FROM django_migrations WHERE app = 'payments'")
        assert client.get("/readyz").json()["checks"]["migrations"] == "failing"

    def test_redis_is_reported_and_not_required(self, client, monkeypatch):
        def gone() -> bool:
            raise ConnectionError("redis://:secret@10.0.0.1")

        monkeypatch.setitem(health.CHECKS, "redis", (gone, 2.0))
        response = client.get("/readyz")
        assert response.status_code == 200
        assert response.json()["checks"]["redis"] == "failing"
        assert "secret" not in response.content.decode()

    def test_no_version_and_no_count_is_told(self, client):
        assert not re.search(r"\d", client.get("/readyz").content.decode())
