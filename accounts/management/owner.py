"""Commands that only the owner of the database may run: what they do, the application's role cannot (triggers)."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.core.management.base import CommandError
from django.db import IntegrityError

REFUSED = "23001"  # restrict_violation, as the triggers raise it


@contextmanager
def run_as_owner() -> Iterator[None]:
    """Say in words that a login of web and workers may not do this. Raises CommandError; nothing is done then."""
    try:
        yield
    except IntegrityError as error:
        if getattr(error.__cause__, "sqlstate", "") != REFUSED:
            raise
        raise CommandError(
            "没有办成，什么也没有改：这件事要用数据库属主的登录办（DATABASE_URL），网页和后台任务的登录不能办"
        ) from None
