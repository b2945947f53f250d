"""Run a money transaction again when the database broke it off: a deadlock, a lock time-out, a lost connection."""

import functools
import random
import time
from collections.abc import Callable
from typing import ParamSpec, TypeVar

import psycopg
from django.db import DatabaseError, connection
from psycopg import errors

_PASSING = (errors.DeadlockDetected, errors.SerializationFailure, errors.LockNotAvailable)
_LOST = (errors.AdminShutdown, errors.CrashShutdown, errors.CannotConnectNow, errors.IdleInTransactionSessionTimeout)
P = ParamSpec("P")
R = TypeVar("R")
TRIES = 5


def _is_lost(cause: BaseException | None) -> bool:
    """Say whether the connection broke. Asking it would not tell: on leaving a transaction Django connects anew."""
    if isinstance(cause, _LOST):
        return True
    return isinstance(cause, (psycopg.OperationalError, psycopg.InterfaceError)) and cause.sqlstate is None


def retrying(function: Callable[P, R]) -> Callable[P, R]:
    """Repeat the outermost transaction up to five times with a growing, jittered pause; then let the error out.

    The function must be idempotent: a commit whose reply was lost is repeated too, and its key finds the
    stored outcome. Inside a transaction nothing is repeated, since only the outermost one can start afresh.
    """

    @functools.wraps(function)
    def attempt(*args: P.args, **kwargs: P.kwargs) -> R:
        if connection.in_atomic_block:
            return function(*args, **kwargs)
        for attempts_left in reversed(range(TRIES)):
            try:
                return function(*args, **kwargs)
            except DatabaseError as error:
                lost = _is_lost(error.__cause__)
                if not attempts_left or not (lost or isinstance(error.__cause__, _PASSING)):
                    raise
                if lost:
                    connection.close()
                time.sleep(random.uniform(0.01, 0.05) * 2 ** (TRIES - attempts_left))
        raise AssertionError("unreachable")

    return attempt
