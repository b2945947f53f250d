"""The web server: slow senders hold up nobody, its end answers what was begun, connections are kept and replaced."""

import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import psycopg
import pytest
from celery import Celery
from celery.fixups.django import DjangoWorkerFixup
from django.db import OperationalError, close_old_connections, connection
from django.template import engines
from django.test.utils import CaptureQueriesContext
from django.urls import get_resolver
from waitress.adjustments import Adjustments

from accounts.policies import registry
from tests import databases
from tests.yibao.web_process import LOOKS_UP, answer, site
from yibao import warm, web
from yibao.celery import app

HALF_A_HEADER = b"GET / HTTP/1.1\r\nHost: localhost\r\nX-Slow: a"
HALF_A_BODY = b"POST /login/ HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\nphone="


@contextmanager
def serving(application: Callable, threads: int = 2) -> Iterator[web.Server]:
    """Serve an application in this process; the port is server.effective_port."""
    listener = web.listen("127.0.0.1", 0)
    server = web.Server(
        application,
        {},
        _sock=listener,
        dispatcher=web.prepared_threads(threads, lambda: None),
        adj=Adjustments(sockets=[listener], threads=threads),
        bind_socket=False,
        sockinfo=(listener.family, listener.type, listener.proto, listener.getsockname()),
    )
    running = threading.Thread(target=server.run)
    running.start()
    try:
        yield server
    finally:
        server.stop()
        running.join()


def hello(environ: dict, start_response: Callable) -> list[bytes]:
    start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", "2")])
    return [b"ok"]


def half_sent(port: int, what: bytes, times: int) -> list[socket.socket]:
    senders = [socket.create_connection(("127.0.0.1", port)) for _ in range(times)]
    for sender in senders:
        sender.sendall(what)
    return senders


class TestSlowSenders:
    @pytest.mark.parametrize("half", [HALF_A_HEADER, HALF_A_BODY], ids=["headers", "body"])
    def test_who_sends_half_a_request_is_cut_off_after_a_while(self, half: bytes) -> None:
        with serving(hello) as server:
            (sender,) = half_sent(int(server.effective_port), half, 1)
            while not any(channel.request for channel in server.active_channels.values()):
                time.sleep(0.01)
            server.maintenance(time.time() + web.REQUEST_WITHIN - 1)
            assert not any(channel.will_close for channel in server.active_channels.values())
            server.maintenance(time.time() + web.REQUEST_WITHIN + 1)
            server.pull_trigger()
            assert sender.recv(100) == b""

    def test_a_byte_now_and_then_buys_no_time(self) -> None:
        with serving(hello) as server:
            (sender,) = half_sent(int(server.effective_port), HALF_A_HEADER, 1)
            while not any(channel.request for channel in server.active_channels.values()):
                time.sleep(0.01)
            (channel,) = server.active_channels.values()
            begun = channel.last_activity
            sender.sendall(b"b")
            while channel.last_activity == begun:
                time.sleep(0.01)
            server.maintenance(channel.request.since + web.REQUEST_WITHIN + 1)
            server.pull_trigger()
            assert sender.recv(100) == b""


def test_the_end_answers_what_was_begun_and_takes_nothing_new() -> None:
    begun, go_on = threading.Event(), threading.Event()

    def slow(environ: dict, start_response: Callable) -> list[bytes]:
        begun.set()
        go_on.wait()
        return hello(environ, start_response)

    answers: list[int] = []
    with serving(slow) as server:
        port = int(server.effective_port)
        visitor = threading.Thread(target=lambda: answers.append(answer(port)))
        visitor.start()
        begun.wait()
        server.stop()
        while server.socket.fileno() != -1:
            time.sleep(0.01)
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", port))
        go_on.set()
        visitor.join()
    assert answers == [200]


