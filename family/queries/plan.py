"""What a bill would take, from whom and in which order: shown to people before, and obeyed to the fen when paid.

One function, `sources_of`, serves both: with pots and bonds as they stand for the preview, locked or made sure of for the payment.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from accounts.codes import ACCOUNT_POTS, PotKind, Scope
from accounts.ledger import book_years
from accounts.ledger.freezing import Stopped, stopped
from accounts.ledger.pots import Reach, available_fen
from accounts.models import Person, Pot
from accounts.policies import registry
from accounts.policies.terms.sharing import BALANCE, POOL, SharingTerms
from accounts.policies.terms.spending import SHARED, SpendingTerms
from family.codes import ACTIVE_STATES
from family.models import Bond
from family.queries.bonds import Card, cards, in_use_order, year_of
from family.queries.facts import Insured, bound_of, declared_fen, used_fen
from family.rules import Source, Take, Where, spending_plan, use
from family.rules.use import Blocked
from yibao.lib import pipeline
from yibao.lib.pipeline import Statement

Available = Callable[[Pot], int]


def bonds_for(person: Person, on: date) -> list[Bond]:
    """Return the active bonds whose money this person may use, in the order of use."""
    rows = Bond.objects.filter(user=person, state__in=ACTIVE_STATES).select_related("payer", "user")
    return in_use_order(list(rows), person, on)


_ACTIVE = ", ".join(f"'{state}'" for state in ACTIVE_STATES)
# A payer's 当年 is among them although nobody else may use it: in a new year it has to be rolled over first.
# Others' money may be wanted by many at once, so it is locked late; not where a limit is counted, which takes the lock.
_POTS = f"""
    SELECT id, region, NULL::boolean AS is_late FROM accounts_pot
    WHERE person_id = %s AND (kind IN ('current', 'carried') OR kind = 'pool' AND region = %s)
    UNION ALL
    SELECT p.id, p.region, b.limit_fen IS NULL AND NOT b.declared
    FROM family_bond b JOIN accounts_pot p ON (p.person_id, p.region) = (b.payer_id, b.region)
    WHERE b.user_id = %s AND b.state IN ({_ACTIVE}) AND p.kind <> 'receivable'
"""
# Also of bonds that have ended: one may end, and another of the same two begin, between the locks of pots and of bonds.
_PEOPLE = "SELECT %s::bigint UNION ALL SELECT payer_id FROM family_bond WHERE user_id = %s"
_FIELDS = [field.attname for field in Pot._meta.concrete_fields]


def reach_of(person: Person, region: str) -> Reach:
    """Return what a bill of somebody insured in this region could touch: their own pots, and those of who lets them."""
    return Reach(Statement(_POTS, [person.pk, region, person.pk]), Statement(_PEOPLE, [person.pk, person.pk]))


def pots_in_reach(person: Person, region: str) -> dict[int, Pot]:
    """Return the pots of `reach_of` as they stand, by id (one query)."""
    pots = reach_of(person, region).pots
    text = f"SELECT {', '.join(_FIELDS)} FROM accounts_pot WHERE id IN (SELECT r.id FROM ({pots.text}) r)"
    (rows,) = pipeline.send(Statement(text, pots.parameters))
    return {row[0]: Pot.from_db("default", _FIELDS, row) for row in rows}


def sources_of(
    *,
    person: Person,
    region: str,
    on: date,
    pots: Mapping[int, Pot],
    available: Available,
    bonds: Sequence[Bond] = (),
    scope: str = Scope.MEDICAL,
    where: Where | None = None,
    insured: Insured | None = None,
) -> list[Source]:
    """Return the pots that may pay for this person on that day, in the order in which they are used.

    One's own accounts come before relatives' money, also those in other regions, each by the rules of its region.
    `region` is where the person is insured. `pots` are those of `reach_of`, as they stand or locked; `available`
    says how many fen of one; `bonds` are those of `bonds_for`, locked where money is about to move. What this is for
    the person's region must permit, and that of each account that pays. `insured` tells how everybody is insured that
    day, where the caller knows.
    """
    rules = registry.spending(region, on)
    if where and use.refusal(where, rules):
        return []
    mine = [pot for pot in pots.values() if pot.person_id == person.pk]
    closed = stopped_regions(person, {pot.region for pot in mine} | {region}, on, insured)
    own = {(pot.region, pot.kind): pot for pot in mine if pot.region not in closed}
    found = []
    for place in sorted({code for code, _ in own}, key=lambda code: (code != region, code)):
        of_place = rules if place == region else registry.spending_or_none(place, on)
        kinds = of_place.order if of_place and not _refused(where, of_place) else ()
        found += [_own(own[place, kind], person, available) for kind in kinds if (place, kind) in own]
    if SHARED not in rules.order:
        return found
    if pool := own.get((region, PotKind.POOL)):
        found.append(_own(pool, person, available))
    shared = _shared(bonds, pots, available, on, scope, where, insured) if bonds else []
    refusing = {code for code in {source.region for source in shared} if _refusal(where, code, on)}
    return found + [source for source in shared if source.region not in refusing]


def _refused(where: Where | None, terms: SpendingTerms) -> bool:
    return where is not None and bool(use.refusal(where, terms))


def _refusal(where: Where | None, region: str, on: date) -> str:
    """Return why the region's accounts may not pay for this; "" where they may, as they may for a premium."""
    if where is None:
        return ""
    terms = registry.spending_or_none(region, on)
    return use.refusal(where, terms) if terms else Blocked.RULES.label


