"""Pytest plugin, loaded before Django: the embedded PostgreSQL and a Valkey for the whole test run.

DATABASE_URL and REDIS_URL, when set, are used instead. Each xdist worker has its own test database (pytest-django)
and its own Redis database number.
"""

import atexit
import os

os.environ.setdefault("YIBAO_VAR", "var/test")
os.environ.setdefault("YIBAO_DEMO", "1")  # http on localhost; the deployment checks are tested with it off

from yibao import servers

servers.ensure_postgres()

if "REDIS_URL" not in os.environ:
    valkey = servers.Valkey(servers.var() / "valkey", durable=False)
    valkey.start()
    atexit.register(valkey.stop)
    os.environ["REDIS_URL"] = valkey.url

if worker := os.environ.get("PYTEST_XDIST_WORKER"):
    base = os.environ["REDIS_URL"].rsplit("/", 1)[0]
    os.environ["REDIS_URL"] = f"{base}/{int(worker.removeprefix('gw')) + 1}"
