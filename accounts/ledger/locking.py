"""Locking what several people and regions may pay, before deciding who pays how much.

A voucher belongs to one region, so what two regions pay is two vouchers. Their shares can only be worked out once
everything is locked; afterwards each voucher is posted by `posting.post`, which finds them already locked.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from accounts.codes import PotKind
from accounts.identity.actors import Act
from accounts.ledger import book_years
from accounts.ledger.posting import Locked, lock_pots, roll_over_pot
from accounts.models import Pot, Transfer, Voucher


@dataclass(frozen=True, slots=True)
class LockedPots:
    """Pots of one or more regions, locked until the transaction ends."""

    pots: Mapping[int, Pot]
    regions: Mapping[str, Locked]

    def available_fen(self, pot_id: int) -> int:
        """Return the fen that may be drawn from a pot (see posting.Locked.available_fen)."""
        return self.regions[self.pots[pot_id].region].available_fen(pot_id)


def lock_years_and_pots(*, act: Act, pots: Iterable[int], on: date | None = None) -> LockedPots:
    """Lock pots for the rest of the caller's transaction: first the years of their regions, by region, then the pots.

    Each 当年 is rolled over to the year of `on`, which needs its owner's 历年 among the pots. What was read before
    this call may be out of date after it.
    """
    on, ids = on or act.on, set(pots)
    names = Pot.objects.filter(pk__in=ids).order_by("region").values_list("region", flat=True).distinct()
    years = {}
    for region in names:
        year = book_years.year_of(region, on)
        years[region] = (year, book_years.lock_open(region, year))
    locked = lock_pots(ids)
    regions = {}
    for region, (year, booked) in years.items():
        of_region = {key: pot for key, pot in locked.items() if pot.region == region}
        if booked == year:
            for pot in [pot for pot in of_region.values() if pot.kind == PotKind.CURRENT]:
                roll_over_pot(act=act, pot=pot, locked=of_region, region=region, year=year, on=on)
        regions[region] = Locked(of_region, year, year_closed=booked != year)
    return LockedPots(locked, regions)


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
