"""Accounts that stand still: frozen ones (冻结), and those of the dead. Credits, corrections and refunds go on.

Whoever freezes or reports a death holds the pots' locks while the event is written (operations.life_events), and
everybody who takes money asks under the same locks: nothing slips through in between.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from operator import itemgetter
from typing import Any

from accounts.codes import LifeEventKind, VoucherKind
from accounts.ledger.errors import DeadError, FrozenError
from accounts.models import LifeEvent, Pot
from yibao.lib.pipeline import Statement

_SWITCHES = (LifeEventKind.FREEZE, LifeEventKind.RELEASE)
_REPORTS = (LifeEventKind.DEATH, LifeEventKind.ALIVE)
_TOLD_BY = (*_SWITCHES, *_REPORTS)


@dataclass(frozen=True, slots=True)
class Stopped:
    """What stands still among the accounts of some people: (person id, region) that are frozen; who died, and when."""

    frozen: frozenset[tuple[int, str]]
    died: Mapping[int, date]

    def is_frozen(self, pot: Pot) -> bool:
        return (pot.person_id, pot.region) in self.frozen

    def was_dead(self, person_id: int, on: date) -> bool:
        """Say whether somebody had died before that day: the bills of the day itself are still paid."""
        return person_id in self.died and self.died[person_id] < on


def stopped(people: Collection[int], on: date) -> Stopped:
    """Return what stands still among the accounts of these people, as far as is known on a day (one query)."""
    rows = LifeEvent.objects.filter(person__in=people, kind__in=_TOLD_BY, on__lte=on)
    return read(rows.values_list("person_id", "region", "kind", "on", "id"))


def statement(pots: Sequence[int], subject_id: int | None, on: date) -> Statement:
    """Return what reads the same of the owners of pots and of whoever uses them, for `read`."""
    return Statement(_OF_POTS, [list(pots), subject_id, on])


_OF_POTS = f"""
    SELECT person_id, region, kind, "on", id FROM accounts_lifeevent
    WHERE person_id = ANY(ARRAY(SELECT p.person_id FROM accounts_pot p WHERE p.id = ANY(ARRAY(SELECT unnest(%s::bigint[])))
                                UNION SELECT %s::bigint))
      AND kind IN ({", ".join(f"'{kind}'" for kind in _TOLD_BY)}) AND "on" <= %s::date
"""


def read(rows: Iterable[Sequence[Any]]) -> Stopped:
    """Return what stands still, from the life events (person id, region, kind, day, id) of some people."""
    found = list(rows)
    last = {
        (person, region): kind for person, region, kind, *_ in sorted(found, key=itemgetter(3, 4)) if kind in _SWITCHES
    }
    reports = {person: (kind, day) for person, _, kind, day, _ in sorted(found, key=itemgetter(4)) if kind in _REPORTS}
    return Stopped(
        frozenset(account for account, kind in last.items() if kind == LifeEventKind.FREEZE),
        {person: day for person, (kind, day) in reports.items() if kind == LifeEventKind.DEATH},
    )


def deaths(people: Collection[int]) -> dict[int, date]:
    """Return person id → day of death, of those of these people who have died as far as is known (one query)."""
    return dict(stopped(people, date.max).died)


def refuse_stopped(kind: VoucherKind, pots: Iterable[Pot], found: Stopped, *, subject_id: int | None, on: date) -> None:
    """Raise FrozenError where one of the pots that pay is frozen, DeadError where whoever uses them had died by `on`.

    `found` was read under the locks of the pots.
    """
    if any(map(found.is_frozen, pots)):
        raise FrozenError
    if kind.is_use and subject_id is not None and found.was_dead(subject_id, on):
        raise DeadError
