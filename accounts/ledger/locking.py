"""Locking what may pay, and reading what it holds, in one round trip: years by region, then pots (docs/locking.md).

A voucher belongs to one region, so what two regions pay is two vouchers. Their shares can only be worked out once
everything is locked; afterwards each voucher is posted by `posting.post_locked`.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from accounts.codes import PotKind, VoucherKind
from accounts.identity.actors import Act
from accounts.ledger import book_years, freezing
from accounts.ledger.errors import NoPotError, PostingError
from accounts.ledger.freezing import Stopped
from accounts.ledger.pots import available_fen, system_pots
from accounts.ledger.writing import Move, write
from accounts.models import Pot, Transfer, Voucher
from yibao.lib import pipeline
from yibao.lib.periods import Period
from yibao.lib.pipeline import Statement


@dataclass(frozen=True, slots=True)
class Locked:
    """What a decision may look at: personal pots, locked and up to date, and the year of the books.

    `booked` is the year that is posted into: `year`, or the next open one. `system` are the region's own pots.
    """

    pots: Mapping[int, Pot]
    year: int
    booked: int
    system: Mapping[PotKind, int]

    @property
    def year_closed(self) -> bool:
        return self.booked != self.year

    def available_fen(self, pot_id: int) -> int:
        """Return the fen that may be drawn from a pot (see pots.available_fen)."""
        return available_fen(self.pots[pot_id], self.year, year_closed=self.year_closed)

    def system_pot(self, kind: PotKind) -> int:
        """Return the id of the region's own pot. Raises NoPotError when nobody of it is on the roster yet."""
        if kind not in self.system:
            raise NoPotError(f"统筹区没有{kind.label}科目：还没有导入参保名册")
        return self.system[kind]


@dataclass(frozen=True, slots=True)
class LockedPots:
    """Pots of one or more regions, locked until the transaction ends, and which of their owners' accounts stand still."""

    pots: Mapping[int, Pot]
    regions: Mapping[str, Locked]
    stopped: Stopped
    rows: Sequence[list[pipeline.Row]] = ()  # of each statement that was sent along

    def available_fen(self, pot_id: int) -> int:
        """Return the fen that may be drawn from a pot (see pots.available_fen)."""
        return self.regions[self.pots[pot_id].region].available_fen(pot_id)


_OPEN = """
    accounts_bookyear b JOIN unnest(%s::text[], %s::bigint[]) AS wanted (region, year) USING (region, year)
    WHERE b.closed_at IS NULL
"""
# The region's own pots come along: nothing is posted without one of them.
_YEARS = f"""
    SELECT b.region, (SELECT array_agg(p.kind || ':' || p.id) FROM accounts_pot p
                      WHERE p.region = b.region AND p.person_id IS NULL)
    FROM {_OPEN} ORDER BY b.region FOR SHARE OF b
"""
_FIELDS = [field.attname for field in Pot._meta.concrete_fields]
# 当年 before the others: the year end takes all of a chunk's 当年 before it pays into their 历年. By id among themselves:
# everybody who locks several pots keeps to this order, so nobody waits in a circle.
# Where a year is not open, no pot is locked: the years come first, and which year is booked is still to be found.
OPEN = f"(SELECT count(*) FROM {_OPEN}) = %s"
_POTS = f"""
    SELECT {", ".join(_FIELDS)} FROM accounts_pot p
    WHERE p.id = ANY(ARRAY(SELECT unnest(%s::bigint[]))) AND p.person_id IS NOT NULL AND {OPEN}
    ORDER BY p.kind <> '{PotKind.CURRENT}', p.id FOR UPDATE OF p
"""


