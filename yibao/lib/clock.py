"""The one place that asks what time it is. Only doors call it; everything else is told."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import date, datetime
from zoneinfo import ZoneInfo

from django.utils import timezone

SHANGHAI = ZoneInfo("Asia/Shanghai")
_set_to: ContextVar[datetime | None] = ContextVar("set_to", default=None)


def now() -> datetime:
    """Return the present instant, aware, in Asia/Shanghai."""
    return (_set_to.get() or timezone.now()).astimezone(SHANGHAI)


def today() -> date:
    """Return the present day in Asia/Shanghai, where every benefit year and deadline is counted."""
    return now().date()


@contextmanager
def set_to(moment: datetime) -> Iterator[None]:
    """Let the clock stand at an aware instant for what is done inside, in this thread: the demo lives through its past."""
    before = _set_to.set(moment)
    try:
        yield
    finally:
        _set_to.reset(before)
