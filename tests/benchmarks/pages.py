"""Three pages of a demo citizen: CPU of both sides, how many a second, and how long 200 people wait.

Beside each stands a view that runs the same statements, written out and prepared, over an equally kept connection, and
returns the same bytes: what Python does between the two is ours.
"""

import os
import pickle
import random
import signal
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path

import psutil
from django.conf import settings
from django.contrib.auth import SESSION_KEY, get_user_model
from django.core.management import call_command
from django.db import connection
from django.test import Client
from psycopg import ClientCursor

from accounts.queries.people import find_by_certno
from payments.demo import is_empty
from payments.demo.personas import PERSONAS
from tests.benchmarks import population
from tests.benchmarks.table import Figure, median
from yibao import web

PAGES = {"account": "/account/", "entries": "/account/entries/", "family": "/family/"}
STATEMENTS = "statements.pickle"  # in YIBAO_VAR: page → (statements, bytes), for tests/benchmarks/urls.py
SAMPLES, CPU_REQUESTS, SECONDS, CLIENTS = 3, 60, 3.0, 4
VISITORS, EVERY, VISIT_SECONDS = 200, 10.0, 20.0


def measure(people: int) -> list[Figure]:
    """Return the figures of design's speed goals that are about pages."""
    population.fresh_database(with_rules=False)
    call_command("load_offices", verbosity=0)
    assert is_empty()
    call_command("seed_demo")
    call_command("collectstatic", interactive=False, verbosity=0)
    cookie = _sign_in()
    with _server(processes=1, threads=2) as site:
        figures = [_first_pages(site, cookie), *_cpu(site, cookie), _beside_same_work(site, cookie)]
    with _server(processes=2, threads=web.THREADS) as site:
        rates = [_throughput(site.port, PAGES["account"], cookie, clients=8) for _ in range(SAMPLES)]
        figures.append(median("account_page_rps", rates, "req/s", "≥ 90"))
        figures.append(_waiting(site.port, cookie))
    return figures


class Site:
    """A running site: its port and its web processes, and since when."""

    def __init__(self, port: int, processes: list[subprocess.Popen[bytes]]) -> None:
        self.port, self.processes = port, processes

    def cpu_seconds(self) -> tuple[float, float]:
        """Return the CPU used so far by the web processes, and by the database for them."""
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
            backends = [pid for (pid,) in cursor.fetchall()]
        return _cpu_of([process.pid for process in self.processes]), _cpu_of(backends)


def _cpu_of(pids: list[int]) -> float:
    return sum(sum(psutil.Process(pid).cpu_times()[:2]) for pid in pids)


@contextmanager
def _server(processes: int, threads: int) -> Iterator[Site]:
    listener = web.listen("127.0.0.1", 0)
    command = [sys.executable, "-m", "yibao.web", f"--fd={listener.fileno()}", f"--threads={threads}"]
    environment = os.environ | {"DJANGO_SETTINGS_MODULE": "tests.benchmarks.settings"}
    site = Site(
        listener.getsockname()[1],
        [subprocess.Popen(command, env=environment, pass_fds=[listener.fileno()]) for _ in range(processes)],
    )
    listener.close()
    try:
        while _get(HTTPConnection("127.0.0.1", site.port), "/healthz", "") != 200:
            time.sleep(0.1)
        yield site
    finally:
        for process in site.processes:
            process.send_signal(signal.SIGTERM)
        for process in site.processes:
            process.wait()


def _sign_in() -> str:
    """Sign a demo citizen in, write down what their pages ask and answer, and return the cookie."""
    user = get_user_model().objects.create_citizen(PERSONAS[0].phone)
    user.person = find_by_certno(PERSONAS[0].certno)
    user.save()
    client = Client(SERVER_NAME="localhost")
    client.force_login(user)
    assert SESSION_KEY in client.session
    for page in PAGES.values():  # what is asked once only is not what every visitor waits for
        client.get(page)
    recorded = {name: _recorded(client, page) for name, page in PAGES.items()}
    (Path(settings.VAR) / STATEMENTS).write_bytes(pickle.dumps(recorded))
    return f"{settings.SESSION_COOKIE_NAME}={client.cookies[settings.SESSION_COOKIE_NAME].value}"


