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
from pathlib import Path

from yibao import servers

STOP_WITHIN = 8  # seconds for a clean stop; then what is left is killed, and the database undoes its transaction


def main() -> int:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "yibao.settings")
    os.environ.setdefault("YIBAO_DEMO", "1")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    valkey = None
    port = int(os.environ.get("PORT", "8000"))
    if _taken(port):
        print(f"端口 {port} 已被别的程序占用。换一个再试，例如：PORT={port + 1} make run", file=sys.stderr)
        return 1
    try:
        servers.ensure_postgres()
        if "REDIS_URL" not in os.environ:
            valkey = servers.Valkey(servers.var() / "valkey")
            valkey.start()
            os.environ["REDIS_URL"] = valkey.url
        _prepare()
        return _serve(port)
    except KeyboardInterrupt:
        return 0
    finally:
        if valkey is not None:
            valkey.stop()


def _taken(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _prepare() -> None:
    import django
    from django.core.management import call_command

    django.setup()
    from django.db import connection

    from payments import demo

    print("准备数据库…", flush=True)
    call_command("migrate", verbosity=0)
    call_command("collectstatic", interactive=False, verbosity=0)
    call_command("load_policies", stdout=io.StringIO())
    call_command("load_offices", stdout=io.StringIO())
    if demo.is_empty():
        print("空数据库：导入演示人员，并逐月补做几年的划入和年终结转（约半分钟）…", flush=True)
        call_command("seed_demo")
    connection.close()


def _serve(port: int) -> int:
    environment = os.environ | {"DATABASE_ROLE": _role()}
    here = Path(sys.executable).parent
    commands = [
        [here / "gunicorn", "yibao.wsgi", f"--bind=127.0.0.1:{port}", "--workers=2", "--threads=2"]
        + ["--log-level=warning"],
        [here / "celery", "-A", "yibao.celery", "worker", "--concurrency=2", "--loglevel=warning"],
        [
            here / "celery",
            "-A",
            "yibao.celery",
            "beat",
            "--loglevel=warning",
            f"--pidfile={servers.var() / 'beat.pid'}",
        ],
    ]
    (servers.var() / "beat.pid").unlink(missing_ok=True)
    # Each in a session of its own, so that Ctrl-C reaches this process only and the stop is in our hands.
    children = [
        subprocess.Popen([str(part) for part in command], env=environment, start_new_session=True)
        for command in commands
    ]
    try:
        _announce(port)
        while all(child.poll() is None for child in children):
            time.sleep(0.5)
        print("有一个进程意外退出，全部停止。", file=sys.stderr)
        return 1
    finally:
        _stop(children)


def _role() -> str:
    from django.db import connection

    from accounts.triggers import ROLE

    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_roles WHERE rolname = %s AND pg_has_role(current_user, oid, 'MEMBER')", [ROLE])
        role = ROLE if cursor.fetchone() else ""
    connection.close()
    return role


def _announce(port: int) -> None:
    from payments.demo import staff

    print(f"\n医保个人账户　http://localhost:{port}/　（Ctrl-C 停止）")
    print(f"短信发件箱（验证码在这里看）　http://localhost:{port}/dev/outbox/\n")
    print(staff.sign_ins())
    print(flush=True)


def _stop(children: list["subprocess.Popen[bytes]"]) -> None:
    for child in children:
        if child.poll() is None:
            child.terminate()
    deadline = time.monotonic() + STOP_WITHIN
    for child in children:
        try:
            child.wait(timeout=max(0.1, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            os.killpg(child.pid, signal.SIGKILL)
            child.wait()


if __name__ == "__main__":
    sys.exit(main())
