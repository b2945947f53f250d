"""What a bill would take, from whom and in which order: shown to people before, and obeyed to the fen when paid."""

from collections.abc import Callable, Mapping
from datetime import date

from accounts.enums import PotKind
from accounts.models import Person, Pot
from accounts.policies import book
from accounts.policies.terms.spending import CURRENT
from family.rules import Source

Usable = Callable[[Pot], int]


def sources_of(*, person: Person, region: str, on: date, pots: Mapping[int, Pot], usable: Usable) -> list[Source]:
    """Return the pots that may pay for this person on that day, in the order in which they are used.

    `pots` are those of `pots_for`, as they stand or locked; `usable` says how many fen one may lend.
    """
    own = {pot.kind: pot for pot in pots.values() if pot.person_id == person.pk and pot.region == region}
    order = book.terms_on(region, "spending", on).order
    kinds = [
        PotKind.CURRENT if name == CURRENT else PotKind.CARRIED for name in order if name in ("current", "carried")
    ]
    return [Source(own[kind].pk, person.pk, kind, usable(own[kind])) for kind in kinds if kind in own]


def pots_for(*, person: Person, region: str) -> dict[int, Pot]:
    """Return every pot that a bill of this person could touch, by id."""
    own = Pot.objects.filter(person=person, region=region, kind__in=[PotKind.CURRENT, PotKind.CARRIED])
    return {pot.pk: pot for pot in own}
