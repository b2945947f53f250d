"""Which pots pay a premium, in which order: the same for the preview and for the payment."""

from collections.abc import Callable, Iterable, Mapping
from datetime import date

from accounts.codes import Scope
from accounts.models import Pot
from family.queries.paying_for import pots_of_payer, sources_of_payer
from family.queries.plan import as_read, bonds_for, reach_of, sources_of, stopped_among, usable
from family.rules import Source, Take, premium_plan
from payments.premiums.candidates import Payable

NOTHING: Mapping[int, int] = {}


def as_they_stand(who: Payable, on: date, taken: Mapping[int, int] = NOTHING) -> tuple[list[Source], dict[int, Pot]]:
    """Return the sources of one premium and the pots they come from, unlocked.

    `taken` is what premiums of the same list have taken (fen by pot): from the pots, before a limit or a reserve counts.
    """

    def left(pots: Mapping[int, Pot]) -> Callable[[Pot], int]:
        available = as_read(pots, on)
        return lambda pot: max(0, available(pot) - taken.get(pot.pk, 0))

    if who.card is None:
        bonds = bonds_for(who.person, on)
        pots = reach_of(who.person, who.region).pots
        sources = sources_of(
            person=who.person,
            region=who.region,
            on=on,
            pots=pots,
            available=left(pots),
            bonds=bonds,
            scope=Scope.PREMIUM,
        )
    else:
        pots = pots_of_payer(who.card.bond)
        sources = sources_of_payer(bond=who.card.bond, on=on, pots=pots, available=left(pots))
    return usable(sources, pots, stopped_among(pots, who.person, on), person=who.person, on=on), pots


def takes(who: Payable, sources: Iterable[Source]) -> list[Take]:
    """Return what each source pays of somebody's premium, or nothing where they do not hold all of it."""
    sources = list(sources)
    if who.terms is not None and not who.terms.own_account_first:
        sources.sort(key=lambda source: source.bond is None)
    return premium_plan(who.amount_fen, sources)
