"""Months that turn out to have been other than they were credited: whatever was recorded after the fact.

As in a pre-credited year (docs/decisions/0003): what the credited months of a benefit year are worth, as far as is known
today, minus what was posted for it. So a month taken back and found to be due after all is given again. Months that
count and were never credited are credited for themselves (補划 is a month's own credit, not a correction).
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import NamedTuple

from django.db import connection

from accounts.codes import Capacity, VoucherKind
from accounts.jobs import differences, people, posted
from accounts.jobs.differences import Difference
from accounts.jobs.monthly.contributions import Due
from accounts.jobs.monthly.window import Window
from accounts.jobs.places import Places, verdict
from accounts.jobs.posted import Posted, PostedFacts
from accounts.ledger import book_years
from accounts.models import Chunk, Run
from accounts.policies import formulas, registry
from accounts.policies.entitlement import NotDue, Place
from accounts.policies.formulas import MonthFacts, Span
from accounts.policies.terms import CreditTerms
from accounts.policies.terms.credit import SHARE_NONE
from yibao.lib.months import Month
from yibao.lib.periods import Period


@dataclass(slots=True)
class Year:
    """One person's benefit year: credited months that are due, what was posted (fen), and the corrections so far."""

    due: list[tuple[Month, MonthFacts, int]] = field(default_factory=list)
    last: Month | None = None
    posted_fen: int = 0
    corrections: set[Period] = field(default_factory=set)


class Rechecked(NamedTuple):
    """What looking again came to: months never credited, what was posted wrongly, and months that do not count."""

    dues: list[Due]
    differences: list[Difference]
    not_due: list[tuple[int, Month, NotDue]]


class CountsAs(NamedTuple):
    """As what a month counts today: capacity, the base (fen) it is paid for on, a retiree's pension (fen)."""

    capacity: str
    base_fen: int | None
    pension_fen: int | None


def look_again(run: Run, chunk: Chunk, span: Window, only: set[int], elsewhere: Places, on: date) -> Rechecked:
    """Return what these people's months up to the run's are worth, against what was posted for them.

    `on` is the day on which corrections stand.
    """
    found = Rechecked([], [], [])
    if not only:
        return found
    ids = sorted(only)
    histories = people.histories(chunk, run.region, until=date.max, only=ids)
    births, bases = people.births(ids), _bases(run, ids)
    so_far = posted.with_facts(run, chunk, only=ids)
    for person in ids:  # also who, by what was withdrawn, was never here
        place = Place(histories.get(person, []), bases[person])
        now = dict(_months(run, span, place, bases[person], elsewhere.get(person), person, found))
        years, credited = _years(run, so_far.get(person, ()), now, births[person])
        found.differences.extend(_differences(run, person, years, on))
        for month, (capacity, base_fen, pension_fen) in now.items():
            if month not in credited and month <= span.month:
                base = None if capacity == Capacity.RETIREE else base_fen
                found.dues.append(Due(person, month.first, capacity, base, births[person], pension_fen))
    return found


def _months(
    run: Run,
    span: Window,
    place: Place,
    bases: dict[Month, int],
    everywhere: dict[str, Place] | None,
    person: int,
    found: Rechecked,
) -> Iterator[tuple[Month, CountsAs]]:
    """Yield the months that count today and as what; note those that are paid for and do not."""
    for month in span.own_months:
        status, reason = verdict(run.region, place, month, everywhere, paid_only=True)
        if reason is not None and month in place.paid:
            found.not_due.append((person, month, reason))
        if status is not None:
            pension_fen = status.pension_fen if status.is_retiree else None
            yield month, CountsAs(status.capacity, bases.get(month), pension_fen)


