"""What a benefit year is worth minus what was posted for it: credited, or taken back (docs/decisions/0003).

Taken back is from 当年, then 历年, then as a debt that later credits pay (domain 3.4, 4). Money that was spent rightly
stays spent; no settlement is undone for it.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date
from functools import lru_cache
from itertools import chain
from typing import NamedTuple

from django.db import connection

from accounts.codes import PotKind, VoucherKind
from accounts.jobs.people import Pots, credit_lines
from accounts.jobs.posted import Posted
from accounts.ledger.bulk import Batch, Line
from accounts.ledger.pots import receivables, system_pot
from accounts.policies import formulas, registry
from accounts.policies.formulas import Span, YearFacts
from yibao.lib.periods import Period


class Difference(NamedTuple):
    """One person's benefit year: its months that are due, what they are worth (fen), what was posted; and where to."""

    person: int
    year: Period
    spans: tuple[Span, ...]
    worth_fen: int
    posted: Posted | None
    kind: VoucherKind
    on: date
    version: int

    @property
    def posted_fen(self) -> int:
        return self.posted.net_fen if self.posted else 0

    @property
    def fen(self) -> int:
        """What is still owed to the person; negative where too much was posted."""
        return self.worth_fen - self.posted_fen

    @property
    def period(self) -> Period:
        """The year, or the next correction of it: each can be posted once."""
        return self.year.corrected(self.posted.corrections + 1) if self.posted else self.year

    @property
    def facts(self) -> str:
        return formulas.pack(YearFacts(self.spans, self.posted.net_fen if self.posted else None))


@lru_cache(maxsize=200_000)
def worth_fen(spans: tuple[Span, ...]) -> int:
    """Return what the months of a benefit year are worth. Raises CannotCredit."""
    return formulas.year_credit(spans, registry.credit_of).amount_fen


def batches(
    region: str, differences: Sequence[Difference], pots: dict[int, Pots], *, before: Sequence[Batch] = ()
) -> list[Batch]:
    """Return the batches that post these differences: first what is credited, then what is taken back.

    `before` are credits that are posted with them, ahead of them: nobody owes what these bring them.
    """
    owed = [difference for difference in differences if difference.fen > 0]
    too_much = [difference for difference in differences if difference.fen < 0]
    credited = _credited(region, owed, pots)
    return [*credited, *(_taken_back(region, too_much, pots, [*before, *credited]) if too_much else ())]


# The voucher that lines go on.
_Key = tuple[VoucherKind, date, Period, int]


def _credited(region: str, differences: Iterable[Difference], pots: dict[int, Pots]) -> list[Batch]:
    fund = system_pot(region, PotKind.FUND)
    groups: dict[_Key, list[Line]] = defaultdict(list)
    for one in differences:
        groups[one.kind, one.on, one.period, one.version] += credit_lines(
            fund, pots, one.person, one.year.year, one.fen, one.facts
        )
    return [Batch(*key, lines) for key, lines in sorted(groups.items())]


def _taken_back(
    region: str, differences: Sequence[Difference], pots: dict[int, Pots], before: Sequence[Batch]
) -> list[Batch]:
    """Lock the people's pots: how much is left is only certain then."""
    fund = system_pot(region, PotKind.FUND)
    people = [difference.person for difference in differences]
    debts, balances = receivables(region, people), _locked_balances(region, people)
    for _, target, fen, _ in chain.from_iterable(batch.lines for batch in before):
        if target in balances:
            balances[target] += fen
    groups: dict[_Key, list[Line]] = defaultdict(list)
    for one in differences:
        lines, rest, facts, own = (
            groups[one.kind, one.on, one.period, one.version],
            -one.fen,
            one.facts,
            pots[one.person],
        )
        for pot in dict.fromkeys([own.for_year(one.year.year), own.carried]):
            part = min(rest, balances[pot])
            if part:
                lines.append((pot, fund, part, facts))
                balances[pot] -= part
                rest -= part
        if rest:
            lines.append((debts[one.person], fund, rest, facts))
    return [Batch(*key, lines, source_personal=True, target_personal=False) for key, lines in sorted(groups.items())]


def _locked_balances(region: str, person_ids: list[int]) -> dict[int, int]:
    with connection.cursor() as cursor:
        cursor.execute(
            # In the order of accounts.ledger.locking.lock_pots.
            """SELECT id, balance_fen FROM accounts_pot WHERE region = %s AND person_id = ANY(%s)
               ORDER BY kind <> %s, id FOR UPDATE""",
            [region, person_ids, PotKind.CURRENT],
        )
        return dict(cursor.fetchall())
