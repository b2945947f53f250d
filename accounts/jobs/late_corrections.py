"""Money that was posted after its year was closed, and from when on it should have been there: what interest counts by.

A closed year is not posted into, so its corrections stand in the open one. For interest they count as if they had been
posted in time: from the month from which the year is another one than it was credited as. Where months are credited by
themselves each counts from when it was: the first credit day of its own or a later month on which its money was here
(Contribution.received_on), so that a month paid in time and known late is owed its interest, and one paid late is not. A
change of rules alone counts, where years are credited in advance, from the year's beginning, and months that were not paid
for from its last, when they would have been settled; given again, they count from when they were taken.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import NamedTuple

from accounts.codes import CORRECTION_KINDS, PERSONAL_POTS, FactChangeKind, PaymentType, VoucherKind
from accounts.jobs import differences, rollover, rows
from accounts.ledger import book_years
from accounts.ledger.legs import LEGS
from accounts.policies import formulas, registry
from accounts.policies.formulas import MonthFacts, Span, YearFacts
from accounts.policies.terms.credit import CREDIT_DAY, YEARLY
from yibao.lib.months import Month
from yibao.lib.periods import Period

YEAR_KINDS = (VoucherKind.PRECREDIT, *CORRECTION_KINDS, VoucherKind.INTEREST)  # their periods are years


class Late(NamedTuple):
    """A sum (fen, negative where taken back) posted on a day for a benefit year closed before, and since when it counts.

    `since` is the number of the month, 0 for the year's first, with whose end it begins to count; it may lie after the year.
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


class _Payment(NamedTuple):
    """When a month's money was here at first, and whether it was a back payment."""

    person: int
    month: date
    received_on: date
    back: bool


_Months = dict[int, Span]  # number in the year → one month of it


@dataclass(slots=True)
class _Told:
    """What was told of a benefit year so far: its months, since when each counts, and since when one taken back does not.

    `came`: with which month's credit a month could have come, by when its money was here. Months are numbers in the year.
    """

    came: Mapping[int, int]
    in_advance: bool
    months: _Months = field(default_factory=dict)
    since: dict[int, int] = field(default_factory=dict)
    gone: dict[int, int] = field(default_factory=dict)

    def begins(self, number: int) -> int:
        """Return since when a month counts, or is another one."""
        if number in self.months:
            return self.since.get(number, number)
        return max(number, self.came.get(number, number), self.gone.get(number, number))

    def become(self, now: _Months, taken: Mapping[int, int]) -> None:
        """Let the year have these months. `taken`: since when those that it has no more do not count."""
        if not self.in_advance:
            self.since |= {number: self.begins(number) for number in now.keys() - self.months.keys()}
        self.gone |= {number: taken[number] for number in self.months.keys() - now.keys()}
        self.months = now


def of_people(region: str, people: Sequence[int]) -> dict[int, list[Late]]:
    """Return person id → what was posted for closed years, in the order of posting."""
    if not people:
        return {}
    found: dict[int, list[Late]] = defaultdict(list)
    by_year: dict[tuple[int, int], list[_Row]] = defaultdict(list)
    for row in _posted(region, people):
        by_year[row.person, _year(region, Period.parse(row.period))].append(row)
    payments = _payments(region, people)
    for (person, year), of_year in by_year.items():
        found[person] += _late(region, year, of_year, payments[person])
    return found


def known_late(region: str, dues: Mapping[int, date], on: date) -> set[int]:
    """Return who of these people was owed a month before the month of `on`. `dues`: person id → a month credited on it."""
    payments = _payments(region, list(dues))
    this_month = Month.of(on)
    return {person for person, month in dues.items() if _came(region, month, payments[person]) < this_month}


def _payments(region: str, people: Sequence[int]) -> dict[int, dict[Month, _Payment]]:
    """Return person id → month → when it was paid for. A payment that was corrected since came when it first came."""
    found: dict[int, dict[Month, _Payment]] = defaultdict(dict)
    for payment in rows.fetch(
        _Payment,
        """
        SELECT c.person_id AS person, c.month, min(c.received_on) AS received_on, bool_or(c.clct_type = %(back)s) AS back
        FROM accounts_contribution c LEFT JOIN accounts_factchange k ON k.id = c.changed_by_id
        WHERE c.region = %(region)s AND c.person_id = ANY(%(people)s) AND (c.counts OR k.kind = %(corrected)s)
        GROUP BY 1, 2 HAVING bool_or(c.counts)
        """,
        {
            "region": region,
            "people": list(people),
            "back": PaymentType.BACK,
            "corrected": FactChangeKind.CORRECTED,
        },
    ):
        found[payment.person][Month.of(payment.month)] = payment
    return found