def _years(
    run: Run, so_far: Iterable[PostedFacts], now: dict[Month, CountsAs], born: date
) -> tuple[dict[int, Year], set[Month]]:
    """Return benefit year → what was posted and what of it is due today; and the months credited at all."""
    years: dict[int, Year] = defaultdict(Year)
    credited = set()
    for row in so_far:
        period = Period.parse(row.period)
        if row.kind != VoucherKind.ACCRUAL:
            years[period.year].corrections.add(period)
            years[period.year].posted_fen += row.fen
            continue
        month, facts = period.month, formulas.unpack(row.facts)
        assert isinstance(facts, MonthFacts)
        credited.add(month)
        year = years[book_years.year_of(run.region, month.first)]
        year.posted_fen += row.fen
        year.last = max(year.last or month, month)
        if month in now:
            year.due.append((month, *_today(run, month, facts, now[month], born)))
    return years, credited


def _today(run: Run, month: Month, credited_as: MonthFacts, counts_as: CountsAs, born: date) -> tuple[MonthFacts, int]:
    """Return the facts of a credited month as they are known today, and the version in force in it.

    Paid for and retired at once: what was credited stays until staff have decided (monthly.contributions).
    """
    capacity, base_fen, pension_fen = counts_as
    version = registry.version_on(run.region, CreditTerms, month.first)
    if capacity == Capacity.RETIREE and credited_as.capacity != Capacity.RETIREE and base_fen is not None:
        return credited_as, version.id
    if capacity == Capacity.RETIREE:
        base_fen = None
    asks_age = base_fen is None or version.terms.employer_share_of != SHARE_NONE
    return MonthFacts(
        capacity, base_fen, formulas.age_on(born, month.first) if asks_age else 0, pension_fen
    ), version.id


def _differences(run: Run, person: int, years: dict[int, Year], on: date) -> Iterator[Difference]:
    """Yield what was posted too much or too little, by benefit year."""
    for number, year in sorted(years.items()):
        if year.last is None:
            continue
        spans = _spans(year)
        worth_fen = differences.worth_fen(spans)
        if worth_fen != year.posted_fen:
            yield Difference(
                person=person,
                year=Period(number),
                spans=spans,
                worth_fen=worth_fen,
                posted=Posted(person, year.posted_fen, len(year.corrections)),
                kind=VoucherKind.TRUEUP if worth_fen < year.posted_fen else VoucherKind.ADJUSTMENT,
                on=_day_of(run, year.last, on),
                version=registry.version_on(run.region, CreditTerms, year.last.first).id,
            )


def _day_of(run: Run, last: Month, on: date) -> date:
    """Return the day of a correction: not before the end of the last month it is about, where its year is the run's.

    An earlier month that is gone through again corrects later ones too, which stand in the books after it.
    """
    day = max(on, min(run.on, last.next_first - timedelta(days=1)))
    return day if book_years.year_of(run.region, day) == book_years.year_of(run.region, on) else on


def _spans(year: Year) -> tuple[Span, ...]:
    """Return the months that are due as runs of equal months."""
    spans: list[Span] = []
    before = None
    for month, facts, version in sorted(year.due, key=lambda due: due[0]):
        last = spans[-1] if before is not None and month - before == 1 else None
        if last and last.version == str(version) and _is_worth_the_same(last.facts, facts, version):
            spans[-1] = last._replace(months=last.months + 1)
        else:
            spans.append(Span(facts, 1, str(version), month.month))
        before = month
    return tuple(spans)


def _is_worth_the_same(facts: MonthFacts, following: MonthFacts, version: int) -> bool:
    """Say whether a birthday, if anything, lies between two months, and makes no difference."""
    terms = registry.credit_of(version)
    same = facts == following._replace(age=facts.age)
    return same and formulas.monthly_credit(facts, terms) == formulas.monthly_credit(following, terms)


def _bases(run: Run, only: list[int]) -> dict[int, dict[Month, int]]:
    """Return person id → month → the base (fen) it was paid for on, in the run's region."""
    found: dict[int, dict[Month, int]] = defaultdict(dict)
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT person_id, month, base_fen FROM accounts_contribution
               WHERE region = %s AND person_id = ANY(%s) AND counts""",
            [run.region, only],
        )
        for person, month, base in cursor.fetchall():
            found[person][Month.of(month)] = base
    return found
