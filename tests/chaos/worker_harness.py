"""A real Celery worker on a broker of its own, with switches to kill -9 its parts."""

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from celery import Celery
from kombu.exceptions import OperationalError

from tests.concurrency import HUNG
from yibao.servers import Valkey

BIN = Path(sys.executable).parent


class WorkerHarness:
    """Broker and worker of one round. `beat` sends what a beat would; what is lost on the way is lost."""

    def __init__(self, folder: Path, app: Celery, module: str, database_url: str) -> None:
        self.app = app
        self.valkey = Valkey(folder / "valkey", durable=False)
        self.log = folder / "worker.log"
        self.module = module
        self.environment = os.environ | {
            "DATABASE_URL": database_url,
            "REDIS_URL": self.valkey.url,
            "YIBAO_CHUNK_PEOPLE": "10",
            "YIBAO_STALLED_SECONDS": "1",
            "CELERY_VISIBILITY_TIMEOUT": "2",
            "LOG_LEVEL": "WARNING",
        }
        self.worker: subprocess.Popen[bytes] | None = None
        self.kills: list[str] = []

    def __enter__(self) -> "WorkerHarness":
        self.valkey.start()
        self.start_worker()
        return self

    def __exit__(self, *error: object) -> None:
        self._kill_worker()
        self.valkey.stop()

    def start_worker(self) -> None:
        command = [BIN / "celery", "-A", self.module, "worker", "--concurrency=2", "--loglevel=warning"]
        command += ["--without-gossip", "--without-mingle", "--without-heartbeat"]
        with self.log.open("ab") as log:
            self.worker = subprocess.Popen(
                list(map(str, command)), env=self.environment, stdout=log, stderr=log, start_new_session=True
            )

    def supervise(self) -> None:
        """Start the worker again when it has ended by itself, as it does when a child dies while it starts."""
        if self.worker is not None and self.worker.poll() is not None:
            self.start_worker()

    def send(self, task: str, *arguments: object, expires: float | None = None) -> bool:
        """Send a message; False when the broker is not there."""
        try:
            with self.app.connection_for_write(self.valkey.url) as connection:
                self.app.send_task(task, arguments, connection=connection, retry=False, expires=expires)
        except OperationalError:
            return False
        return True

    def waiting(self) -> int:
        """Return how many messages are queued or in somebody's hands."""
        with self.app.connection_for_write(self.valkey.url) as connection:
            client = connection.default_channel.client
            return client.llen("celery") + client.hlen("unacked")

    # kill -9

    def kill(self, part: str, dice: random.Random) -> bool:
        """Kill a part; False when it is not there yet."""
        killed = bool(getattr(self, f"_kill_{part}")(dice))
        if killed:
            self.kills.append(part)
        return killed

    def _kill_child(self, dice: random.Random) -> bool:
        """Kill one of the processes that do the work; the worker replaces it."""
        children = self._children()
        if not children:
            return False
        try:
            os.kill(dice.choice(children), signal.SIGKILL)
        except ProcessLookupError:  # it ended by itself since it was listed
            return False
        return True

    def _kill_main(self, dice: random.Random) -> bool:
        """Kill the whole worker, as a power cut would, and start another."""
        if not self._children():
            return False  # still starting: killing it again and again would prove nothing
        self._kill_worker()
        self.start_worker()
        return True

    def _kill_broker(self, dice: random.Random) -> bool:
        """Kill the broker with everything in it; an empty one takes its place."""
        if not self._children():
            return False
        self.valkey.kill()
        time.sleep(dice.uniform(0, 0.5))
        self.valkey.start()
        return True

    def _kill_worker(self) -> None:
        if self.worker is not None:
            os.killpg(self.worker.pid, signal.SIGKILL)
            self.worker.wait()

    def _children(self) -> list[int]:
        assert self.worker is not None
        listed = subprocess.run(["ps", "-o", "pid=", "--ppid", str(self.worker.pid)], capture_output=True, text=True)
        return [int(pid) for pid in listed.stdout.split()]


def disturb(harness: WorkerHarness, kills: list[str], dice: random.Random, *, until: Callable[[], bool]) -> None:
    """Let it run until it is done, killing one part after the other at random moments, until all these were killed."""
    left = kills[::-1]
    hung = time.monotonic() + HUNG
    next_kill = time.monotonic() + dice.uniform(0.3, 1.2)
    while not until():
        assert time.monotonic() < hung, f"hung; see {harness.log}"
        harness.supervise()
        time.sleep(0.3)  # a beat, not a flood
        if time.monotonic() > next_kill and left:
            if harness.kill(left[-1], dice):
                left.pop()
            next_kill = time.monotonic() + dice.uniform(0.3, 1.2)
