"""The cache: in the database, as JSON. Whoever can write there can change a count, and run nothing.

Django's own caches unpickle what they read: whoever writes to Redis, or to a table, would run code in the web process.
It needs no broker either, so staff sign in while that is down.
"""

import json
import math
import time
from typing import Any

from django.core.cache.backends.base import DEFAULT_TIMEOUT, BaseCache
from django.db import connection
from django.db.models import Q

from accounts.models import CachedValue


class JsonCache(BaseCache):
    """Values are what JSON can hold. Writes take part in the caller's transaction."""

    def __init__(self, location: str, params: dict[str, Any]) -> None:
        super().__init__(params)

    def get(self, key: str, default: Any = None, version: int | None = None) -> Any:
        value = _alive().filter(key=self._key(key, version)).values_list("value", flat=True).first()
        return default if value is None else json.loads(value)

    def set(self, key: str, value: Any, timeout: Any = DEFAULT_TIMEOUT, version: int | None = None) -> None:
        self._write(key, value, timeout, version, only_if="TRUE")

    def add(self, key: str, value: Any, timeout: Any = DEFAULT_TIMEOUT, version: int | None = None) -> bool:
        """Keep a value where there is none, in one statement: of several who add at once, one is told so."""
        return self._write(key, value, timeout, version, only_if="kept.expires <= %s", since=time.time())

    def touch(self, key: str, timeout: Any = DEFAULT_TIMEOUT, version: int | None = None) -> bool:
        rows = _alive().filter(key=self._key(key, version))
        return bool(rows.update(expires=self._until(timeout)))

    def delete(self, key: str, version: int | None = None) -> bool:
        return bool(CachedValue.objects.filter(key=self._key(key, version)).delete()[0])

    def clear(self) -> None:
        CachedValue.objects.all().delete()

    def _key(self, key: str, version: int | None) -> str:
        return str(self.make_and_validate_key(key, version=version))

    def _until(self, timeout: Any) -> int | None:
        """Return the second in which a value that is kept for so long is over."""
        until = self.get_backend_timeout(timeout)
        return None if until is None else math.ceil(until)

    def _write(
        self, key: str, value: Any, timeout: Any, version: int | None, *, only_if: str, since: float | None = None
    ) -> bool:
        now = [] if since is None else [since]
        with connection.cursor() as cursor:
            cursor.execute(
                f"""
                INSERT INTO accounts_cachedvalue AS kept (key, value, expires) VALUES (%s, %s, %s)
                ON CONFLICT (key) DO UPDATE SET value = EXCLUDED.value, expires = EXCLUDED.expires WHERE {only_if}
                RETURNING key
                """,
                [self._key(key, version), json.dumps(value), self._until(timeout), *now],
            )
            return cursor.fetchone() is not None


def purge() -> None:
    """Delete what has expired."""
    CachedValue.objects.filter(expires__lte=time.time()).delete()


def _alive() -> Any:
    return CachedValue.objects.filter(Q(expires=None) | Q(expires__gt=time.time()))
