"""Processes that do something at the same moment: real ones, each with its own connection to PostgreSQL."""

import multiprocessing
import os
import traceback
from collections.abc import Callable
from multiprocessing.connection import Connection
from typing import Any

START_WITHIN = 60


class ProcessPool:
    """Some processes waiting to act. Started once per test session, because each has to set Django up."""

    def __init__(self, size: int) -> None:
        context = multiprocessing.get_context("spawn")
        self._processes: list[tuple[Any, Connection]] = []
        for _ in range(size):
            ours, theirs = context.Pipe()
            process = context.Process(target=_serve, args=(theirs,), daemon=True)
            process.start()
            theirs.close()
            self._processes.append((process, ours))

    def call_at_once(
        self, call: Callable[..., Any], database: str, arguments: list[tuple[Any, ...]], within: float
    ) -> list[Any]:
        """Let as many processes as there are arguments make a call at once, on a database; return what they returned.

        Raises AssertionError with the process's own traceback when one failed, or did not come back in time.
        """
        acting = [pipe for _, pipe in self._processes[: len(arguments)]]
        assert len(acting) == len(arguments), "not so many in the pool"
        for pipe, given in zip(acting, arguments, strict=True):
            pipe.send((database, call, given))
        for pipe in acting:
            assert pipe.poll(START_WITHIN), "a process did not get ready"
            assert pipe.recv() == "ready"
        for pipe in acting:
            pipe.send("go")
        results = []
        for pipe in acting:
            assert pipe.poll(within), f"a process was not done within {within} s"
            failure, result = pipe.recv()
            assert failure is None, failure
            results.append(result)
        return results

    def close(self) -> None:
        for process, pipe in self._processes:
            pipe.close()
            process.join(timeout=5)
            if process.is_alive():
                process.kill()


def _serve(pipe: Connection) -> None:
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "yibao.settings")
    django.setup()
    from django.db import connection

    from accounts.policies import registry

    while True:
        try:
            database, call, given = pipe.recv()
        except EOFError:
            return
        connection.settings_dict["NAME"] = database
        registry.invalidate()
        connection.ensure_connection()
        pipe.send("ready")
        pipe.recv()
        try:
            pipe.send((None, call(*given)))
        except Exception:
            pipe.send((traceback.format_exc(), None))
        finally:
            connection.close()
