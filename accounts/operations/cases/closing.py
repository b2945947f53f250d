"""日结: a clerk ends the day by holding what was submitted against the receipts that were printed."""

from django.db import IntegrityError, transaction

from accounts.identity import audit
from accounts.identity.actors import Act
from accounts.models import DayClose
from accounts.operations.cases.access import CaseError, staff_at_counter
from accounts.queries.cases import counts_of_day, submitted_of_day


@transaction.atomic
def close_day(*, act: Act) -> DayClose:
    """Record the clerk's day as it stands now, once. Raises CaseError where it is closed already.

    It waits for what the clerk is submitting in another window, and is closed after all that it counts.
    """
    user, office = staff_at_counter(act, lock=True)
    counts = counts_of_day(user, act.on)
    last = submitted_of_day(user, act.on).last()
    try:
        with transaction.atomic():
            closing = DayClose.objects.create(
                office=office.code,
                clerk=user,
                day=act.on,
                submitted=counts.submitted,
                receipts=counts.receipts,
                without_receipt=counts.without_receipt,
                still_open=counts.still_open,
                at=max(act.at, last.submitted_at) if last and last.submitted_at else act.at,
            )
    except IntegrityError:
        raise CaseError("今天已经日结过了，每天只能日结一次") from None
    audit.record(act=act, verb="day.closed", detail={"submitted": counts.submitted, "receipts": counts.receipts})
    return closing