def _recorded(client: Client, page: str) -> tuple[list[str], bytes]:
    """Return the statements of a page with their values written in, and its bytes."""
    statements: list[str] = []

    def record(execute: Callable, sql: str, params: object, many: bool, context: dict) -> object:
        statements.append(ClientCursor(connection.connection).mogrify(sql, params))
        return execute(sql, params, many, context)

    with connection.execute_wrapper(record):
        response = client.get(page)
    assert response.status_code == 200, f"{page}: {response.status_code}"
    return statements, response.content


def _get(client: HTTPConnection, path: str, cookie: str) -> int:
    client.request("GET", path, headers={"Cookie": cookie} if cookie else {})
    response = client.getresponse()
    response.read()
    return response.status


def _timed(client: HTTPConnection, path: str, cookie: str) -> float:
    """Return how long a page took (ms)."""
    started = time.perf_counter()
    assert _get(client, path, cookie) == 200
    return (time.perf_counter() - started) * 1000


def _first_pages(site: Site, cookie: str) -> Figure:
    """How much longer the first visitor of a page waits than the later ones; the slowest page counts."""
    client, ratios = HTTPConnection("127.0.0.1", site.port), []
    first = {page: _timed(client, page, cookie) for page in PAGES.values()}
    for page, waited in first.items():
        ratios.append(waited / statistics.median(_timed(client, page, cookie) for _ in range(20)))
    return Figure("first_page_ratio", round(max(ratios), 3), "×", "≤ 1.5", [round(ratio, 3) for ratio in ratios])


def _cpu(site: Site, cookie: str) -> Iterator[Figure]:
    """CPU of one page, of the web process and of the database, and both again for the same work done raw."""
    client = HTTPConnection("127.0.0.1", site.port)
    for name, goal in (("account", "≤ 20"), ("entries", "≤ 25"), ("family", "≤ 20")):
        for kind, path, sent, goal_of in (("page", PAGES[name], cookie, goal), ("same_work", f"/same/{name}/", "", "")):
            samples = [_cpu_of_one(site, client, path, sent) for _ in range(SAMPLES)]
            both = [python + database for python, database in samples]
            yield median(f"{name}_{kind}_cpu_ms", both, "ms", goal_of)
            yield median(f"{name}_{kind}_cpu_database_ms", [database for _, database in samples], "ms")


def _cpu_of_one(site: Site, client: HTTPConnection, path: str, cookie: str) -> tuple[float, float]:
    before = site.cpu_seconds()
    for _ in range(CPU_REQUESTS):
        assert _get(client, path, cookie) == 200
    after = site.cpu_seconds()
    python, database = ((then - now) * 1000 / CPU_REQUESTS for now, then in zip(before, after, strict=True))
    return python, database


def _beside_same_work(site: Site, cookie: str) -> Figure:
    ratios = []
    for _ in range(SAMPLES):
        raw = _throughput(site.port, "/same/account/", "", CLIENTS)
        ratios.append(_throughput(site.port, PAGES["account"], cookie, CLIENTS) / raw)
    return median("account_page_vs_same_work", ratios, "×", "≥ 0.5")


def _throughput(port: int, path: str, cookie: str, clients: int) -> float:
    """Return the requests a second that so many clients get who ask again at once."""
    counts = [0] * clients
    until = time.perf_counter() + SECONDS

    def ask(number: int) -> None:
        client = HTTPConnection("127.0.0.1", port)
        while time.perf_counter() < until:
            assert _get(client, path, cookie) == 200
            counts[number] += 1

    _all([lambda number=number: ask(number) for number in range(clients)])
    return sum(counts) / SECONDS


def _waiting(port: int, cookie: str) -> Figure:
    """How long 200 people wait who open the account page every ten seconds (ms, 95th percentile)."""
    waited: list[float] = []
    dice = random.Random(1)
    starts = [dice.uniform(0, EVERY) for _ in range(VISITORS)]
    begin = time.perf_counter()

    def visit(start: float) -> None:
        client = HTTPConnection("127.0.0.1", port, timeout=60)
        for click in range(int(VISIT_SECONDS / EVERY)):
            time.sleep(max(0.0, begin + start + click * EVERY - time.perf_counter()))
            waited.append(_timed(client, PAGES["account"], cookie))
            client.close()

    _all([lambda start=start: visit(start) for start in starts])
    assert len(waited) == VISITORS * int(VISIT_SECONDS / EVERY), "somebody was not answered"
    return Figure("account_page_p95_ms", round(statistics.quantiles(waited, n=20)[-1], 1), "ms", "≤ 300")


def _all(calls: list[Callable[[], None]]) -> None:
    threads = [threading.Thread(target=call) for call in calls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
