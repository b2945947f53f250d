"""Which pots pay a premium, in which order: the same for the preview and for the payment."""

from collections.abc import Collection, Iterable, Mapping
from datetime import date

from accounts.codes import Scope
from accounts.ledger.freezing import stopped
from accounts.models import Pot
from family.queries.paying_for import Available, pots_of_payer, sources_of_payer
from family.queries.plan import as_read, bonds_for, pots_in_reach, sources_of, stopped_among, usable
from family.rules import Source, Take, premium_plan
from payments.premiums.candidates import Payable

NOTHING: Mapping[int, int] = {}


class Unlocked:
    """What the premiums of several people could be paid from, as it stands. As many queries for ten relatives as for one."""

    def __init__(self, people: Collection[Payable], on: date) -> None:
        bonds = [who.card.bond for who in people if who.card is not None]
        self._on = on
        self._pots = pots_of_payer(bonds) if bonds else {}
        self._available = as_read(self._pots, on)
        self._still = stopped({who for bond in bonds for who in (bond.payer_id, bond.user_id)}, on) if bonds else None

    def sources(self, who: Payable, taken: Mapping[int, int] = NOTHING) -> tuple[list[Source], Mapping[int, Pot]]:
        """Return the sources of one premium and the pots among which they are.

        `taken` is what premiums of the same list have taken (fen by pot): from the pots, before a limit or a reserve
        counts.
        """
        if who.card is None or self._still is None:
            return self._own(who, taken)
        sources = sources_of_payer(
            bond=who.card.bond,
            bound=who.card.bound,
            on=self._on,
            pots=self._pots,
            available=_left(self._available, taken),
        )
        return usable(sources, self._pots, self._still, person=who.person, on=self._on), self._pots

    def _own(self, who: Payable, taken: Mapping[int, int]) -> tuple[list[Source], Mapping[int, Pot]]:
        pots = pots_in_reach(who.person, who.region)
        sources = sources_of(
            person=who.person,
            region=who.region,
            on=self._on,
            pots=pots,
            available=_left(as_read(pots, self._on), taken),
            bonds=bonds_for(who.person, self._on),
            scope=Scope.PREMIUM,
        )
        return usable(sources, pots, stopped_among(pots, who.person, self._on), person=who.person, on=self._on), pots


def _left(available: Available, taken: Mapping[int, int]) -> Available:
    return lambda pot: max(0, available(pot) - taken.get(pot.pk, 0))


def takes(who: Payable, sources: Iterable[Source]) -> list[Take]:
    """Return what each source pays of somebody's premium, or nothing where they do not hold all of it."""
    sources = list(sources)
    if who.terms is not None and not who.terms.own_account_first:
        sources.sort(key=lambda source: source.bond is None)
    return premium_plan(who.amount_fen, sources)
