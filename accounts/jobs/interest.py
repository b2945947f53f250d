"""Year-end interest (年终计息): its own entry, dated the last day of the year, into 历年 (domain 3.3).

When a closed year turns out to have been another one, its interest and that of the closed years after it are worked out
anew, and what differs is posted with the correction, in the open year (docs/decisions/0020).
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from typing import NamedTuple

from django.db import connection

from accounts.codes import ACCOUNT_POTS, PERSONAL_POTS, JobKind, PaymentType, PotKind, VoucherKind
from accounts.jobs import late_corrections, people, posted, rollover
from accounts.jobs.job import Outcome
from accounts.ledger import book_years
from accounts.ledger.bulk import Batch, Line, post_batches
from accounts.ledger.legs import LEGS
from accounts.ledger.pots import receivables, system_pot
from accounts.models import Chunk, Pot, Run
from accounts.policies import formulas, registry
from accounts.policies.formulas import InterestFacts
from accounts.policies.registry import Published
from accounts.policies.terms import InterestTerms
from yibao.lib.months import Month, month_range
from yibao.lib.periods import Period, year_in_sql


class _Year(NamedTuple):
    """A benefit year of a region: its days, the day after each of its months, and by which terms it earns interest."""

    region: str
    period: Period
    start: date
    end: date
    ends: list[date]
    version: Published[InterestTerms]


def _year_of(region: str, number: int) -> _Year:
    start, end = rollover.year_range(region, number)
    ends = [month.next_first for month in month_range(Month.of(start), Month.of(end))]
    version = registry.version_on(region, InterestTerms, end - timedelta(days=1))
    return _Year(region, Period(number), start, end, ends, version)


def credit_interest(run: Run, chunk: Chunk) -> Outcome:
    """Credit the year's interest. Where no rate is loaded for the region nothing is computed and nobody is eligible."""
    year = _year_of(run.region, Period.parse(run.period).year)
    if not year.version.terms.pays_interest:
        return Outcome()
    outcome = Outcome()
    facts = _facts(year, chunk)
    done = posted.people_with(run, chunk, VoucherKind.INTEREST, only=list(facts)) if run.execution > 1 else set()
    pots = people.pots(chunk, run.region, only=list(facts))
    source = system_pot(run.region, PotKind.INTEREST)
    lines: list[Line] = []
    for person, of_person in facts.items():
        if person in done:
            continue
        outcome.eligible += 1
        amount = formulas.interest(of_person, year.version.terms).amount_fen
        if amount:
            lines.append((source, pots[person].carried, amount, formulas.pack(of_person)))
    batch = Batch(VoucherKind.INTEREST, year.end - timedelta(days=1), year.period, year.version.id, lines)
    outcome.total_fen = post_batches(run=run, key=f"run:{run.pk}:{run.execution}:{chunk.pk}", batches=[batch])
    outcome.credited = len(lines)
    return outcome


def correct_interest(run: Run, chunk: Chunk, concerned: Mapping[int, int]) -> int:
    """Post what the interest of closed years differs by; return the fen moved.

    `concerned`: person id → the first closed year for which something was just posted. In the transaction of the chunk.
    Each year is worked out with what the years before came to, so that interest on interest is right too.
    """
    if not concerned:
        return 0
    total_fen = 0
    for number in range(min(concerned.values()), book_years.year_of(run.region, run.on)):
        only = sorted(person for person, first in concerned.items() if first <= number)
        if _was_credited(run.region, number):
            year = _year_of(run.region, number)
            batches = _corrections(run, chunk, year, only) if year.version.terms.pays_interest else []
            key = f"run:{run.pk}:{run.execution}:{chunk.pk}:interest:{number}"
            total_fen += post_batches(run=run, key=key, batches=batches)
    return total_fen


def _was_credited(region: str, number: int) -> bool:
    return (
        book_years.is_closed(region, number)
        and Run.objects.filter(kind=JobKind.INTEREST, region=region, period=str(Period(number))).exists()
    )


