"""The one place that asks what time it is. Only doors call it; everything else is told."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

from django.utils import timezone

SHANGHAI = ZoneInfo("Asia/Shanghai")


def now() -> datetime:
    """Return the present instant, aware, in Asia/Shanghai."""
    return timezone.now().astimezone(SHANGHAI)


def today() -> date:
    """Return the present day in Asia/Shanghai, where every benefit year and deadline is counted."""
    return now().date()
