"""Locking what may pay, and reading what it holds, in one round trip: years, then pots (docs/locking.md).

A voucher belongs to one region, so what two regions pay is two vouchers. Their shares can only be worked out once
everything is locked; afterwards each voucher is posted by `posting.post_locked`.
"""

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache

from accounts.codes import PotKind, VoucherKind
from accounts.identity.actors import Act
from accounts.ledger import book_years, freezing
from accounts.ledger.errors import AlreadyPostedError, NoPotError, PostingError
from accounts.ledger.freezing import Stopped
from accounts.ledger.pots import Reach, available_fen, system_pots
from accounts.ledger.writing import Move, write
from accounts.models import Pot, Transfer, Voucher
from yibao.lib import pipeline
from yibao.lib.periods import Period
from yibao.lib.pipeline import Statement


@dataclass(frozen=True, slots=True)
class Locked:
    """What a decision may look at: personal pots, locked or to be made sure of, and the year of the books.

    `booked` is the year that is posted into: `year`, or the next open one. `system` are the region's own pots.
    """

    pots: Mapping[int, Pot]
    year: int
    booked: int
    system: Mapping[str, int]

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
    """Pots of one or more regions, locked until the transaction ends, and which of their owners' accounts stand still.

    Or, where they are not held, only the years are locked, and all else was read: it is locked and made sure of where it is
    written (ledger.confirming). Then `told` is the query that tells which accounts stand still, and what it said.
    """

    pots: Mapping[int, Pot]
    regions: Mapping[str, Locked]
    stopped: Stopped
    told: tuple[Statement, Sequence[pipeline.Row]] | None = None

    @property
    def are_held(self) -> bool:
        return self.told is None

    def available_fen(self, pot_id: int) -> int:
        """Return the fen that may be drawn from a pot (see pots.available_fen)."""
        return self.regions[self.pots[pot_id].region].available_fen(pot_id)


def _reach_of(ids: Sequence[int], subject_id: int | None) -> Reach:
    return Reach(Statement(_THESE, [ids]), Statement(_OWNERS, [ids, subject_id]))


_THESE = (
    "SELECT id, region, NULL::boolean AS is_late FROM accounts_pot WHERE id = ANY(ARRAY(SELECT unnest(%s::bigint[])))"
)
_OWNERS = """
    SELECT person_id FROM accounts_pot WHERE id = ANY(ARRAY(SELECT unnest(%s::bigint[]))) UNION SELECT %s::bigint
"""
_FIELDS = [field.attname for field in Pot._meta.concrete_fields]
# 当年 before the others: the year end takes all of a chunk's 当年 before it pays into their 历年. By id among themselves:
# everybody who locks several pots keeps to this order, so nobody waits in a circle.
IN_ORDER = f"ORDER BY p.kind <> '{PotKind.CURRENT}', p.id"
_LOCKED = f"""
    {", ".join(_FIELDS)} FROM accounts_pot p WHERE {{}} AND p.person_id IS NOT NULL {IN_ORDER} FOR UPDATE OF p
"""
_POTS = f"SELECT NULL, true, {_LOCKED.format(f'p.id IN (SELECT r.id FROM ({_THESE}) r)')}"


@cache
def _years_and_pots_of(which: str, regions: int, late: bool) -> str:
    """Return what locks the years of so many regions and then the pots that a query names.

    `late`: where it says so of them all, they are read instead. Where a year is not open, or a pot lies elsewhere, there
    are no rows and no pot is locked: years come before pots. The regions' own pots come along, by region and kind:
    nothing is posted without one of them.
    """
    places, years = ", ".join(["%s"] * regions), ", ".join(["(%s, %s)"] * regions)
    chosen = f"(SELECT count(*) FROM opened) = {regions} AND p.id = ANY((SELECT ids FROM reached {{}})::bigint[])"
    read = f"""
        UNION ALL SELECT (SELECT ids FROM system), false, {", ".join(_FIELDS)} FROM accounts_pot p
        WHERE {chosen.format("WHERE is_late")} AND p.person_id IS NOT NULL
    """
    return f"""
        WITH opened AS (
            SELECT b.region FROM accounts_bookyear b
            WHERE (b.region, b.year) IN ({years}) AND b.closed_at IS NULL FOR SHARE
        ), reached AS (
            SELECT array_agg(r.id) AS ids, bool_and(r.is_late) AS is_late FROM ({which}) r
            HAVING bool_and(r.region IN ({places}))
        ), system AS (
            SELECT json_object_agg(s.region || s.kind, s.id)::text AS ids FROM accounts_pot s
            WHERE s.region IN ({places}) AND s.person_id IS NULL
        ), held AS (
            SELECT {_LOCKED.format(chosen.format("WHERE is_late IS NOT true" if late else ""))}
        )
        SELECT (SELECT ids FROM system), true, h.* FROM held h {read if late else ""}
    """