def _corrections(run: Run, chunk: Chunk, year: _Year, only: Sequence[int]) -> list[Batch]:
    """Return the batches of what a year's interest differs by for these people: credited, or taken from 历年, then as a debt."""
    before = _credited(year, only)
    owed: dict[int, tuple[int, int, str]] = {}  # person → fen, the number of the correction, its facts
    for person, facts in _facts(year, chunk, only).items():
        credited_fen, corrections = before.get(person, (0, 0))
        fen = formulas.interest(facts, year.version.terms).amount_fen - credited_fen
        if fen:
            owed[person] = fen, corrections + 1, formulas.pack(facts._replace(credited_before=credited_fen))
    carried = _locked_carried(year.region, list(owed))
    debts = receivables(year.region, [person for person, (fen, _, _) in owed.items() if carried[person][1] + fen < 0])
    fund = system_pot(year.region, PotKind.INTEREST)
    more: dict[int, list[Line]] = {}
    less: dict[int, list[Line]] = {}
    for person, (fen, number, text) in owed.items():
        pot, balance_fen = carried[person]
        if fen > 0:
            more.setdefault(number, []).append((fund, pot, fen, text))
        else:
            part = min(-fen, balance_fen)
            lines = less.setdefault(number, [])
            lines += [(pot, fund, part, text)] if part else []
            lines += [(debts[person], fund, -fen - part, text)] if -fen > part else []
    return [
        Batch(VoucherKind.INTEREST, run.on, year.period.corrected(number), year.version.id, lines, *sides)
        for groups, sides in ((more, (False, True)), (less, (True, False)))
        for number, lines in sorted(groups.items())
    ]


def _locked_carried(region: str, only: Sequence[int]) -> dict[int, tuple[int, int]]:
    """Return person id → 历年 and what is in it (fen), locked: how much is left is only certain then."""
    pots = Pot.objects.select_for_update(no_key=True).filter(region=region, kind=PotKind.CARRIED, person__in=only)
    return {pot.person_id or 0: (pot.pk, pot.balance_fen or 0) for pot in pots.order_by("id")}


def _credited(year: _Year, only: Sequence[int]) -> dict[int, tuple[int, int]]:
    """Return person id → the interest that was posted for a year (fen), and in how many corrections."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            SELECT pot.person_id, sum(leg.change)::bigint, count(DISTINCT leg.period) FILTER (WHERE leg.period <> %(year)s)
            FROM accounts_pot pot JOIN ({LEGS}) leg ON leg.pot = pot.id
            WHERE pot.region = %(region)s AND pot.person_id = ANY(%(only)s) AND pot.kind = ANY(%(pots)s)
              AND leg.kind = %(kind)s AND (leg.period = %(year)s OR leg.period LIKE %(corrections)s)
            GROUP BY pot.person_id
            """,
            {
                "region": year.region,
                "only": list(only),
                "pots": list(PERSONAL_POTS),
                "kind": VoucherKind.INTEREST,
                "year": str(year.period),
                "corrections": year.period.corrections_like,
            },
        )
        return {person: (fen, corrections) for person, fen, corrections in cursor.fetchall()}


def _facts(year: _Year, chunk: Chunk, only: Sequence[int] | None = None) -> dict[int, InterestFacts]:
    """Return each person's products: the sum of the twelve month-end balances of 当年 and of 历年, in fen.

    Money that was posted late for a closed year counts from when it should have been there.
    """
    found = dict(_products(year, chunk, only))
    late = late_corrections.of_people(year.region, _posted_late(year, chunk) if only is None else only)
    for person, of_person in late.items():
        current, carried = late_corrections.product_fen(of_person, year.period.year, year.ends)
        if person in found and (current or carried):
            if not registry.has_buckets(year.region):
                current, carried = 0, current + carried
            facts = found[person]
            found[person] = InterestFacts(
                facts.current_product_fen + current,
                facts.carried_product_fen + carried,
                corrected_product_fen=current + carried,
            )
    return found


