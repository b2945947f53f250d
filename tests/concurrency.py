"""Several at the same moment, in threads with a connection each; and waits that end by what happens, never by a clock."""

import os
import threading
import time
from collections.abc import Callable

from django.db import connection

TRIES = 50
ROUNDS = int(os.environ.get("YIBAO_CHAOS_ROUNDS", "1"))  # of every race and kill; `make chaos` does many
HUNG = 1200.0 * ROUNDS  # seconds. Nothing that lives is so slow: what has not happened by then never will


def all_at_once(*calls: Callable[[], object], told: Callable[[Exception], object] = type) -> list[object]:
    """Let every call start at the same moment in its own session; return results in order, errors by their class.

    Or by whatever else is `told` of an error, such as its words (str).
    """
    together, results = threading.Barrier(len(calls)), [None] * len(calls)

    def run(number: int, call: Callable[[], object]) -> None:
        together.wait()
        try:
            results[number] = call()
        except Exception as error:
            results[number] = told(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=numbered) for numbered in enumerate(calls)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def is_lost(race: Callable[[], bool]) -> bool:
    """Run a race whose guard is taken away until it is lost: on a busy machine the first try may well be won."""
    return any(race() for _ in range(TRIES))


def in_a_session_of_its_own(call: Callable[[], object]) -> threading.Thread:
    """Start a call beside this one, with a connection of its own, and return its thread to be waited for."""

    def run() -> None:
        try:
            call()
        finally:
            connection.close()

    thread = threading.Thread(target=run)
    thread.start()
    return thread


def wait_until(happened: Callable[[], bool], *, unless: Callable[[], bool] = lambda: False) -> None:
    """Look until something has happened. Raises AssertionError when it no longer can, or when everything hangs."""
    end = time.monotonic() + HUNG
    while not happened():
        if unless():
            assert happened(), "it did not happen, and no longer can"
            return
        assert time.monotonic() < end, "hung"
        time.sleep(0.01)


def somebody_waits() -> bool:
    """Return whether a lock of this session is waited for."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_locks WHERE NOT granted AND pg_backend_pid() = ANY (pg_blocking_pids(pid))")
        return cursor.fetchone() is not None
