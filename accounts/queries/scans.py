"""材料影像: the pictures of a case that are kept, never with their content unless it is asked for."""

from datetime import date, datetime

from django.db.models import DateTimeField, QuerySet
from django.db.models.functions import Cast, Coalesce, Greatest

from accounts.codes import CaseState
from accounts.models import Case, CaseScan
from accounts.policies import registry

SCAN_ADDED = "case.scan_added"  # the audit event of taking a picture, which says its digest

# When a picture stopped being needed: its case ended, or was left alone.
_LEFT_AT = Coalesce(
    Greatest("case__done_at", "case__closed_at"),
    Greatest("uploaded_at", Cast("case__parked_until", DateTimeField())),
)


def takes_scans(region: str, on: date) -> bool:
    """Say whether the region keeps pictures of papers, by its terms of that day."""
    terms = registry.counter_or_none(region, on)
    return terms is not None and terms.scan_days is not None


def kept_scans(case: Case) -> QuerySet[CaseScan]:
    """Return the pictures of a case that are there, in the order of taking them, without content."""
    return CaseScan.objects.filter(case=case, purged_at=None).order_by("id").defer("content")


def left_before(region: str, moment: datetime) -> QuerySet[CaseScan]:
    """Return the pictures of a region whose case ended before a moment.

    A case that never ended is no reason to keep one either: then it is the day it was parked until, or the moment the
    picture was taken that counts. Only what waits for a second person keeps all of them.
    """
    rows = CaseScan.objects.filter(purged_at=None, case__region=region).exclude(case__state=CaseState.WAITING)
    return rows.annotate(left_at=_LEFT_AT).filter(left_at__lt=moment)
