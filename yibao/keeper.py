"""Ends what `make run` started when `make run` has ended, in whatever way: Ctrl-C, a fault, kill -9.

    python -m yibao.keeper

It is told the processes on its standard input, one id a line, and waits for its end, which comes when nobody holds
the other side any more. Then it stops them, and the embedded PostgreSQL where nobody else uses it.
"""

import os
import signal
import sys
import time
from contextlib import suppress

from yibao import servers

STOP_WITHIN = 8  # seconds for a clean stop; then what is left is killed, and the database undoes its transaction


def main() -> None:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)  # whoever stops everything stops this last, by ending the input
    children = [int(line) for line in sys.stdin]
    _signal(children, signal.SIGTERM)
    deadline = time.monotonic() + STOP_WITHIN
    while any(map(servers.lives, children)) and time.monotonic() < deadline:
        time.sleep(0.05)
    _signal(children, signal.SIGKILL)
    if "DATABASE_URL" not in os.environ:
        servers.stop_postgres()


def _signal(children: list[int], number: signal.Signals) -> None:
    """Signal whole groups: each child leads one, and has children of its own."""
    for child in children:
        with suppress(ProcessLookupError):
            if number == signal.SIGTERM:
                os.kill(child, number)
            else:
                os.killpg(child, number)


if __name__ == "__main__":
    main()
