"""Is this process alive, and could it serve? For load balancers and probes; strangers learn no version and no count."""

import logging
import threading
import time
from collections.abc import Callable
from datetime import timedelta

import redis
from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from accounts import triggers
from yibao.lib import clock

log = logging.getLogger("yibao.health")

MOST_SKEW = timedelta(seconds=2)


@login_not_required
@never_cache
@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    """Say that the process answers. Asks nothing else."""
    return HttpResponse("ok\n", content_type="text/plain")


@login_not_required
@never_cache
@require_safe
def readyz(request: HttpRequest) -> HttpResponse:
    """Say whether this process could serve: 200, or 503 with the name of what is wrong.

    Redis is reported and not required: without it messages wait in the database and nothing is lost. Anybody may ask
    as often as they like: what was found is said again for a while.
    """
    with _asking:
        checks = {name: _kept(name, check, seconds) for name, (check, seconds) in CHECKS.items()}
    ready = all(checks[name] for name in CHECKS if name not in NOT_REQUIRED)
    words = {name: "ok" if passed else "failing" for name, passed in checks.items()}
    return JsonResponse({"ready": ready, "checks": words}, status=200 if ready else 503)


_asking = threading.Lock()
_found: dict[str, tuple[float, bool]] = {}


def invalidate() -> None:
    """Ask everything anew at the next request."""
    _found.clear()


def _kept(name: str, check: Callable[[], bool], seconds: float) -> bool:
    """Return what a check found at most so long ago."""
    at, passed = _found.get(name, (-seconds, False))
    if time.monotonic() - at < seconds:
        return passed
    passed = _passes(name, check)
    _found[name] = (time.monotonic(), passed)
    return passed


def _passes(name: str, check: Callable[[], bool]) -> bool:
    try:
        return check()
    except Exception as error:  # whatever it is, the answer is that it does not work
        log.warning("readiness: %s: %s", name, type(error).__name__)
        return False


def _database() -> bool:
    """Ask for the simplest answer, of a server that takes writes."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT NOT pg_is_in_recovery()")
        return bool(cursor.fetchone()[0])


def _migrations() -> bool:
    executor = MigrationExecutor(connection)
    return not executor.migration_plan(executor.loader.graph.leaf_nodes())


def _triggers() -> bool:
    return not triggers.missing()


def _clock() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        return bool(abs(cursor.fetchone()[0] - clock.now()) < MOST_SKEW)


def _redis() -> bool:
    with redis.Redis.from_url(settings.REDIS_URL, socket_timeout=1, socket_connect_timeout=1) as broker:
        return bool(broker.ping())


# Each with how many seconds its answer is kept. Migrations and triggers change when somebody deploys.
CHECKS: dict[str, tuple[Callable[[], bool], float]] = {
    "database": (_database, 2.0),
    "migrations": (_migrations, 60.0),
    "triggers": (_triggers, 60.0),
    "clock": (_clock, 60.0),
    "redis": (_redis, 2.0),
}
NOT_REQUIRED = {"redis"}
