"""The site in a process of its own, as `make run` and a deployment serve it."""

import http.client
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings

from yibao import web


def answer(port: int, path: str = "/", headers: dict[str, str] | None = None) -> int:
    client = http.client.HTTPConnection("127.0.0.1", port)
    client.request("GET", path, headers=headers or {})
    response = client.getresponse()
    response.read()
    client.close()
    return response.status


@contextmanager
def site(database: str, **environment: str) -> Iterator[int]:
    """Serve the site itself, in a process of its own, as `make run` does; yield its port."""
    listener = web.listen("127.0.0.1", 0)
    command = [sys.executable, "-m", "yibao.web", f"--fd={listener.fileno()}", "--threads=2"]
    process = subprocess.Popen(
        command, env=os.environ | {"DATABASE_URL": database} | environment, pass_fds=[listener.fileno()]
    )
    port = listener.getsockname()[1]
    listener.close()
    try:
        assert answer(port, "/healthz") == 200
        yield port
    finally:
        process.terminate()
        assert process.wait() == 0


# A session that is not there has to be looked for, in the database, before the page sends to the sign-in.
LOOKS_UP = {"Cookie": f"{settings.SESSION_COOKIE_NAME}=abcdefghijklmnopqrstuvwxyz012345"}
