"""Year-end interest (年终计息): its own entry, dated the last day of the year, into 历年 (domain 3.3)."""

from collections.abc import Iterator
from datetime import date, timedelta

from django.db import connection

from accounts.codes import ACCOUNT_POTS, PotKind, VoucherKind
from accounts.jobs import people, posted, rollover
from accounts.jobs.job import Outcome
from accounts.ledger.bulk import Batch, Line, post_batches
from accounts.ledger.legs import LEGS
from accounts.ledger.pots import system_pot
from accounts.models import Chunk, Run
from accounts.policies import formulas, registry
from accounts.policies.formulas import InterestFacts
from accounts.policies.terms import InterestTerms
from yibao.lib.months import Month, month_range
from yibao.lib.periods import Period


def credit_interest(run: Run, chunk: Chunk) -> Outcome:
    """Credit the year's interest. Where no rate is loaded for the region nothing is computed and nobody is eligible."""
    period = Period.parse(run.period)
    start, end = rollover.year_range(run.region, period.year)
    version = registry.version_on(run.region, InterestTerms, end - timedelta(days=1))
    if not version.terms.pays_interest:
        return Outcome()
    outcome = Outcome()
    facts = dict(_facts(run, chunk, start, end))
    done = posted.people_with(run, chunk, VoucherKind.INTEREST, only=list(facts)) if run.execution > 1 else set()
    pots = people.pots(chunk, run.region, only=list(facts))
    source = system_pot(run.region, PotKind.INTEREST)
    lines: list[Line] = []
    for person, of_person in facts.items():
        if person in done:
            continue
        outcome.eligible += 1
        amount = formulas.interest(of_person, version.terms).amount_fen
        if amount:
            lines.append((source, pots[person].carried, amount, formulas.pack(of_person)))
    batch = Batch(VoucherKind.INTEREST, end - timedelta(days=1), period, version.id, lines)
    outcome.total_fen = post_batches(run=run, key=f"run:{run.pk}:{run.execution}:{chunk.pk}", batches=[batch])
    outcome.credited = len(lines)
    return outcome


def _facts(run: Run, chunk: Chunk, start: date, end: date) -> Iterator[tuple[int, InterestFacts]]:
    """Yield each person's products: the sum of the twelve month-end balances of 当年 and of 历年, in fen.

    Product = months × today's balance − Σ change × the number of month ends before it took effect. So one pass
    over the transfers since the year began is enough, however old the account is. What this year end rolls over
    counts as 当年 in all months: it weighs as if it had happened after the year.
    """
    ends = [month.next_first for month in month_range(Month.of(start), Month.of(end))]
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            WITH pots AS (
                SELECT id, person_id, kind, balance_fen FROM accounts_pot
                WHERE region = %(region)s AND kind = ANY(%(kinds)s) AND person_id >= %(low)s AND person_id < %(high)s
            ), weighed AS (
                SELECT pots.id, sum(leg.change * CASE WHEN v.kind = %(rollover)s AND v.period = %(period)s
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
                "region": run.region,
                "kinds": list(ACCOUNT_POTS),
                "low": chunk.from_person,
                "high": chunk.until_person,
                "start": start,
                "rollover": VoucherKind.ROLLOVER,
                "period": run.period,
                "ends": ends,
            },
        )
        products: dict[int, dict[str, int]] = {}
        for person, kind, product in cursor.fetchall():
            products.setdefault(person, {})[kind] = int(product)
    for person, of in products.items():
        yield person, InterestFacts(of.get(PotKind.CURRENT, 0), of.get(PotKind.CARRIED, 0))
