"""What every test relies on."""

from collections.abc import Iterator

import pytest
from django.conf import settings
from django.db import connection

# Pages name their files plainly: the manifest of collected files is made when the site is put up, not for tests.
settings.STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}

settings.STATIC_ROOT.mkdir(parents=True, exist_ok=True)  # WhiteNoise warns about a missing folder


@pytest.fixture
def transactional_db(transactional_db) -> Iterator[None]:
    """Let the flush after the test empty tables that refuse it. post_migrate, part of the flush, arms them again."""
    yield
    with connection.cursor() as cursor:
        cursor.execute("SELECT DISTINCT tgrelid::regclass::text FROM pg_trigger WHERE NOT tgisinternal")
        for (table,) in cursor.fetchall():
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
