"""One person's benefit year: what it is worth as far as is known today, and what was posted for it."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from accounts.codes import EnrolmentStatus, JobKind, VoucherKind
from accounts.jobs import differences, people, posted, rollover
from accounts.jobs.differences import Difference
from accounts.jobs.going_live import live_month
from accounts.jobs.job import NEVER_PAID, Outcome
from accounts.jobs.places import has_paid, places, verdict
from accounts.jobs.yearly.facts import Bases, PaidMonths, bases_of, paid_months
from accounts.models import Chunk, Run
from accounts.policies import formulas, registry
from accounts.policies.entitlement import NotDue, Place
from accounts.policies.formulas import CannotCreditError, MonthFacts, Span
from accounts.policies.status import Status, status_on
from accounts.policies.terms import CreditTerms
from accounts.policies.terms.credit import PAID_WITHIN, TAKE_BACK_UNPAID
from yibao.lib.months import Month, month_range
from yibao.lib.periods import Period


@dataclass(frozen=True, slots=True)
class Year:
    """The benefit year of a run: its months credited here, the version in force in each, and how payment counts.

    `paid_since`: a payment for a month from this one on shows that somebody pays. `settled`: the year is over and the
    region takes back what was not paid for. `on`: the day that corrections stand on; a closed year is not posted into,
    so there it is the day of the run.
    """

    region: str
    period: Period
    start: date
    end: date
    months: list[Month]
    versions: list[str]
    paid_since: Month
    settled: bool
    closed: bool
    on: date


def year_of(run: Run, *, closed: bool) -> Year:
    """Return the benefit year a run is about. Months before the region's go-live were the old system's."""
    period = Period.parse(run.period)
    start, end = rollover.year_range(run.region, period.year)
    live = live_month(run.region)
    first = max(Month.of(start), live) if live else Month.of(start)
    months = list(month_range(first, Month.of(end)))
    begin = registry.credit(run.region, start)
    last = registry.credit(run.region, months[-1].first if months else start)
    return Year(
        region=run.region,
        period=period,
        start=start,
        end=end,
        months=months,
        versions=[str(registry.version_on(run.region, CreditTerms, max(month.first, start)).id) for month in months],
        paid_since=Month.of(start) + -(begin.precredit_paid_within or PAID_WITHIN),
        settled=run.on >= end and last.unpaid_months == TAKE_BACK_UNPAID and (closed or _is_settled(run, end)),
        closed=closed,
        on=run.on if closed else min(max(run.on, start), end - timedelta(days=1)),
    )


def _is_settled(run: Run, end: date) -> bool:
    """Say whether this is the settlement, or comes after it: until then nothing is taken back for want of payment."""
    return (
        run.kind == JobKind.TRUEUP
        or Run.objects.filter(kind=JobKind.TRUEUP, region=run.region, period=run.period, on__gte=end).exists()
    )


def differences_of(run: Run, chunk: Chunk, year: Year, outcome: Outcome) -> Iterator[Difference]:
    """Yield what is to be posted; count who is or was credited for the year, and note who is left out, and why."""
    bases = bases_of(run, chunk, year.start, year.end)
    paid = paid_months(run, chunk, year.paid_since, year.end)
    histories = _histories(run, chunk, year, paid)
    so_far = posted.of_year(run, chunk, year.period)
    known = sorted(histories.keys() | so_far.keys())  # also who, by what was withdrawn, was never here
    births = people.births(known)
    elsewhere = places(chunk, run.region)
    version = registry.version_on(run.region, CreditTerms, year.start).id
    for person in known:
        history = histories.get(person, [])
        status = status_on(history, run.on)
        left = status is None or status.status != EnrolmentStatus.NORMAL
        place = Place(history, paid.get(person, PaidMonths(year.paid_since)))
        about = (elsewhere.get(person), bases.get(person, []), formulas.age_on(births[person], year.start))
        now = Place([row for row in history if row.from_on <= run.on], place.paid) if left else place
        spans, first_on, not_due = _spans(year, now, *about)
        before = so_far.get(person)
        if run.kind == JobKind.ACCRUAL:
            outcome.skips += [(person, *skip) for skip in _skips(run, not_due, place)]
        if before is None and (not spans or run.kind == JobKind.TRUEUP):
            continue  # a year that was never pre-credited here belongs to those who kept the books before
        try:
            worth_fen = differences.worth_fen(spans)
            if left and before is not None and before.net_fen > worth_fen:
                # Who will return is not asked for the months to come; nor are they credited before they have returned.
                spans, _, _ = _spans(year, place, *about)
                worth_fen = differences.worth_fen(spans)
                if before.net_fen <= worth_fen:
                    continue
        except CannotCreditError as refusal:
            outcome.skips.append((person, run.period, refusal.reason_code, str(refusal)))
            continue
        outcome.eligible += 1
        kind, on = VoucherKind.ADJUSTMENT, year.on
        if before is None:
            kind = VoucherKind.PRECREDIT
            on = year.on if year.closed else min(max(first_on or year.start, year.start), year.on)
        elif worth_fen < before.net_fen and (left or run.on >= year.end):
            kind = VoucherKind.TRUEUP  # what a lower base makes less is an adjustment
        difference = Difference(person, year.period, spans, worth_fen, before, kind, on, version)
        if difference.fen:
            yield difference


def _histories(run: Run, chunk: Chunk, year: Year, paid: Collection[int]) -> dict[int, list[Status]]:
    """Return the histories of everybody who can have a month in the year: insured before its end, or paid for.

    Who joined later and paid for a month of it is credited that month, as one of the same year before joining is.
    """
    found = people.histories(chunk, run.region, until=year.end)
    if later := [person for person in paid if person not in found]:
        found |= people.histories(chunk, run.region, until=date.max, only=later)
    return found


def _skips(run: Run, not_due: list[tuple[Month, NotDue]], place: Place) -> Iterator[tuple[str, str, str]]:
    """Yield (period, reason code, words): a year nobody paid for, and months paid for that are not credited here."""
    if any(reason is NotDue.UNPAID for _, reason in not_due) and not place.paid:
        yield run.period, NEVER_PAID, "一直没有缴费记录，不预划；缴费到账后再记入"
    for month, reason in not_due:
        if reason is not NotDue.UNPAID and month in place.paid:
            yield str(month), str(reason), reason.label


def _spans(
    year: Year, place: Place, everywhere: dict[str, Place] | None, bases: Bases, age: int
) -> tuple[tuple[Span, ...], date | None, list[tuple[Month, NotDue]]]:
    """Return the year as runs of equal months, the first day it counts from, and the months that do not count.

    Looks only at months in which something can differ from the month before: for most people there is one. Nothing is
    credited ahead to somebody of whom no payment is known.
    """
    pays = place.paid if everywhere is None else has_paid(everywhere.values(), year.paid_since, Month.of(year.end))
    paid_only = year.settled or not pays
    spans: list[Span] = []
    first_on = None
    not_due = []
    edges = _edges(year, place, bases, each=paid_only or everywhere is not None)
    for edge, following in zip(edges, [*edges[1:], len(year.months)], strict=True):
        month, version = year.months[edge], year.versions[edge]
        status, reason = verdict(year.region, place, month, everywhere, paid_only=paid_only)
        if reason is not None:
            not_due.append((month, reason))
        if status is None:
            continue
        first_on = first_on or max(month.first, status.from_on)
        base = None if status.is_retiree else _base_in(bases, month)
        facts = MonthFacts(status.capacity, base, age, status.pension_fen)
        last = spans[-1] if spans else None
        if last and last.facts == facts and last.version == version and _follows(last, month):
            spans[-1] = last._replace(months=last.months + following - edge)
        else:
            spans.append(Span(facts, following - edge, version, month.month))
    return tuple(spans), first_on, not_due


def _follows(span: Span, month: Month) -> bool:
    return (span.since - 1 + span.months) % 12 + 1 == month.month


def _edges(year: Year, place: Place, bases: Bases, *, each: bool) -> list[int]:
    """Return the numbers of the months that may differ from the one before, the first (0) always among them.

    All of them (`each`) where payment decides month by month, as it does in a suspension and before the first insurance.
    """
    if not year.months:
        return []
    start, history = year.months[0], place.history
    if (
        each
        or not history
        or history[0].from_on > start.first
        or any(row.status != EnrolmentStatus.NORMAL for row in history)
    ):
        return list(range(len(year.months)))
    edges = {0}
    for row in history:
        if row.from_on > start.first:  # a change on a day in the middle shows in that month or in the next
            number = Month.of(row.from_on) - start
            edges |= {number, number + 1}
    edges.update(since - start for since, _ in bases)
    edges.update(n for n in range(1, len(year.months)) if year.versions[n] != year.versions[n - 1])
    return sorted(number for number in edges if 0 <= number < len(year.months))


def _base_in(bases: Bases, month: Month) -> int | None:
    """Return the base in force in a month: the last one known by then, else the first one known at all."""
    known = None
    for since, base in bases:
        if since > month and known is not None:
            break
        known = base
        if since > month:
            break
    return known
