"""Paying for a relative: the payer acts, so the money is the payer's own, by the bond between the two.

Where relatives share a 共济账户, the payer's own account pays first, down to the reserve that the region keeps in it, then
the pool: what could be moved into the pool may as well be paid from where it is.
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import date

from accounts.codes import ACCOUNT_POTS, PotKind, Scope
from accounts.models import Person, Pot
from accounts.policies.terms import SharingTerms
from accounts.policies.terms.sharing import POOL
from family.codes import ACTIVE_STATES
from family.models import Bond
from family.queries.bonds import year_of
from family.queries.facts import Insured, bound_of, used_fen
from family.queries.plan import shared_pots
from family.rules import Source, use
from family.rules.use import Bound

Available = Callable[[Pot], int]


def bond_between(payer: Person, user: Person) -> Bond | None:
    """Return the active bond by which one pays for the other."""
    rows = Bond.objects.filter(payer=payer, user=user, state__in=ACTIVE_STATES)
    return rows.select_related("payer", "user").first()


def pots_of_payer(bonds: Collection[Bond]) -> dict[int, Pot]:
    """Return every pot of the payer of these bonds that paying by one of them could touch, by id (one query)."""
    payers, regions = {bond.payer_id for bond in bonds}, {bond.region for bond in bonds}
    pots = Pot.objects.filter(person__in=payers, region__in=regions).exclude(kind=PotKind.RECEIVABLE)
    return {pot.pk: pot for pot in pots}


def bound_on(bond: Bond, on: date, insured: Insured | None = None) -> Bound:
    """Return one bond as the rules see it on a day (two queries, one where the caller knows how both are insured).

    `bonds.cards` does it for many.
    """
    insured = insured or Insured({bond.payer_id, bond.user_id}, on)
    used = used_fen([bond], {bond.pk: year_of(bond, on)})
    return bound_of(bond, on=on, insured=insured, used=used.get(bond.pk, 0))


def sources_of_payer(
    *, bond: Bond, bound: Bound, on: date, pots: Mapping[int, Pot], available: Available
) -> list[Source]:
    """Return what the payer may give for the relative's premium on that day, in the order in which it is used.

    `bound` is the bond as the rules see it; `pots` are those of `pots_of_payer`, as they stand or locked; `available`
    says how many fen of one. Asks nothing of the database.
    """
    if bound.terms is None or use.blocked(bound, on=on, scope=Scope.PREMIUM, where=None):
        return []
    by_kind = {pot.kind: pot for pot in pots.values() if (pot.person_id, pot.region) == (bond.payer_id, bond.region)}
    given = _given(by_kind, bound.terms, available)
    within = use.cap([fen for _, fen in given], bound.left_fen)
    return [
        Source(pot.pk, bond.payer_id, pot.kind, fen, bond.pk, pot.region)
        for (pot, _), fen in zip(given, within, strict=True)
    ]


def _given(by_kind: Mapping[str, Pot], terms: SharingTerms, available: Available) -> list[tuple[Pot, int]]:
    if terms.model != POOL:
        chosen = _there(by_kind, shared_pots(terms))
        return list(zip(chosen, use.keep_back(map(available, chosen), terms), strict=True))
    account = _there(by_kind, ACCOUNT_POTS)
    fen = [available(pot) for pot in account]
    above = use.cap(fen, max(0, sum(fen) - (terms.reserve_fen or 0)))
    pool = _there(by_kind, [PotKind.POOL])
    return [*zip(account, above, strict=True), *((pot, available(pot)) for pot in pool)]


def _there(by_kind: Mapping[str, Pot], kinds: Iterable[PotKind]) -> list[Pot]:
    return [by_kind[kind] for kind in kinds if kind in by_kind]
