"""Opening pots, and finding them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.db import connection

from accounts.codes import SYSTEM_POTS, InsuranceType, PotKind
from accounts.ledger.errors import NoPotError
from accounts.models import Pot
from accounts.policies import registry
from yibao.lib.pipeline import Statement


@dataclass(frozen=True, slots=True)
class Reach:
    """What a posting may touch, as queries: `pots` of id, region and `is_late`, `people` of the ids of who owns or uses them.

    `is_late` says that a pot need not be locked before it is decided on, null that it is as the others are.
    """

    pots: Statement
    people: Statement


def open_missing(regions: Iterable[str]) -> int:
    """Open the pots that are missing in these regions and return how many were opened.

    Everyone ever enrolled in 职工医保 (310) gets 历年 and, where the region keeps buckets, 当年; each region
    gets its system pots. Runs in the caller's transaction; a second call opens nothing.
    """
    opened = 0
    for region in sorted(set(regions)):
        Pot.objects.bulk_create([Pot(region=region, kind=kind) for kind in SYSTEM_POTS], ignore_conflicts=True)
        opened += _open_personal(region, PotKind.CARRIED)
        if registry.has_buckets(region):
            opened += _open_personal(region, PotKind.CURRENT)
    return opened


def _open_personal(region: str, kind: PotKind) -> int:
    # A new 当年 holds nothing, so any year before the enrolment is true; the first credit sets the real one.
    year = "EXTRACT(YEAR FROM min(e.from_on)) - 1" if kind == PotKind.CURRENT else "NULL::smallint"
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            INSERT INTO accounts_pot (person_id, region, kind, balance_fen, year)
            SELECT e.person_id, %(region)s, %(kind)s, 0, {year}
            FROM accounts_enrolment e
            WHERE e.region = %(region)s AND e.insurance = %(insurance)s AND e.counts
              AND NOT EXISTS (SELECT 1 FROM accounts_pot p
                              WHERE p.person_id = e.person_id AND p.region = %(region)s AND p.kind = %(kind)s)
            GROUP BY e.person_id ORDER BY e.person_id
            """,
            {"region": region, "kind": kind, "insurance": InsuranceType.EMPLOYEE},
        )
        return cursor.rowcount


def open_account(person_id: int, region: str) -> None:
    """Open one person's account in a region, where it is missing: as `open_missing` does for everybody."""
    pots = [Pot(person_id=person_id, region=region, kind=PotKind.CARRIED, balance_fen=0)]
    if registry.has_buckets(region):
        # It holds nothing, so any early year is true; the first credit sets the real one.
        pots.append(Pot(person_id=person_id, region=region, kind=PotKind.CURRENT, balance_fen=0, year=1900))
    Pot.objects.bulk_create(pots, ignore_conflicts=True)


def receivables(region: str, person_ids: Sequence[int]) -> dict[int, int]:
    """Return person id → id of the receivable pot (多划待追回) in this region, opening what is missing."""
    Pot.objects.bulk_create(
        [Pot(person_id=person, region=region, kind=PotKind.RECEIVABLE, balance_fen=0) for person in person_ids],
        ignore_conflicts=True,
    )
    rows = Pot.objects.filter(region=region, kind=PotKind.RECEIVABLE, person__in=person_ids)
    return dict(rows.values_list("person_id", "id"))


def pool_pot(region: str, person_id: int) -> int:
    """Return the id of the person's 共济账户 in this region, opening it when there is none yet."""
    pool = Pot(person_id=person_id, region=region, kind=PotKind.POOL, balance_fen=0)
    Pot.objects.bulk_create([pool], ignore_conflicts=True)
    return Pot.objects.values_list("id", flat=True).get(person=person_id, region=region, kind=PotKind.POOL)


def open_pools(region: str, person_ids: Sequence[int]) -> None:
    """Open the 共济账户 that these people do not have yet in this region."""
    pools = [Pot(person_id=person, region=region, kind=PotKind.POOL, balance_fen=0) for person in person_ids]
    Pot.objects.bulk_create(pools, ignore_conflicts=True, batch_size=10_000)


def system_pot(region: str, kind: PotKind) -> int:
    """Return the id of a region's system pot. Raises NoPotError when nobody of the region is on the roster yet."""
    pot = Pot.objects.filter(region=region, kind=kind, person=None).values_list("id", flat=True).first()
    if pot is None:
        raise NoPotError(f"统筹区 {region} 还没有导入参保名册，没有账户")
    return pot


def system_pots(region: str) -> dict[str, int]:
    """Return the ids of a region's own pots by their kind; none when nobody of the region is on the roster yet."""
    return dict(Pot.objects.filter(region=region, person=None).values_list("kind", "id"))


def available_fen(pot: Pot, year: int, *, year_closed: bool) -> int:
    """Return the fen that may be drawn from a pot: for a closed or rolled-over year, 当年 has nothing available."""
    if pot.kind == PotKind.CURRENT and (year_closed or pot.year != year):
        return 0
    return max(pot.balance_fen or 0, 0)


def regions_of(person_id: int) -> list[str]:
    """Return the regions in which the person has an account."""
    pots = Pot.objects.filter(person=person_id, kind=PotKind.CARRIED)
    return list(pots.order_by("region").values_list("region", flat=True))
