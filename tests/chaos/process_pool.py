"""Processes that do something at the same moment: real ones, each with its own connection to PostgreSQL."""

import multiprocessing
import traceback
from collections.abc import Callable
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from typing import Any

import django
from django.apps import apps
from django.db import connection

if not apps.ready:  # in the process the others are forked from
    django.setup()

from accounts.policies import registry
from tests.concurrency import HUNG

Message = tuple[str | None, Any]  # the traceback of what failed, or what was returned


def ready_process(call: Callable[..., None], *given: Any) -> BaseProcess:
    """Return a process that makes a call when it is started, forked from one that has read the whole project."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.chaos.process_pool", "tests.chaos.race_calls"])
    return context.Process(target=call, args=given, daemon=True)


class ProcessPool:
    """Processes waiting for a call. They start with the first one, and anew after one of them has died or hung."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._processes: list[tuple[BaseProcess, Connection]] = []

    def call_at_once(self, call: Callable[..., Any], database: str, arguments: list[tuple[Any, ...]]) -> list[Any]:
        """Let as many processes as there are arguments make a call at once, on a database; return what they returned.

        Raises AssertionError with the process's own traceback when a call failed, and when a process died or hung.
        """
        assert len(arguments) <= self._size, "not so many in the pool"
        if not self._processes:
            self._start()
        acting = self._processes[: len(arguments)]
        try:
            for (_, pipe), given in zip(acting, arguments, strict=True):
                pipe.send((database, call, given))
            for process, pipe in acting:
                _receive(process, pipe)  # ready
            for _, pipe in acting:
                pipe.send("go")
            answers = [_receive(process, pipe) for process, pipe in acting]
        except (EOFError, OSError) as error:
            self.close()
            raise AssertionError("a process died or hung") from error
        failures = [failure for failure, _ in answers if failure is not None]
        assert not failures, failures[0]
        return [result for _, result in answers]

    def _start(self) -> None:
        for _ in range(self._size):
            ours, theirs = multiprocessing.Pipe()
            process = ready_process(_serve, theirs)
            process.start()
            theirs.close()
            self._processes.append((process, ours))

    def close(self) -> None:
        for process, pipe in self._processes:
            pipe.close()
            process.kill()
            process.join()
        self._processes = []


def _receive(process: BaseProcess, pipe: Connection) -> Message:
    """Return the next message. Raises EOFError when the process has died without one, TimeoutError when it hangs."""
    if not wait([pipe, process.sentinel], HUNG):
        raise TimeoutError
    if not pipe.poll():
        raise EOFError
    return pipe.recv()


def _serve(pipe: Connection) -> None:
    while True:
        try:
            database, call, given = pipe.recv()
        except EOFError:
            return
        connection.settings_dict["NAME"] = database
        registry.invalidate()
        connection.ensure_connection()
        pipe.send((None, "ready"))
        pipe.recv()
        try:
            pipe.send((None, call(*given)))
        except Exception:
            pipe.send((traceback.format_exc(), None))
        finally:
            connection.close()