def _backends(name: str) -> set[tuple[int, str]]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pid, backend_start FROM pg_stat_activity WHERE datname = %s AND pid <> pg_backend_pid()", [name]
        )
        return {(pid, str(start)) for pid, start in cursor.fetchall()}


@pytest.fixture(scope="class")
def served(policies_template: str, django_db_blocker) -> Iterator[tuple[str, int]]:
    """The site in a process of its own; yields its database and its port."""
    name = f"{policies_template}_served"
    with (
        django_db_blocker.unblock(),
        databases.copied(policies_template, name),
        databases.database(name),
        site(databases.url_of(name)) as port,
    ):
        yield name, port


class TestTheSite:
    def test_half_sent_requests_hold_up_nobody_and_connections_are_kept(self, served: tuple[str, int]) -> None:
        name, port = served
        before = _backends(name)
        assert len(before) == 2, "each thread opened its own before the first visitor came"
        senders = half_sent(port, HALF_A_HEADER, 30) + half_sent(port, HALF_A_BODY, 30)
        assert [answer(port, "/account/", LOOKS_UP) for _ in range(8)] == [302] * 8
        assert _backends(name) == before
        for sender in senders:
            sender.close()

    def test_connections_that_the_server_has_ended_are_replaced(self, served: tuple[str, int]) -> None:
        name, port = served
        before = _backends(name)
        for pid, _ in before:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_terminate_backend(%s)", [pid])
        assert [answer(port, "/account/", LOOKS_UP) for _ in range(8)] == [302] * 8
        assert not before & _backends(name)


def test_without_a_look_at_its_health_an_ended_connection_breaks_a_request(committed_db: str) -> None:
    """The positive control of the two tests above."""
    for checked in (True, False):
        connection.ensure_connection()
        connection.health_check_enabled = checked
        with psycopg.connect(databases.url_of("postgres"), autocommit=True) as other:
            other.execute("SELECT pg_terminate_backend(%s, 60000)", [connection.connection.info.backend_pid])
        close_old_connections()
        try:
            with connection.cursor() as cursor:
                cursor.execute("SELECT 1")
            assert checked
        except OperationalError:
            assert not checked
            connection.close()
    connection.health_check_enabled = True


def test_a_worker_keeps_its_connection_from_task_to_task(committed_db: str) -> None:
    def process_at_the_server() -> int:
        connection.ensure_connection()
        return int(connection.connection.info.backend_pid)

    before = process_at_the_server()
    DjangoWorkerFixup(app).close_database()  # what Celery does after a task, and before the next
    close_old_connections()
    assert process_at_the_server() == before
    DjangoWorkerFixup(Celery("as it comes")).close_database()
    assert process_at_the_server() != before


def test_addresses_templates_and_rules_are_ready_before_the_first_visitor(committed_db: str) -> None:
    registry.invalidate()
    warm.process()
    assert get_resolver()._populated
    (engine,) = engines.all()
    (cached,) = engine.engine.template_loaders
    kept = cached.get_template_cache.values()  # and what an earlier test asked for in vain
    assert {"accounts/account.html", "layouts/citizen.html"} <= {getattr(template, "name", "") for template in kept}
    warm.thread()
    with CaptureQueriesContext(connection) as asked:
        registry.region_names()
    assert len(asked) == 0


@pytest.mark.parametrize(("entry", "waits_at_most"), [("yibao.wsgi", "15s"), ("yibao.celery", "0")])
def test_only_the_web_gives_up_a_long_statement(committed_db: str, entry: str, waits_at_most: str) -> None:
    program = (
        f"import {entry}, django; django.setup(); from django.db import connection as c;"
        "u = c.cursor(); u.execute('SHOW statement_timeout'); print(u.fetchone()[0])"
    )
    environment = {key: value for key, value in os.environ.items() if key != "DATABASE_TIMEOUTS"}
    environment |= {"DATABASE_URL": databases.url_of(committed_db)}
    shown = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True)
    assert shown.stdout.strip() == waits_at_most
