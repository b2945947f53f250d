"""The report of each day, made once when the day is over."""

import json
from collections.abc import Iterator
from datetime import date, timedelta

from accounts.identity.actors import Act
from accounts.jobs.schedule import regions
from payments.reconciliation.models import DayReport
from payments.reconciliation.report import as_json, report_of

MOST_DAYS_BACK = 31  # that a site which stood still makes up for; earlier days are asked for by hand


def missing(today: date) -> Iterator[tuple[str, date]]:
    """Yield region and day of every report that is due: yesterday's, and those since the last one that was made."""
    yesterday = today - timedelta(days=1)
    for region in regions():
        last = DayReport.objects.filter(region=region).order_by("-day").values_list("day", flat=True).first()
        first = max(last + timedelta(days=1), today - timedelta(days=MOST_DAYS_BACK)) if last else yesterday
        for number in range((yesterday - first).days + 1):
            yield region, first + timedelta(days=number)


def make(*, act: Act, region: str, day: date) -> bool:
    """Make and keep the report of a day; False where somebody else has."""
    report = report_of(region, day)
    document = json.loads(json.dumps(as_json(report), default=str))
    kept = DayReport(region=region, day=day, differences=len(report.differences), document=document, made_at=act.at)
    DayReport.objects.bulk_create([kept], ignore_conflicts=True)
    return DayReport.objects.filter(region=region, day=day, made_at=act.at).exists()
