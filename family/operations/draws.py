"""Using relatives' money: what payments locks while it decides, and what is written down when it has paid.

    with transaction.atomic():
        locked = draws.lock_sources(act=…, person=…, region=…, on=…, scope=Scope.MEDICAL, where=where)
        takes = spending_plan(amount_fen, locked.sources)
        vouchers = draws.post(act=…, kind=…, locked=locked, takes=takes, target=PotKind.INSTITUTIONS, …)

Locks, in this order: years of the regions touched, pots by id, bonds by id (docs/locking.md), before anything is decided or,
where that is allowed, where it is written (`late`). A removal waits for the bond, so once it has returned nothing is drawn
any more; a limit is counted under the same lock, so it is never passed.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from accounts.codes import PotKind, Scope, VoucherKind
from accounts.identity.actors import Act
from accounts.ledger import posting
from accounts.ledger.confirming import Reading, Span, unchanged, within
from accounts.ledger.errors import StaleError
from accounts.ledger.locking import LockedPots, lock_reach, lock_years_and_pots
from accounts.ledger.posting import NOWHERE, Move, Place
from accounts.ledger.writing import VOUCHER_ID
from accounts.models import Person, Voucher
from accounts.policies import registry
from family.models import Bond, Draw
from family.operations import locks, notifications
from family.queries.bonds import in_use_order, year_of
from family.queries.facts import Insured, enrolments_of
from family.queries.paying_for import bound_on, pots_of_payer, sources_of_payer
from family.queries.plan import is_limited, reach_of, sources_of, usable
from family.rules import Source, Take, Where
from yibao.lib import pipeline
from yibao.lib.pipeline import Insertion, Row, Statement


@dataclass(frozen=True, slots=True)
class LockedSources:
    """Everything that may pay, in the order in which it is used: locked until the transaction ends, or read with `facts`.

    `facts` are what the sources rest on besides the pots.
    """

    sources: list[Source]
    pots: LockedPots
    bonds: Mapping[int, Bond]
    facts: Sequence[Reading] = ()


def lock_sources(
    *,
    act: Act,
    person: Person,
    region: str,
    on: date,
    scope: str = Scope.MEDICAL,
    where: Where | None = None,
    late: bool = False,
) -> LockedSources:
    """Lock what may pay for this person and return it, in the caller's transaction.

    `region` is where the person is insured; `scope` medical or premium; `where` the kind of place, None for a premium.
    `late`: others' money is only read now and locked by `post`, which then raises StaleError where something else would
    be decided.
    """
    # Where no rule credits accounts there is none, as yet: somebody insured there may still use a relative's.
    likely = [region] if registry.credit_or_none(region, on) else []
    pots = lock_reach(act=act, reach=reach_of(person, region), regions=likely, on=on, late=late)
    others = {pot.person_id for pot in pots.pots.values() if pot.person_id} - {person.pk}
    to_draw, people = locks.to_draw_for(person.pk, lock=pots.are_held), [person.pk, *others]
    bonds, insured = _read_bonds(to_draw, people, on) if others or pots.told else ([], None)
    facts = _facts(person, people, pots.told, bonds, insured) if pots.told and insured else []
    if facts and any(is_limited(bond, on) for bond in bonds):
        raise StaleError  # a limit that was not there before: what is used of it is counted under the lock
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
    return _usable(sources, pots, bonds, person, on, facts)


def _facts(
    person: Person,
    people: Iterable[int],
    stopped: tuple[Statement, Sequence[Row]],
    bonds: Iterable[Bond],
    insured: Insured,
) -> list[Reading]:
    """Return what was read of bonds and people beside pots that are not locked: bonds first, which are locked by asking."""
    query, told = stopped
    return [
        Reading(locks.versions(person.pk), "r.id, r.xmin", [(bond.pk, bond.xmin) for bond in bonds]),
        Reading(query, 'r.id, r."on"', [(number, on) for _, _, _, on, number in told]),
        Reading(enrolments_of(people), "r.id, r.xmin", insured.versions),
    ]


def lock_payers_sources(*, act: Act, bond: Bond, on: date) -> LockedSources:
    """Lock what the payer of a bond may give for the relative's premium and return it, in the caller's transaction."""
    pots = lock_years_and_pots(
        act=act, on=on, pots=pots_of_payer([bond]), regions=[bond.region], subject_id=bond.user_id
    )
    (locked,), insured = _read_bonds(locks.to_draw_by(bond.pk), [bond.payer_id, bond.user_id], on)
    sources = sources_of_payer(
        bond=locked,
        bound=bound_on(locked, on, insured),
        on=on,
        pots=pots.pots,
        available=lambda pot: pots.available_fen(pot.pk),
    )
    return _usable(sources, pots, [locked], bond.user, on)


def _read_bonds(to_draw: Statement, people: Iterable[int], on: date) -> tuple[list[Bond], Insured]:
    """Read or lock bonds, and read how their people are insured, in one round trip."""
    bonds, insured = pipeline.send(to_draw, enrolments_of(people))
    return locks.read_to_draw(bonds), Insured.read(insured, on)


def _usable(
    sources: list[Source],
    pots: LockedPots,
    bonds: Iterable[Bond],
    person: Person,
    on: date,
    facts: Sequence[Reading] = (),
) -> LockedSources:
    left = usable(sources, pots.pots, pots.stopped, person=person, on=on)
    return LockedSources(left, pots, {bond.pk: bond for bond in bonds}, facts)


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
    commit: bool = False,
) -> list[Voucher]:
    """Post what was decided on `locked` sources, in the same transaction: one voucher per region, the person's own first.

    Money of an account in another region is paid to that region's `target` pot, so each region's books stay even; its
    voucher has the key followed by the region. Draws are written down and their payers told, unless it is the payer who
    acts. `along` goes with the first voucher, and `commit` says that nothing follows where there is only one
    (posting.post_locked). Raises AlreadyPostedError for a key that is taken: then the transaction is broken.
    """
    vouchers: list[Voucher] = []
    by_region = _by_region(takes, region)
    for name, of_region in by_region:
        drawn = _drawn(of_region, locked.bonds)
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
            along=[*_draws(act, drawn, on, payer_acts), *(() if vouchers else along)],
            confirming=_confirming(locked, takes) if locked.facts else (),
            commit=commit and len(by_region) == 1,
        )
        vouchers.append(voucher)
    return vouchers


def _confirming(read: LockedSources, takes: Sequence[Take]) -> list[Statement]:
    """Return what locks sources that were only read, and makes sure that these takes are what would be decided now.

    Where the last to give something has more to spare, it may hold so much less, and more at will: others draw on it at the
    same time. What comes before it, and what is given by the same bond, has to hold what it held (a reserve is kept of all
    pots of a payer together); where there is nothing to spare, everything.
    """
    last = takes[-1].source
    spare_fen = last.available_fen - takes[-1].amount_fen
    first = read.sources[: read.sources.index(last) + 1] if spare_fen else read.sources
    beside = [source for source in read.sources if last.bond and source.bond == last.bond]
    spans = [_span(read, source, spare_fen if source == last else 0) for source in dict.fromkeys([*first, *beside])]
    return [within(spans), unchanged(*read.facts)]


def _span(read: LockedSources, source: Source, spare_fen: int) -> Span:
    pot = read.pots.pots[source.pot]
    balance_fen = pot.balance_fen or 0
    return Span(pot.pk, pot.year, balance_fen - spare_fen, None if spare_fen else balance_fen)


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


def _draws(act: Act, drawn: Sequence[tuple[Bond, int]], on: date, payer_acts: bool) -> list[Insertion]:
    """Return what is written along with the voucher of draws (fen by bond): they themselves, and what tells the payers."""
    if not drawn:
        return []
    rows = [Draw(bond=bond, amount_fen=fen, on=on, year=year_of(bond, on)) for bond, fen in drawn]
    found = [Insertion(*rows, voucher_id=VOUCHER_ID)]
    for bond, fen in () if payer_acts else drawn:
        found += notifications.drawn(act=act, bond=bond, amount_fen=fen, on=on)
    return found