def lock_years_and_pots(
    *,
    act: Act,
    pots: Iterable[int],
    regions: Iterable[str] = (),
    on: date | None = None,
    subject_id: int | None = None,
) -> LockedPots:
    """Lock pots for the rest of the caller's transaction: first the years of their regions, then the pots.

    Each 当年 is rolled over to the year of `on`, which needs its owner's 历年 among the pots. `regions` are those of
    the pots, where the caller knows them; `subject_id` whoever uses the money. What was read before this call may be
    out of date after it. Raises PostingError for a pot that is nobody's.
    """
    ids = sorted(set(pots))
    locked = lock_reach(act=act, reach=_reach_of(ids, subject_id), regions=regions, on=on)
    _refuse_missing(ids, locked.pots)
    return locked


def lock_reach(
    *, act: Act, reach: Reach, regions: Iterable[str] = (), on: date | None = None, late: bool = False
) -> LockedPots:
    """Lock what may be touched, in one round trip, as `lock_years_and_pots` does.

    `regions` are those in which it is likely to lie; where it lies elsewhere, that is found. `late`: where the
    reach allows it, the pots are only read (LockedPots.are_held).
    """
    on = on or act.on
    events = freezing.statement(reach.people, act.on)
    years = _years_of(sorted(set(regions)), on)
    rows, told = pipeline.send(_years_and_pots(reach, years, late), events) if years else ([], [])
    held, pots = not rows or rows[0][1], _read(rows)
    if not held and any(_year_over(pot, years[pot.region]) for pot in pots.values()):
        rows = []  # what is rolled over has to be locked first
    booked, system = years, {region: _system(rows, region) for region in years}
    if not rows:  # a year not open yet, or closed when a late bill comes; something that lies elsewhere; or nothing
        (found,) = pipeline.send(reach.pots)
        # What is read now stays what is locked: a relative who comes meanwhile, from elsewhere, is not waited for.
        reach = Reach(Statement(_THESE, [[pot for pot, *_ in found]]), reach.people)
        years = _years_of(sorted({region for _, region, _ in found}), on) or years
        booked = {region: book_years.lock_open(region, year) for region, year in years.items()}
        system = {region: system_pots(region) for region in years}
        rows, told = pipeline.send(_years_and_pots(reach, booked), events) if years else ([], [])
        held, pots = True, _read(rows)
    locked = {
        region: Locked(
            {key: pot for key, pot in pots.items() if pot.region == region}, year, booked[region], system[region]
        )
        for region, year in years.items()
    }
    for region, one in locked.items():
        if not one.year_closed:
            _roll_over(act, one, region, on)
    return LockedPots(pots, locked, freezing.read(told), None if held else (events, told))


def _years_of(regions: Iterable[str], on: date) -> dict[str, int]:
    return {region: book_years.year_of(region, on) for region in regions}


def _years_and_pots(reach: Reach, years: Mapping[str, int], late: bool = False) -> Statement:
    pairs = [one for pair in years.items() for one in pair]
    text = _years_and_pots_of(reach.pots.text, len(years), late)
    return Statement(text, [*pairs, *reach.pots.parameters, *years, *years])


def _system(rows: Sequence[pipeline.Row], region: str) -> dict[str, int]:
    if not rows or rows[0][0] is None:
        return {}
    return {name.removeprefix(region): pot for name, pot in json.loads(rows[0][0]).items() if name.startswith(region)}


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
    (rows,) = pipeline.send(Statement(_POTS, [ids]))
    locked = _read(rows)
    _refuse_missing(ids, locked)
    return locked


def _read(rows: Iterable[pipeline.Row]) -> dict[int, Pot]:
    return {row[2]: Pot.from_db("default", _FIELDS, row[2:]) for row in rows}


def _refuse_missing(ids: Iterable[int], locked: Collection[int]) -> None:
    if missing := set(ids) - set(locked):
        raise PostingError(f"不是个人资金账户：{sorted(missing)}")


def _year_over(pot: Pot, year: int) -> int | None:
    """Return the year that a 当年 is still of, where that is before this one."""
    return pot.year if pot.kind == PotKind.CURRENT and pot.year is not None and pot.year < year else None


def _roll_over(act: Act, locked: Locked, region: str, on: date) -> None:
    """Roll each 当年 over before its first use in a new year, when the year-end job has not come to it yet."""
    for pot in locked.pots.values():
        old = _year_over(pot, locked.year)
        if old is None:
            continue
        pot.year = locked.year
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
        try:
            write(voucher, [Move(pot.pk, beside.pk, pot.balance_fen)], locked.pots)
        except AlreadyPostedError as error:
            raise PostingError(f"资金账户 {pot.pk} 的 {old} 年度已经结转过") from error
