"""Money that was posted after its year was closed, and from when on it should have been there: what interest counts by.

A closed year is not posted into, so its corrections stand in the open one. For interest they count as if they had been
posted in time: from the month from which the year is another one than it was credited as. Where months are credited by
themselves each counts from its own month; a change of rules alone counts, where years are credited in advance, from the year's
beginning, and months that were not paid for from its last, when they would have been settled. Back-paid months count from the
day they are posted: the money really came late.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from typing import NamedTuple

from accounts.codes import CORRECTION_KINDS, PERSONAL_POTS, VoucherKind
from accounts.jobs import differences, rollover, rows
from accounts.ledger import book_years
from accounts.ledger.legs import LEGS
from accounts.policies import formulas, registry
from accounts.policies.formulas import MonthFacts, Span, YearFacts
from accounts.policies.terms.credit import YEARLY
from yibao.lib.months import Month
from yibao.lib.periods import Period

YEAR_KINDS = (VoucherKind.PRECREDIT, *CORRECTION_KINDS, VoucherKind.INTEREST)  # their periods are years


class Late(NamedTuple):
    """A sum (fen, negative where taken back) posted on a day for a benefit year closed before, and since when it counts.

    `since` is the number of the year's month (0 to 11) with whose end it begins to count.
    """

    year: int
    on: date
    since: int
    fen: int


class _Row(NamedTuple):
    person: int
    kind: str
    period: str
    version: int | None
    on: date
    facts: str
    fen: int


_Months = dict[int, Span]  # number in the year → one month of it


def of_people(region: str, people: Sequence[int]) -> dict[int, list[Late]]:
    """Return person id → what was posted for closed years, in the order of posting."""
    if not people:
        return {}
    found: dict[int, list[Late]] = defaultdict(list)
    by_year: dict[tuple[int, int], list[_Row]] = defaultdict(list)
    for row in _posted(region, people):
        by_year[row.person, _year(region, Period.parse(row.period))].append(row)
    for (person, year), of_year in by_year.items():
        found[person] += _late(region, year, of_year)
    return found


def _posted(region: str, people: Sequence[int]) -> list[_Row]:
    return rows.fetch(
        _Row,
        f"""
        SELECT pot.person_id AS person, leg.kind, leg.period, voucher.policy_id AS version, voucher.occurred_on AS on,
               leg.facts::text AS facts, sum(leg.change)::bigint AS fen
        FROM accounts_pot pot JOIN ({LEGS}) leg ON leg.pot = pot.id JOIN accounts_voucher voucher ON voucher.id = leg.voucher_id
        WHERE pot.region = %(region)s AND pot.person_id = ANY(%(people)s) AND pot.kind = ANY(%(pots)s)
          AND leg.kind = ANY(%(kinds)s) AND leg.facts IS NOT NULL
        GROUP BY 1, 2, 3, 4, 5, 6, voucher.id ORDER BY voucher.id
        """,
        {
            "region": region,
            "people": list(people),
            "pots": list(PERSONAL_POTS),
            "kinds": [VoucherKind.ACCRUAL, *YEAR_KINDS],
        },
    )


def _late(region: str, year: int, posted: Iterable[_Row]) -> Iterator[Late]:
    start, end = rollover.year_range(region, year)
    in_advance = registry.credit(region, start).accrual == YEARLY
    so_far: _Months = {}
    for row in posted:
        facts = formulas.unpack(row.facts)
        if row.kind == VoucherKind.INTEREST:
            if row.on >= end:
                yield Late(year, row.on, 12, row.fen)  # it counts from the following year on
        elif isinstance(facts, MonthFacts):
            month = Period.parse(row.period).month
            so_far[month - Month.of(start)] = Span(facts, 1, str(row.version), month.month)
        elif isinstance(facts, YearFacts):
            now = dict(_months(facts.spans, start.month))
            if row.on >= end:
                parts = [(_since(so_far, now), row.fen)] if in_advance else _by_month(so_far, now, row.fen)
                yield from (Late(year, row.on, since, fen) for since, fen in parts)
            so_far = now


def _months(spans: Iterable[Span], first: int) -> Iterator[tuple[int, Span]]:
    """Yield (number in the year, that month). Spans from before months were recorded begin with the year."""
    for span in spans:
        begin = (span.since - first) % 12 if span.since else 0
        for number in range(span.months):
            yield begin + number, span._replace(months=1, since=0)


def _since(before: _Months, now: _Months) -> int:
    """Return the month from which a year that is credited in advance is another one."""
    changed = [n for n in sorted(before.keys() | now.keys()) if not _same_facts(before.get(n), now.get(n))]
    if not changed:
        return 0  # other rules for the same facts
    last = max(now, default=-1)
    if all(n in before and n not in now and n < last for n in changed):
        return 11  # gaps: not paid for
    return changed[0]


def _same_facts(one: Span | None, other: Span | None) -> bool:
    return (one.facts if one else None) == (other.facts if other else None)


def _by_month(before: _Months, now: _Months, fen: int) -> list[tuple[int, int]]:
    """Return (month, fen) of what was posted for months that are credited by themselves; what rounding left with the first."""
    parts = [
        (n, _worth_fen(now.get(n)) - _worth_fen(before.get(n)))
        for n in sorted(before.keys() | now.keys())
        if before.get(n) != now.get(n)
    ] or [(0, 0)]
    rest = fen - sum(part for _, part in parts)
    return [(parts[0][0], parts[0][1] + rest), *parts[1:]]


def _worth_fen(month: Span | None) -> int:
    return differences.worth_fen((month,)) if month else 0


def _year(region: str, period: Period) -> int:
    return period.year if period.is_year else book_years.year_of(region, period.month.first)


def product_fen(late: Iterable[Late], year: int, ends: Sequence[date]) -> tuple[int, int]:
    """Return what these sums add to the products of a year whose months end on the days before `ends`: (当年, 历年).

    The ledger counts each from the day it was posted on; what is added are the month ends before that.
    """
    current = carried = 0
    for one in late:
        counted_by_then = sum(end <= one.on for end in ends)
        if one.year == year:
            current += one.fen * max(0, counted_by_then - one.since)
        elif one.year < year:
            carried += one.fen * counted_by_then
    return current, carried
