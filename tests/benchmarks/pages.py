"""The account page against a bare Django view that reads one row: same server, same middleware, same run."""

import http.client
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings
from django.contrib.auth import SESSION_KEY, get_user_model
from django.core.management import call_command
from django.test import Client

from accounts.queries.people import find_by_certno
from payments.demo import is_empty
from payments.demo.personas import PERSONAS
from tests.benchmarks import population
from tests.benchmarks.table import Figure, median
from yibao import servers

SAMPLES, SECONDS, CLIENTS = 3, 4.0, 4


def measure(people: int) -> list[Figure]:
    """Requests per second of both, in turn, with a demo citizen's five years of entries."""
    population.fresh_database()
    call_command("load_offices", verbosity=0)
    assert is_empty()
    call_command("seed_demo")
    cookie = _session()
    bare, page = [], []
    with _server() as port:
        for _ in range(SAMPLES):
            bare.append(_throughput(port, "/bare/", cookie))
            page.append(_throughput(port, "/account/", cookie))
    return [
        median("bare_view_requests_per_second", bare, "req/s"),
        median("account_page_requests_per_second", page, "req/s"),
        median("account_page_vs_bare_view", [p / b for p, b in zip(page, bare, strict=True)], "×", "≥ 0.5"),
    ]


def _session() -> str:
    user = get_user_model().objects.create_citizen(PERSONAS[0].phone)
    user.person = find_by_certno(PERSONAS[0].certno)
    user.save()
    client = Client()
    client.force_login(user)
    assert SESSION_KEY in client.session
    return f"{settings.SESSION_COOKIE_NAME}={client.cookies[settings.SESSION_COOKIE_NAME].value}"


@contextmanager
def _server() -> Iterator[int]:
    port = servers.free_port()
    command = [sys.executable, "-m", "yibao.web", f"--port={port}", "--threads=2"]
    environment = os.environ | {"DJANGO_SETTINGS_MODULE": "tests.benchmarks.settings"}
    call_command("collectstatic", interactive=False, verbosity=0)
    process = subprocess.Popen(command, env=environment)
    try:
        for _ in range(100):
            try:
                _get(http.client.HTTPConnection("127.0.0.1", port), "/bare/", "")
                break
            except ConnectionError:
                time.sleep(0.1)
        yield port
    finally:
        process.terminate()
        process.wait()


def _get(connection: http.client.HTTPConnection, path: str, cookie: str) -> int:
    connection.request("GET", path, headers={"Cookie": cookie})
    response = connection.getresponse()
    response.read()
    return response.status


def _throughput(port: int, path: str, cookie: str) -> float:
    counts = [0] * CLIENTS
    until = time.perf_counter() + SECONDS

    def ask(client: int) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", port)
        while time.perf_counter() < until:
            assert _get(connection, path, cookie) == 200
            counts[client] += 1

    threads = [threading.Thread(target=ask, args=(client,)) for client in range(CLIENTS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(counts) / SECONDS