def _came(region: str, month: date, payments: Mapping[Month, _Payment]) -> Month:
    """Return with which month's credit a month could have come: its own, unless its money was here later."""
    payment = payments.get(Month.of(month))
    if payment is None:
        return Month.of(month)
    day = registry.credit(region, month).credit_day or CREDIT_DAY
    return max(Month.of(month), Month.of(payment.received_on) + (payment.received_on.day > day))


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


def _late(region: str, year: int, posted: Iterable[_Row], payments: Mapping[Month, _Payment]) -> Iterator[Late]:
    start, end = rollover.year_range(region, year)
    first = Month.of(start)
    in_advance = registry.credit(region, start).accrual == YEARLY
    came = {
        month - first: _came(region, month.first, payments) - first
        for month, payment in payments.items()
        if start <= month.first < end and (payment.back or not in_advance)  # in advance means before it is paid for
    }
    told = _Told(came, in_advance)
    for row in posted:
        facts, on = formulas.unpack(row.facts), Month.of(row.on) - first
        if row.kind == VoucherKind.INTEREST:
            if row.on >= end:
                yield Late(year, row.on, 12, row.fen)  # it counts from the following year on
        elif isinstance(facts, MonthFacts):
            month = Period.parse(row.period).month
            since = told.begins(month - first) if row.on >= end else max(on, month - first)
            told.months[month - first] = Span(facts, 1, str(row.version), month.month)
            told.since[month - first] = since
            if row.on >= end:
                yield Late(year, row.on, since, row.fen)
        elif isinstance(facts, YearFacts):
            now = dict(_months(facts.spans, start.month))
            taken = {number: max(on, number) for number in told.months}
            if row.on >= end:
                parts = _in_advance(told, now, row.fen) if in_advance else _by_month(told, now, row.fen)
                taken = {number: parts[0][0] if in_advance else told.begins(number) for number in told.months}
                yield from (Late(year, row.on, since, fen) for since, fen in parts)
            told.become(now, taken)


def _months(spans: Iterable[Span], first: int) -> Iterator[tuple[int, Span]]:
    """Yield (number in the year, that month). Spans from before months were recorded begin with the year."""
    for span in spans:
        begin = (span.since - first) % 12 if span.since else 0
        for number in range(span.months):
            yield begin + number, span._replace(months=1, since=0)


def _in_advance(told: _Told, now: _Months, fen: int) -> list[tuple[int, int]]:
    """Return (month, fen) of what was posted for a year that is credited in advance: from its first other month.

    Months given again, or paid for afterwards, count each for itself.
    """
    before = told.months
    changed = [n for n in sorted(before.keys() | now.keys()) if not _same_facts(before.get(n), now.get(n))]
    last = max(now, default=-1)
    if changed and all(n in before and n not in now and n < last for n in changed):
        return [(11, fen)]  # gaps: not paid for
    apart = [n for n in changed if n not in before and (n in told.came or n in told.gone)]
    parts = [(told.begins(n), _worth_fen(now[n])) for n in apart]
    first = next(
        (n for n in changed if n not in apart), parts[0][0] if parts else 0
    )  # 0: other rules for the same facts
    return [(first, fen - sum(part for _, part in parts)), *parts]


def _same_facts(one: Span | None, other: Span | None) -> bool:
    return (one.facts if one else None) == (other.facts if other else None)


def _by_month(told: _Told, now: _Months, fen: int) -> list[tuple[int, int]]:
    """Return (month, fen) of what was posted for months that are credited by themselves; what rounding left with the first."""
    before = told.months
    parts = [
        (told.begins(n), _worth_fen(now.get(n)) - _worth_fen(before.get(n)))
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
        missed = max(0, counted_by_then - max(0, one.since - 12 * (year - one.year)))
        if one.year == year:
            current += one.fen * missed
        elif one.year < year:
            carried += one.fen * missed
    return current, carried
