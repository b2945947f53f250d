"""Using relatives' money: what payments locks while it decides, and what is written down when it has paid.

    with transaction.atomic():
        locked = draws.lock_sources(act=…, person=…, region=…, on=…, scope=Scope.MEDICAL, where=where)
        takes = spending_plan(amount_fen, locked.sources)
        vouchers = draws.post(act=…, kind=…, locked=locked, takes=takes, target=PotKind.INSTITUTIONS, …)

Locks, in this order: years of the regions touched, pots by id, bonds by id (docs/locking.md). A removal waits for the
bond, so once it has returned nothing is drawn any more; a limit is counted under the same lock, so it is never passed.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from accounts.codes import PotKind, Scope, VoucherKind
from accounts.identity.actors import Act
from accounts.ledger import posting
from accounts.ledger.locking import LockedPots, lock_years_and_pots
from accounts.ledger.posting import NOWHERE, Move, Place
from accounts.ledger.writing import VOUCHER_ID
from accounts.models import Person, Voucher
from family.models import Bond, Draw
from family.operations import locks, notifications
from family.queries.bonds import in_use_order, year_of
from family.queries.facts import Insured, enrolments_of
from family.queries.paying_for import bound_on, pots_of_payer, sources_of_payer
from family.queries.plan import reach_of, sources_of, usable
from family.rules import Source, Take, Where
from yibao.lib.pipeline import Insertion


@dataclass(frozen=True, slots=True)
class LockedSources:
    """Everything that may pay, locked until the transaction ends, in the order in which it is used."""

    sources: list[Source]
    pots: LockedPots
    bonds: Mapping[int, Bond]


def lock_sources(
    *, act: Act, person: Person, region: str, on: date, scope: str = Scope.MEDICAL, where: Where | None = None
) -> LockedSources:
    """Lock what may pay for this person and return it, in the caller's transaction.

    `region` is where the person is insured; `scope` medical or premium; `where` the kind of place, None for a premium.
    """
    reach = reach_of(person, region)
    along = _Along(reach.bonds, reach.people | {person.pk}, on)
    pots = _lock_pots(act, reach.pot_ids, reach.regions, person.pk, on, along)
    bonds, insured = along.read(pots)
    sources = sources_of(
        person=person,
        region=region,
        on=on,
        pots=pots.pots,
        available=lambda pot: pots.available_fen(pot.pk),
        bonds=in_use_order(bonds, person, on, insured),
        scope=scope,
        where=where,
        insured=insured,
    )
    return _usable(sources, pots, bonds, person, on)


def lock_payers_sources(*, act: Act, bond: Bond, on: date) -> LockedSources:
    """Lock what the payer of a bond may give for the relative's premium and return it, in the caller's transaction."""
    along = _Along([bond.pk], [bond.payer_id, bond.user_id], on)
    pots = _lock_pots(act, pots_of_payer([bond]), [bond.region], bond.user_id, on, along)
    (locked,), insured = along.read(pots)
    sources = sources_of_payer(
        bond=locked,
        bound=bound_on(locked, on, insured),
        on=on,
        pots=pots.pots,
        available=lambda pot: pots.available_fen(pot.pk),
    )
    return _usable(sources, pots, [locked], bond.user, on)


class _Along:
    """What is locked and read together with pots: bonds, and how their people are insured. Nothing without a bond."""

    def __init__(self, bonds: Collection[int], people: Iterable[int], on: date) -> None:
        self.locks = [locks.to_draw(bonds)] if bonds else []
        self.reads = [enrolments_of(people)] if bonds else []
        self._on = on

    def read(self, locked: LockedPots) -> tuple[list[Bond], Insured]:
        bonds, insured = locked.rows or ([], [])
        return locks.read_to_draw(bonds), Insured.read(insured, self._on)


def _lock_pots(
    act: Act, pots: Iterable[int], regions: Iterable[str], user_id: int, on: date, along: _Along
) -> LockedPots:
    return lock_years_and_pots(
        act=act, on=on, pots=pots, regions=regions, subject_id=user_id, locks=along.locks, reads=along.reads
    )


def _usable(sources: list[Source], pots: LockedPots, bonds: Iterable[Bond], person: Person, on: date) -> LockedSources:
    left = usable(sources, pots.pots, pots.stopped, person=person, on=on)
    return LockedSources(left, pots, {bond.pk: bond for bond in bonds})


def post(
    *,
    act: Act,
    kind: VoucherKind,
    person: Person,
    region: str,
    locked: LockedSources,
    takes: Sequence[Take],
    target: PotKind,
    on: date,
    key: str,
    payload: Mapping[str, Any],
    reason: str,
    place: Place = NOWHERE,
    payer_acts: bool = False,
    along: Sequence[Insertion] = (),
) -> list[Voucher]:
    """Post what was decided on `locked` sources, in the same transaction: one voucher per region, the person's own first.

    Money of an account in another region is paid to that region's `target` pot, so each region's books stay even; its
    voucher has the key followed by the region. Draws are written down and their payers told, unless it is the payer who
    acts. `along` goes with the first voucher (posting.post_locked). Raises AlreadyPostedError for a key that is taken: then
    the transaction must not be committed.
    """
    vouchers: list[Voucher] = []
    told: list[tuple[Bond, Voucher, int]] = []
    for name, of_region in _by_region(takes, region):
        drawn = _drawn(of_region, locked.bonds)
        draws = [Insertion(*_draws(drawn, on), voucher_id=VOUCHER_ID)] if drawn else []
        voucher = posting.post_locked(
            act=act,
            kind=kind,
            region=name,
            on=on,
            key=key if name == region else f"{key}:{name}",
            payload=payload,
            locked=locked.pots,
            moves=_moves(of_region, locked.pots.regions[name].system_pot(target)),
            subject_id=person.pk,
            reason=reason,
            place=place,
            along=[*draws, *(() if vouchers else along)],
        )
        vouchers.append(voucher)
        told += [(bond, voucher, fen) for bond, fen in drawn]
    for bond, voucher, fen in () if payer_acts else told:
        notifications.notify_drawn(act=act, bond=bond, voucher=voucher, amount_fen=fen, on=on)
    return vouchers


def _by_region(takes: Iterable[Take], own: str) -> list[tuple[str, list[Take]]]:
    found: dict[str, list[Take]] = defaultdict(list)
    for take in takes:
        found[take.source.region].append(take)
    return sorted(found.items(), key=lambda one: (one[0] != own, one[0]))


def _moves(takes: Iterable[Take], system: int) -> list[Move]:
    return [Move(take.source.pot, system, take.amount_fen) for take in takes]


def _drawn(takes: Iterable[Take], bonds: Mapping[int, Bond]) -> list[tuple[Bond, int]]:
    """Return what is taken by each bond (fen), the oldest bond first."""
    sums: dict[int, int] = defaultdict(int)
    for take in takes:
        if take.source.bond is not None:
            sums[take.source.bond] += take.amount_fen
    return [(bonds[pk], fen) for pk, fen in sorted(sums.items())]


def _draws(drawn: Iterable[tuple[Bond, int]], on: date) -> list[Draw]:
    return [Draw(bond=bond, amount_fen=fen, on=on, year=year_of(bond, on)) for bond, fen in drawn]
