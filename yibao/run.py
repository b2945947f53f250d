"""`make run`: bring everything up on one machine, and take everything down again on Ctrl-C.

PostgreSQL and Valkey come from wheels unless DATABASE_URL / REDIS_URL are set. Web, worker and beat run as the
application role, which may append to the ledger but not rewrite it.
"""

import io
import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from yibao import servers, web

PROCESSES, THREADS = 2, 4  # of the web


def main() -> int:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "yibao.settings")
    os.environ.setdefault("YIBAO_DEMO", "1")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    os.umask(0o077)  # files of people, the broker's log
    for folder in servers.var().glob("demo"):  # made by an earlier release
        folder.chmod(0o700)
    port = int(os.environ.get("PORT", "8000"))
    try:
        listener = web.listen("127.0.0.1", port)
    except OSError:
        print(f"端口 {port} 已被别的程序占用。换一个再试，例如：PORT={port + 1} make run", file=sys.stderr)
        return 1
    started = Started()
    try:
        if "DATABASE_URL" not in os.environ:
            servers.ensure_postgres()
            started.database = servers.postgres_pid()
        if "REDIS_URL" not in os.environ:
            broker = servers.Valkey(servers.var() / "valkey")
            broker.start()
            started.keep("消息服务 Valkey", broker.process)
            os.environ["REDIS_URL"] = broker.url
        _prepare()
        return _serve(listener, started)
    except KeyboardInterrupt:
        return 0
    finally:
        started.stop()


def _prepare() -> None:
    import django
    from django.core.management import call_command

    django.setup()
    from django.conf import settings
    from django.db import connection

    from payments import demo

    print("准备数据库…", flush=True)
    call_command("migrate", verbosity=0)
    call_command("collectstatic", interactive=False, verbosity=0)
    if settings.DEMO and demo.is_empty():
        print("空数据库：导入演示人员，并逐月补做几年的划入和年终结转（约一分钟）…", flush=True)
        call_command("seed_demo")
    call_command("load_policies", stdout=io.StringIO())
    call_command("load_offices", stdout=io.StringIO())
    connection.close()


@dataclass
class Started:
    """What this command has started. All of it is stopped by the keeper, which outlives also a kill -9 of this command."""

    database: int | None = None  # the embedded PostgreSQL
    parts: dict[str, "subprocess.Popen[bytes]"] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.keeper = subprocess.Popen(
            [sys.executable, "-m", "yibao.keeper"], stdin=subprocess.PIPE, start_new_session=True
        )

    def keep(self, name: str, process: "subprocess.Popen[bytes] | None") -> None:
        """Leave a process to the keeper, and go on only while it runs."""
        assert process
        assert self.keeper.stdin
        self.parts[name] = process
        self.keeper.stdin.write(b"%d\n" % process.pid)
        self.keeper.stdin.flush()

    def start(self, name: str, command: list[str], **more: Any) -> None:
        # Each in a session of its own, so that Ctrl-C reaches this process only and the stop is in our hands.
        self.keep(name, subprocess.Popen(command, start_new_session=True, **more))

    def ended(self) -> str | None:
        """Return the name of a part that is gone, or None while all are there."""
        for name, process in self.parts.items():
            if process.poll() is not None:
                return name
        if self.database is not None and not servers.lives(self.database):
            return "数据库 PostgreSQL"
        return None

    def stop(self) -> None:
        with suppress(BrokenPipeError):
            self.keeper.communicate()  # ends its input: it stops everything
        for process in self.parts.values():
            process.wait()


def _serve(listener: socket.socket, started: Started) -> int:
    environment = os.environ | {"DATABASE_ROLE": _role()}
    port = listener.getsockname()[1]
    python, celery = sys.executable, str(Path(sys.executable).parent / "celery")
    celery_part = [celery, "-A", "yibao.celery"]
    beat_pid = servers.var() / "beat.pid"
    beat_pid.unlink(missing_ok=True)
    serving = [python, "-m", "yibao.web", f"--fd={listener.fileno()}", f"--threads={THREADS}"]
    for number in range(1, PROCESSES + 1):
        started.start(f"网页服务 {number}", serving, env=environment, pass_fds=[listener.fileno()])
    started.start("后台任务", [*celery_part, "worker", "--concurrency=2", "--loglevel=warning"], env=environment)
    started.start("定时器", [*celery_part, "beat", "--loglevel=warning", f"--pidfile={beat_pid}"], env=environment)
    listener.close()
    _announce(port)
    while (gone := started.ended()) is None:
        time.sleep(0.5)
    print(f"{gone}停止了，其余的也一起停止。记录在 {servers.var()}；再次运行 make run 即可恢复。", file=sys.stderr)
    return 1


def _role() -> str:
    from django.db import connection

    from accounts.triggers import ROLE

    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_roles WHERE rolname = %s AND pg_has_role(current_user, oid, 'MEMBER')", [ROLE])
        role = ROLE if cursor.fetchone() else ""
    connection.close()
    return role


def _announce(port: int) -> None:
    from django.conf import settings

    from payments.demo import staff

    print(f"\n医保个人账户　http://localhost:{port}/　（Ctrl-C 停止）", flush=True)
    if not settings.DEMO:
        return
    print(f"短信发件箱（验证码在这里看）　http://localhost:{port}/dev/outbox/\n")
    print(staff.sign_ins())
    print(flush=True)


if __name__ == "__main__":
    sys.exit(main())
