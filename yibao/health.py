"""Is this process alive, and could it serve? For load balancers and probes; strangers learn no version and no count."""

import logging
import secrets
from collections.abc import Callable
from datetime import timedelta

import redis
from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.db import connection, transaction
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from accounts import triggers
from accounts.models import DayCount
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

    Redis is reported and not required: without it messages wait in the database and nothing is lost.
    """
    checks = {name: _passes(name, check) for name, check in CHECKS.items()}
    ready = all(checks[name] for name in CHECKS if name not in NOT_REQUIRED)
    words = {name: "ok" if passed else "failing" for name, passed in checks.items()}
    return JsonResponse({"ready": ready, "checks": words}, status=200 if ready else 503)


def _passes(name: str, check: Callable[[], bool]) -> bool:
    try:
        return check()
    except Exception as error:  # whatever it is, the answer is that it does not work
        log.warning("readiness: %s: %s", name, type(error).__name__)
        return False


def _database() -> bool:
    """Write a row, read it, and undo it."""
    what = f"ready-{secrets.token_hex(4)}"
    with transaction.atomic():
        row = DayCount.objects.create(what=what, day=clock.today(), used=1)
        found = DayCount.objects.filter(pk=row.pk, what=what).exists()
        transaction.set_rollback(True)
    return found


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


CHECKS: dict[str, Callable[[], bool]] = {
    "database": _database,
    "migrations": _migrations,
    "triggers": _triggers,
    "clock": _clock,
    "redis": _redis,
}
NOT_REQUIRED = {"redis"}