def _posted_late(year: _Year, chunk: Chunk) -> list[int]:
    """Return to whom something was posted in a year that corrects an earlier one: for most chunks, nobody."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            SELECT DISTINCT pot.person_id
            FROM accounts_pot pot JOIN ({LEGS}) leg ON leg.pot = pot.id JOIN accounts_voucher v ON v.id = leg.voucher_id
            WHERE pot.region = %(region)s AND pot.person_id >= %(low)s AND pot.person_id < %(high)s
              AND (leg.kind = ANY(%(kinds)s) AND {year_in_sql("leg.period")} < %(year)s
                   OR leg.kind = %(month)s AND leg.period < %(first)s AND NOT EXISTS (
                       SELECT 1 FROM accounts_contribution c  -- what came when it was paid is owed nothing
                       WHERE (c.region, c.month, c.person_id) = (pot.region, (leg.period || '-01')::date, pot.person_id)
                         AND c.counts AND c.clct_type = ANY(%(first_told)s)
                         AND c.received_on >= date_trunc('month', v.occurred_on)))
              AND v.occurred_on >= %(start)s AND v.occurred_on < %(end)s
            """,
            {
                "region": year.region,
                "start": year.start,
                "end": year.end,
                "kinds": list(late_corrections.YEAR_KINDS),
                "month": VoucherKind.ACCRUAL,
                "first": str(Month.of(year.start)),
                "first_told": [PaymentType.NORMAL, PaymentType.BACK],
                "year": year.period.year,
                "low": chunk.from_person,
                "high": chunk.until_person,
            },
        )
        return [person for (person,) in cursor.fetchall()]


def _products(year: _Year, chunk: Chunk, only: Sequence[int] | None) -> Iterator[tuple[int, InterestFacts]]:
    """Yield each person's products as the ledger has them.

    Product = months × today's balance − Σ change × the number of month ends before it took effect. So one pass
    over the transfers since the year began is enough, however old the account is. What this year end rolls over
    counts as 当年 in all months, and its interest in none: they weigh as if they had happened after the year.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            WITH pots AS (
                SELECT id, person_id, kind, balance_fen FROM accounts_pot
                WHERE region = %(region)s AND kind = ANY(%(kinds)s) AND person_id >= %(low)s AND person_id < %(high)s
                      {"" if only is None else "AND person_id = ANY(%(only)s)"}
            ), weighed AS (
                SELECT pots.id, sum(leg.change * CASE WHEN v.kind = ANY(%(at_the_end)s) AND v.period = %(period)s
                                                 THEN cardinality(%(ends)s::date[])
                                                 ELSE width_bucket(v.occurred_on, %(ends)s::date[]) END) AS later
                FROM pots JOIN ({LEGS}) leg ON leg.pot = pots.id JOIN accounts_voucher v ON v.id = leg.voucher_id
                WHERE v.occurred_on >= %(start)s
                GROUP BY pots.id
            )
            SELECT person_id, kind, cardinality(%(ends)s::date[]) * balance_fen - coalesce(later, 0)
            FROM pots LEFT JOIN weighed USING (id) ORDER BY person_id
            """,
            {
                "region": year.region,
                "kinds": list(ACCOUNT_POTS),
                "low": chunk.from_person,
                "high": chunk.until_person,
                "only": list(only or ()),
                "start": year.start,
                "at_the_end": [VoucherKind.ROLLOVER, VoucherKind.INTEREST],
                "period": str(year.period),
                "ends": year.ends,
            },
        )
        products: dict[int, dict[str, int]] = {}
        for person, kind, product in cursor.fetchall():
            products.setdefault(person, {})[kind] = int(product)
    for person, of in products.items():
        yield person, InterestFacts(of.get(PotKind.CURRENT, 0), of.get(PotKind.CARRIED, 0))
