"""What the first visitor would otherwise wait for, done before a process takes requests."""

import gc
import logging

from django.conf import settings
from django.db import OperationalError, connection
from django.template.loader import get_template
from django.urls import get_resolver
from django.utils.translation import gettext

from accounts.policies import registry

log = logging.getLogger("yibao.warm")


def process() -> None:
    """Prepare what all threads share: addresses, templates, the rules in force."""
    get_resolver().url_patterns  # noqa: B018  reading it imports every view
    get_resolver()._populate()
    folder = settings.BASE_DIR / "templates"
    for path in sorted(folder.rglob("*.html")):
        get_template(str(path.relative_to(folder)))
    gettext("")  # reads the words of all packages
    try:
        registry.region_names()
    except OperationalError as error:
        log.warning("no database yet: %s", type(error).__name__)
    finally:
        connection.close()
    gc.collect()
    gc.freeze()  # walking through all that start-up made takes as long as several pages, in the midst of one


def thread() -> None:
    """Prepare what each thread has of its own: a connection to the database that has looked at every table once.

    The server's process behind it learns what a table is when it first meets it.
    """
    try:
        tables = connection.introspection.table_names()
        with connection.cursor() as cursor:
            cursor.execute("; ".join(f'SELECT * FROM "{table}" LIMIT 0' for table in tables) or "SELECT 1")
    except OperationalError as error:
        log.warning("no database yet: %s", type(error).__name__)
