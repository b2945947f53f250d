"""The books against the facts: what stands credited for each year, and what it is worth by the facts as they are known.

The ledger's own invariants say that the books agree with themselves. This says that they agree with the world: nobody is
credited without the payment that is asked for, no month in two regions, nothing that is paid for is forgotten, and a
closed year has not moved. A year about which something has come in since its last run is left out: the next run has it.
"""

from collections.abc import Iterator
from itertools import islice

from accounts.codes import JobKind, PotKind, VoucherKind
from accounts.jobs import rollover, runs
from accounts.jobs.differences import Difference
from accounts.jobs.job import Outcome
from accounts.jobs.monthly import corrections, window
from accounts.jobs.new_facts import new_facts_at
from accounts.jobs.places import places
from accounts.jobs.yearly.cases import differences_of, year_of
from accounts.ledger import book_years
from accounts.ledger.verify import SHOWN, Finding
from accounts.models import BookYear, Chunk, Pot, Run, Voucher
from yibao.lib.periods import Period

# Bills that come late keep the day of the treatment; what is credited or corrected after the close does not.
_CREDITS = [kind for kind in VoucherKind if kind.is_credit or kind.is_correction]
CREDIT = "划入与参保、缴费事实相符"
CLOSED = "结账以后，这一年的账没有再动"


def findings() -> Iterator[Finding]:
    """Yield the checks that do not hold, with the first offending rows."""
    for name, rows in ((CREDIT, _credit_differences()), (CLOSED, _closed_years_moved())):
        if found := tuple(islice(rows, SHOWN)):
            yield Finding(name, found)


def _credit_differences() -> Iterator[dict[str, object]]:
    for region in Pot.objects.filter(kind=PotKind.FUND).order_by("region").values_list("region", flat=True):
        accruals = Run.objects.filter(kind=JobKind.ACCRUAL, region=region).order_by("period")
        parsed = [(run, Period.parse(run.period)) for run in accruals]
        for run, period in parsed:
            if period.is_year and new_facts_at(region, period.year, run.opened_at) is None:
                yield from _of_year(run, period)
        months = [run for run, period in parsed if period.is_month]
        last = months[-1] if months else None
        if last and new_facts_at(region, book_years.year_of(region, last.on), last.opened_at) is None:
            yield from _of_months(last)


def _of_year(run: Run, period: Period) -> Iterator[dict[str, object]]:
    year = year_of(run, closed=book_years.is_closed(run.region, period.year))
    for first, until in runs.ranges(run.region):
        chunk = Chunk(run=run, from_person=first, until_person=until)
        for difference in differences_of(run, chunk, year, Outcome()):
            yield _row(run.region, difference)


def _of_months(run: Run) -> Iterator[dict[str, object]]:
    """Look at every month up to the last run's, for everybody: what its own run left to a later one is due by now."""
    span = window.of(run)
    for first, until in runs.ranges(run.region):
        chunk = Chunk(run=run, from_person=first, until_person=until)
        people = set(
            Pot.objects.filter(
                region=run.region, kind=PotKind.CARRIED, person_id__gte=first, person_id__lt=until
            ).values_list("person_id", flat=True)
        )
        again = corrections.look_again(run, chunk, span, people, places(chunk, run.region), run.on)
        for difference in again.differences:
            yield _row(run.region, difference)


def _row(region: str, difference: Difference) -> dict[str, object]:
    return {
        "region": region,
        "period": str(difference.year),
        "person": difference.person,
        "posted_fen": difference.posted_fen,
        "due_fen": difference.worth_fen,
    }


def _closed_years_moved() -> Iterator[dict[str, object]]:
    for book in BookYear.objects.filter(closed_at__isnull=False).order_by("region", "year"):
        start, end = rollover.year_range(book.region, book.year)
        moved = Voucher.objects.filter(
            region=book.region,
            kind__in=_CREDITS,
            occurred_on__gte=start,
            occurred_on__lt=end,
            recorded_at__gt=book.closed_at,
        )
        for voucher in moved.order_by("pk")[:SHOWN]:
            yield {"region": book.region, "year": book.year, "voucher": voucher.pk, "kind": voucher.kind}
