"""Retirees' months that turn out not to have been due: an end or a suspension recorded after the fact.

As in a pre-credited year (docs/decisions/0003): what the months of a benefit year are worth, as far as is known
today, minus what was posted for it. So a month taken back and found to be due after all is given again.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date

from django.db import connection

from accounts.codes import CORRECTION_KINDS, Capacity, PotKind, VoucherKind
from accounts.jobs import people, recovery
from accounts.jobs.monthly.retirees import Histories
from accounts.jobs.monthly.window import Window
from accounts.jobs.recovery import Overcredit
from accounts.ledger import book_years
from accounts.ledger.bulk import Batch
from accounts.ledger.pots import system_pot
from accounts.models import Chunk, Run
from accounts.policies import formulas, registry
from accounts.policies.formulas import MonthFacts, Span, YearFacts
from accounts.policies.status import Status, status_in
from accounts.policies.terms import CreditTerms
from yibao.lib.months import Month
from yibao.lib.periods import Period


@dataclass(slots=True)
class Year:
    """One person's benefit year: months that are due, what was posted (fen), and the corrections so far."""

    due: list[tuple[Month, MonthFacts, int]] = field(default_factory=list)
    last: Month | None = None
    posted_fen: int = 0
    corrections: set[Period] = field(default_factory=set)
    needs_recheck: bool = False


def corrections(
    run: Run, chunk: Chunk, span: Window, histories: Histories, recorded_late: set[int], on: date
) -> tuple[list[Batch], set[int]]:
    """Return the batches that set right what these people were credited as retirees, and whom they concern."""
    if not recorded_late:
        return [], set()
    overcredits = list(_overcredits(run, span, {person: histories[person] for person in sorted(recorded_late)}))
    people_concerned = {overcredit.person for overcredit in overcredits}
    pots = people.pots(chunk, run.region, only=sorted(people_concerned))
    too_much = [overcredit for overcredit in overcredits if overcredit.fen > 0]
    again = [overcredit for overcredit in overcredits if overcredit.fen < 0]
    batches = recovery.take_back(run.region, VoucherKind.TRUEUP, on, too_much, pots)
    for overcredit in again:
        fund = system_pot(run.region, PotKind.FUND)
        lines = people.credit_lines(fund, pots[overcredit.person], overcredit.year, -overcredit.fen, overcredit.facts)
        batches.append(Batch(VoucherKind.ADJUSTMENT, on, overcredit.period, overcredit.version, lines))
    return batches, people_concerned


def _overcredits(run: Run, span: Window, histories: Histories) -> Iterator[Overcredit]:
    """Yield what was posted too much, negative where too little, by person and benefit year."""
    for person, years in _years(run, span, histories).items():
        for number, year in sorted(years.items()):
            if not year.needs_recheck or year.last is None:
                continue
            spans = _spans(year)
            worth = formulas.year_credit(spans, registry.credit_of)
            if worth.amount_fen != year.posted_fen:
                yield Overcredit(
                    person=person,
                    year=number,
                    fen=year.posted_fen - worth.amount_fen,
                    period=Period(number).corrected(len(year.corrections) + 1),
                    version=registry.version_on(run.region, CreditTerms, year.last.first).id,
                    facts=formulas.pack(YearFacts(spans, year.posted_fen)),
                )


def _years(run: Run, span: Window, histories: Histories) -> dict[int, dict[int, Year]]:
    found: dict[int, dict[int, Year]] = {}
    for person, kind, text, version, facts, fen in _posted(run, list(histories)):
        period = Period.parse(text)
        of_person = found.setdefault(person, {})
        if kind != VoucherKind.ACCRUAL:
            year = of_person.setdefault(period.year, Year())
            year.corrections.add(period)
            year.needs_recheck = True
        else:
            month, month_facts = period.month, formulas.unpack(facts)
            assert isinstance(month_facts, MonthFacts)
            year = of_person.setdefault(book_years.year_of(run.region, month.first), Year())
            year.last = max(year.last or month, month)
            if month_facts.capacity != Capacity.RETIREE or month > span.month or _is_retiree(histories[person], month):
                year.due.append((month, month_facts, version))
            else:
                year.needs_recheck = True
        year.posted_fen += fen
    return found


def _is_retiree(history: list[Status], month: Month) -> bool:
    status = status_in(history, month)
    return status is not None and status.is_retiree


def _spans(year: Year) -> tuple[Span, ...]:
    """Return the months that are due as runs of equal months, by the facts they were credited with."""
    spans: list[Span] = []
    for _, facts, version in sorted(year.due, key=lambda due: due[0]):
        if spans and spans[-1].version == str(version) and _is_worth_the_same(spans[-1].facts, facts, version):
            spans[-1] = spans[-1]._replace(months=spans[-1].months + 1)
        else:
            spans.append(Span(facts, 1, str(version)))
    return tuple(spans)


def _is_worth_the_same(facts: MonthFacts, following: MonthFacts, version: int) -> bool:
    """Say whether a birthday, if anything, lies between two months, and makes no difference."""
    terms = registry.credit_of(version)
    same = facts == following._replace(age=facts.age)
    return same and formulas.monthly_credit(facts, terms) == formulas.monthly_credit(following, terms)


def _posted(run: Run, only: list[int]) -> list[tuple[int, str, str, int, str, int]]:
    """Return (person, kind, period, policy, facts, net fen) of every month credited and of every correction."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT person_id, sides.kind, sides.period, policy_id, facts, sum(change)::bigint FROM (
                SELECT p.person_id, t.kind, t.period, t.voucher_id, t.facts::text AS facts, t.amount_fen AS change
                FROM accounts_pot p JOIN accounts_transfer t ON t.target_id = p.id
                WHERE p.person_id = ANY(%(only)s) AND p.region = %(region)s AND t.target_balance_fen IS NOT NULL
                UNION ALL
                SELECT p.person_id, t.kind, t.period, t.voucher_id, t.facts::text, -t.amount_fen
                FROM accounts_pot p JOIN accounts_transfer t ON t.source_id = p.id
                WHERE p.person_id = ANY(%(only)s) AND p.region = %(region)s AND t.source_balance_fen IS NOT NULL
            ) sides JOIN accounts_voucher v ON v.id = voucher_id
            WHERE sides.kind = ANY(%(kinds)s)
            GROUP BY person_id, sides.kind, sides.period, policy_id, facts ORDER BY person_id, sides.period
            """,
            {
                "only": only,
                "region": run.region,
                "kinds": [VoucherKind.ACCRUAL, *CORRECTION_KINDS],
            },
        )
        return cursor.fetchall()
