"""The canary: what is personal in these tests can be told at sight, so any leak of it sings.

Made-up certificates begin with 999902, phones with 199000, and people of the factories are all called 晓明. None of
this may stand in a log line (tracebacks included), in an address, in the broker, or in the log of the database.
"""

import logging
import os
import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote_plus

import redis

PERSONAL = re.compile(r"999902\d{11}[\dXx]|199000\d{5}|晓明")


class Canary(logging.Handler):
    """Listens to every log line and every request of this process, and keeps those that tell of somebody."""

    def __init__(self) -> None:
        super().__init__()
        self.setFormatter(logging.Formatter("%(name)s %(message)s"))
        self.captured: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.look(self.format(record))

    def look(self, text: str) -> None:
        if PERSONAL.search(text):
            self.captured.append(text)

    def look_at_address(self, environ: dict[str, str] | None = None, **signal: object) -> None:
        if environ:
            address = f"{environ.get('PATH_INFO', '')}?{environ.get('QUERY_STRING', '')}"
            self.look(unquote_plus(address.encode("latin-1", "replace").decode("utf-8", "replace")))

    def look_at_broker(self) -> None:
        """Look through everything that this process left with the broker: messages, counters, caches."""
        with redis.Redis.from_url(os.environ["REDIS_URL"]) as broker:
            for key in broker.scan_iter():
                self.look(f"{key!r} {[*_values(broker, key)]!r}")

    def look_at_file(self, path: Path) -> None:
        if path.exists():
            with path.open(encoding="utf-8", errors="replace") as lines:
                for line in lines:
                    self.look(line)


def _values(broker: redis.Redis, key: bytes) -> Iterator[object]:
    match broker.type(key):
        case b"string":
            yield broker.get(key)
        case b"list":
            yield from broker.lrange(key, 0, -1)
        case b"hash":
            yield from broker.hgetall(key).items()
        case b"set":
            yield from broker.smembers(key)
        case b"zset":
            yield from broker.zrange(key, 0, -1)