def stopped_regions(person: Person, regions: Collection[str], on: date, insured: Insured | None = None) -> set[str]:
    """Return the regions in which somebody's own account does not pay that day: suspended or over, where rules say so.

    `insured` tells how the person is insured that day, where the caller knows.
    """
    asks = {
        code for code in regions if (rules := registry.spending_or_none(code, on)) and not rules.usable_when_suspended
    }
    if not asks:
        return set()
    insured = insured or Insured([person.pk], on)
    return {code for code in asks if not insured.as_payer(person.pk, code).is_normal}


def why_stopped(person: Person, region: str, on: date) -> str:
    """Say why somebody's own account in a region does not pay that day; "" where it does."""
    if not stopped_regions(person, [region], on):
        return ""
    return f"{registry.region_name(region)}规定停保期间不能用个人账户的钱。现在没有正常参保，这一笔不能用账户付；恢复参保后可以再用"


def usable(sources: list[Source], pots: Mapping[int, Pot], still: Stopped, *, person: Person, on: date) -> list[Source]:
    """Return the sources without those of frozen accounts and of the dead; none at all for whoever had died before that day.

    `on` is the day of the bill, `still` what stands still on the day on which it is paid.
    """
    if still.was_dead(person.pk, on):
        return []
    return [source for source in sources if not still.pays_nothing(pots[source.pot], on)]


def stopped_among(pots: Mapping[int, Pot], person: Person, on: date) -> Stopped:
    """Return what stands still that day among the accounts of whoever uses and whoever pays."""
    return stopped({person.pk} | {pot.person_id for pot in pots.values() if pot.person_id}, on)


def _own(pot: Pot, person: Person, available: Available) -> Source:
    return Source(pot.pk, person.pk, pot.kind, available(pot), None, pot.region)


def _shared(
    bonds: Sequence[Bond],
    pots: Mapping[int, Pot],
    available: Available,
    on: date,
    scope: str,
    where: Where | None,
    insured: Insured | None,
) -> list[Source]:
    insured = insured or Insured({person for bond in bonds for person in (bond.payer_id, bond.user_id)}, on)
    # Of a bond without any limit nothing has to be counted.
    limited = [bond for bond in bonds if is_limited(bond, on)]
    used = used_fen(limited, {bond.pk: year_of(bond, on) for bond in limited})
    found = []
    for bond in bonds:
        bound = bound_of(bond, on=on, insured=insured, used=used.get(bond.pk, 0))
        if use.blocked(bound, on=on, scope=scope, where=where) or bound.terms is None:
            continue
        theirs = [pot for pot in pots.values() if (pot.person_id, pot.region) == (bond.payer_id, bond.region)]
        by_kind = {pot.kind: pot for pot in theirs}
        chosen = [by_kind[kind] for kind in shared_pots(bound.terms) if kind in by_kind]
        after_reserve = use.keep_back(map(available, chosen), bound.terms)
        for pot, fen in zip(chosen, use.cap(after_reserve, bound.left_fen), strict=True):
            found.append(Source(pot.pk, bond.payer_id, pot.kind, fen, bond.pk, pot.region))
    return found