def lock_years_and_pots(
    *,
    act: Act,
    pots: Iterable[int],
    regions: Iterable[str] = (),
    on: date | None = None,
    subject_id: int | None = None,
    locks: Sequence[Statement] = (),
    reads: Sequence[Statement] = (),
) -> LockedPots:
    """Lock pots for the rest of the caller's transaction: first the years of their regions, by region, then the pots.

    Each 当年 is rolled over to the year of `on`, which needs its owner's 历年 among the pots. `regions` are those of
    the pots, where the caller knows them; `subject_id` whoever uses the money. What was read before this call may be
    out of date after it. `locks` are sent along, for what is locked after pots: texts whose last condition is OPEN; and
    `reads`, which see what was locked. Raises PostingError for a pot that is nobody's.
    """
    on, ids = on or act.on, sorted(set(pots))
    names = sorted(set(regions) or set(Pot.objects.filter(pk__in=ids).values_list("region", flat=True)))
    years = {region: book_years.year_of(region, on) for region in names}
    wanted = [list(years), list(years.values())]
    locking = [Statement(_POTS, [ids]), *locks]
    reading = [freezing.statement(ids, subject_id, act.on), *reads]
    opened, *rows = pipeline.send(Statement(_YEARS, wanted), *_while(locking, [*wanted, len(years)]), *reading)
    if len(opened) == len(years):
        books = {region: (years[region], _system(listed)) for region, listed in opened}
    else:  # a year that nobody has posted in yet, or a late bill of one that is closed
        books = {region: (book_years.lock_open(region, years[region]), system_pots(region)) for region in names}
        rows = pipeline.send(*_while(locking, _YEARS_LOCKED), *reading)
    events = rows.pop(len(locking))
    locked = _read(rows.pop(0), ids)
    found = {
        region: Locked({key: pot for key, pot in locked.items() if pot.region == region}, years[region], booked, system)
        for region, (booked, system) in books.items()
    }
    for region, one in found.items():
        if not one.year_closed:
            _roll_over(act, one, region, on)
    return LockedPots(locked, found, freezing.read(events), rows)


_YEARS_LOCKED: list[Any] = [[], [], 0]  # OPEN of years that nobody has to look at


def _while(locking: Iterable[Statement], opened: list[Any]) -> list[Statement]:
    return [Statement(one.text, [*one.parameters, *opened]) for one in locking]


def _system(listed: Iterable[str] | None) -> dict[PotKind, int]:
    pairs = (one.split(":") for one in listed or ())
    return {PotKind(kind): int(pot) for kind, pot in pairs}


def lock_to_reverse(*, act: Act, vouchers: Collection[Voucher], on: date | None = None) -> LockedPots:
    """Lock the pots that get their money back when these vouchers are reversed, in the caller's transaction.

    Their owners' 历年 are among them: money of a year that is over goes back there.
    """
    sides = Transfer.objects.filter(voucher__in=vouchers).values_list("source", "target")
    paid = Pot.objects.filter(pk__in={pot for side in sides for pot in side}, person__isnull=False)
    carried = Pot.objects.filter(
        kind=PotKind.CARRIED, person__in=paid.values("person"), region__in=paid.values("region")
    )
    return lock_years_and_pots(act=act, on=on, pots=(paid | carried).values_list("pk", flat=True))


def lock_pots(pots: Iterable[int]) -> dict[int, Pot]:
    """Lock personal pots whose years are locked already, in the one order there is, and return them as they stand now.

    Raises PostingError for a pot that is nobody's.
    """
    ids = sorted(set(pots))
    (rows,) = pipeline.send(*_while([Statement(_POTS, [ids])], _YEARS_LOCKED))
    return _read(rows, ids)


def _read(rows: Iterable[pipeline.Row], ids: Iterable[int]) -> dict[int, Pot]:
    locked = {pot.pk: pot for pot in (Pot.from_db("default", _FIELDS, row) for row in rows)}
    if missing := set(ids) - set(locked):
        raise PostingError(f"不是个人资金账户：{sorted(missing)}")
    return locked


def _roll_over(act: Act, locked: Locked, region: str, on: date) -> None:
    """Roll each 当年 over before its first use in a new year, when the year-end job has not come to it yet."""
    for pot in locked.pots.values():
        if pot.kind != PotKind.CURRENT or pot.year is None or pot.year >= locked.year:
            continue
        old, pot.year = pot.year, locked.year
        if not pot.balance_fen:
            pot.save(update_fields=["year"])
            continue
        beside = next(p for p in locked.pots.values() if p.person_id == pot.person_id and p.kind == PotKind.CARRIED)
        voucher = {
            "kind": VoucherKind.ROLLOVER,
            "region": region,
            "occurred_on": on,
            "period": str(Period(old)),
            "actor": str(act.actor),
            "key": f"rollover:{pot.pk}:{old}",
            "payload_hash": "",
        }
        if write(voucher, [Move(pot.pk, beside.pk, pot.balance_fen)], locked.pots) is None:
            raise PostingError(f"资金账户 {pot.pk} 的 {old} 年度已经结转过")
