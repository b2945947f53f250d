"""Accounts that stand still: frozen ones (冻结), and those of the dead. Credits, corrections and refunds go on.

Whoever freezes or reports a death holds the pots' locks while the event is written (operations.life_events), and
everybody who takes money asks under the same locks: nothing slips through in between. A death that a roster tells
(终止原因 死亡) stops the account too, from the moment it is in; what else follows from a death waits for its report.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from operator import itemgetter
from typing import Any

from django.db import connection

from accounts.codes import EnrolmentEndReason, EnrolmentStatus, LifeEventKind, VoucherKind
from accounts.ledger.errors import DeadError, FrozenError
from accounts.models import LifeEvent, Pot
from yibao.lib.pipeline import Statement

_SWITCHES = (LifeEventKind.FREEZE, LifeEventKind.RELEASE)
_REPORTS = (LifeEventKind.DEATH, LifeEventKind.ALIVE)
_TOLD_BY = (*_SWITCHES, *_REPORTS)
_ROSTER = "roster"  # stands for the kind of event where it is a roster that tells of a death


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

    def pays_nothing(self, pot: Pot, on: date) -> bool:
        """Say whether a pot is frozen, or its owner had died before that day."""
        return self.is_frozen(pot) or (pot.person_id is not None and self.was_dead(pot.person_id, on))


def stopped(people: Collection[int], on: date) -> Stopped:
    """Return what stands still among the accounts of these people, as far as is known on a day (one query)."""
    with connection.cursor() as cursor:
        cursor.execute(_OF_PEOPLE, {"people": list(people), "on": on})
        return read(cursor.fetchall())


def statement(people: Statement, on: date) -> Statement:
    """Return what reads the same of the people whose ids a query names, for `read`."""
    return Statement(_of(people.text), [*people.parameters, on] * 2)


# Insurance that begins after a death, or in its place, says that it was none. An end that others follow is still one.
_TOLD = f"""
    SELECT person_id, region, kind, "on", id FROM accounts_lifeevent
    WHERE person_id = ANY({{people}}) AND kind IN ({", ".join(f"'{kind}'" for kind in _TOLD_BY)}) AND "on" <= {{day}}
    UNION ALL
    SELECT e.person_id, e.region, '{_ROSTER}', e.from_on, e.id FROM accounts_enrolment e
    WHERE e.person_id = ANY({{people}}) AND e.counts AND e.end_reason = {EnrolmentEndReason.DIED} AND e.from_on <= {{day}}
      AND NOT EXISTS (
        SELECT 1 FROM accounts_enrolment l
        WHERE l.person_id = e.person_id AND l.counts AND l.status <> {EnrolmentStatus.ENDED}
          AND (l.from_on > e.from_on
               OR (l.region, l.insurance, l.from_on) = (e.region, e.insurance, e.from_on) AND l.seq > e.seq))
"""
_OF_PEOPLE = _TOLD.format(people="%(people)s", day="%(on)s")


@cache
def _of(people: str) -> str:
    return _TOLD.format(people=f"ARRAY({people})", day="%s::date")


def read(rows: Iterable[Sequence[Any]]) -> Stopped:
    """Return what stands still, from the life events (person id, region, kind, day, id) of some people."""
    found = list(rows)
    last = {
        (person, region): kind for person, region, kind, *_ in sorted(found, key=itemgetter(3, 4)) if kind in _SWITCHES
    }
    return Stopped(frozenset(account for account, kind in last.items() if kind == LifeEventKind.FREEZE), _died(found))


def _died(found: Sequence[Sequence[Any]]) -> dict[int, date]:
    """Return person id → day of death: as it was reported, else as a roster has it and no report denies it."""
    reports = {person: (kind, day) for person, _, kind, day, _ in sorted(found, key=itemgetter(4)) if kind in _REPORTS}
    died = {person: day for person, (kind, day) in reports.items() if kind == LifeEventKind.DEATH}
    for person, _, kind, day, _ in sorted(found, key=itemgetter(3), reverse=True):
        if kind == _ROSTER and (
            person not in reports or reports[person][0] != LifeEventKind.DEATH and reports[person][1] < day
        ):
            died[person] = day
    return died


def reported_deaths(people: Collection[int]) -> dict[int, date]:
    """Return person id → day of death, of those of these people whose death was reported (one query)."""
    rows = LifeEvent.objects.filter(person__in=people, kind__in=_REPORTS)
    return _died(list(rows.values_list("person_id", "region", "kind", "on", "id")))


def known_deaths(people: Collection[int]) -> dict[int, date]:
    """Return person id → day of death, of those of these people who died by a report or by the roster (one query)."""
    return dict(stopped(people, date.max).died)


def refuse_stopped(kind: VoucherKind, pots: Iterable[Pot], found: Stopped, *, subject_id: int | None, on: date) -> None:
    """Raise FrozenError where one of the pots that pay is frozen, DeadError where whoever uses or owns them had died by `on`.

    `found` was read under the locks of the pots, or is made sure of under them.
    """
    pots = list(pots)
    if any(map(found.is_frozen, pots)):
        raise FrozenError
    people = {subject_id, *(pot.person_id for pot in pots)}
    if kind.is_use and any(found.was_dead(person, on) for person in people if person is not None):
        raise DeadError