def is_limited(bond: Bond, on: date) -> bool:
    """Say whether only so much may be used by a bond in a year."""
    return bond.limit_fen is not None or declared_fen(bond, on) is not None


def shared_pots(terms: SharingTerms) -> tuple[PotKind, ...]:
    """Return which of a payer's pots relatives may use, in order."""
    if terms.model == POOL:
        return (PotKind.POOL,)
    return ACCOUNT_POTS if terms.funds == BALANCE else (PotKind.CARRIED,)


@dataclass(frozen=True, slots=True)
class PlanLine:
    """What one pot would pay (fen). `called` is empty for one's own money."""

    pot: PotKind
    amount_fen: int
    called: str = ""
    bond_id: int | None = None


@dataclass(frozen=True, slots=True)
class Skipped:
    """A relative whose money would not be used for this, and why."""

    card: Card
    why: str


@dataclass(frozen=True, slots=True)
class Plan:
    """A bill worked out in advance: who pays what in which order, who not and why, and the rest in cash (fen).

    It holds what relatives have: pages show it through `queries.preview`.
    """

    amount_fen: int
    lines: tuple[PlanLine, ...]
    skipped: tuple[Skipped, ...]
    sources: tuple[Source, ...]
    cards: Mapping[int, Card]
    why_stopped: str = ""  # why one's own account pays nothing

    def called(self, source: Source) -> str:
        """Return how the person calls whoever a source belongs to; "" for their own."""
        card = self.cards.get(source.bond or 0)
        return card.called if card else ""

    @property
    def cash_fen(self) -> int:
        return self.amount_fen - sum(line.amount_fen for line in self.lines)


def plan(
    *, person: Person, region: str, amount_fen: int, on: date, scope: str = Scope.MEDICAL, where: Where | None = None
) -> Plan:
    """Return what a bill of this amount (fen) at this kind of place would take, from whom, in which order.

    Without `where` no place restricts it (a premium).
    """
    bonds = bonds_for(person, on)
    pots = pots_in_reach(person, region)
    sources = sources_of(
        person=person,
        region=region,
        on=on,
        pots=pots,
        available=as_read(pots, on),
        bonds=bonds,
        scope=scope,
        where=where,
    )
    sources = usable(sources, pots, stopped_among(pots, person, on), person=person, on=on)
    of_bond = {card.bond.pk: card for card in cards(bonds, person, on)}
    lines = tuple(_line(take, of_bond) for take in spending_plan(amount_fen, sources))
    rich = {source.bond for source in sources if source.available_fen}
    skipped = [Skipped(card, _why(card, on, scope, where)) for pk, card in of_bond.items() if pk not in rich]
    why = _refusal(where, region, on) or why_stopped(person, region, on)
    return Plan(amount_fen, lines, tuple(skipped), tuple(sources), of_bond, why)


def _line(take: Take, of_bond: Mapping[int, Card]) -> PlanLine:
    card = of_bond.get(take.source.bond or 0)
    return PlanLine(PotKind(take.source.kind), take.amount_fen, card.called if card else "", take.source.bond)


def _why(card: Card, on: date, scope: str, where: Where | None) -> str:
    if _refusal(where, card.bond.region, on):
        return Blocked.RULES.label
    return (use.blocked(card.bound, on=on, scope=scope, where=where) or Blocked.EMPTY).label


def as_read(pots: Mapping[int, Pot], on: date) -> Available:
    """Return what tells the fen available in a pot: a 当年 of an earlier year counts as 历年, as paying would book it."""
    years = {region: book_years.year_of(region, on) for region in {pot.region for pot in pots.values()}}
    closed = {region: book_years.is_closed(region, year) for region, year in years.items()}
    late: dict[tuple[int | None, str], int] = {}
    for pot in pots.values():
        if pot.kind == PotKind.CURRENT and not closed[pot.region] and (pot.year or 0) < years[pot.region]:
            late[pot.person_id, pot.region] = pot.balance_fen or 0

    def of_pot(pot: Pot) -> int:
        fen = available_fen(pot, years[pot.region], year_closed=closed[pot.region])
        return fen + (late.get((pot.person_id, pot.region), 0) if pot.kind == PotKind.CARRIED else 0)

    return of_pot
