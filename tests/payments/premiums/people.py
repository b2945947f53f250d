"""People of 泉州 and 江西 whose premiums are paid, on a day on which both campaigns of 2027 are open."""

from datetime import date

from accounts.codes import PotKind
from accounts.ledger.pots import pool_pot
from accounts.models import Person
from family.models import Bond
from tests.factories import family
from tests.factories.acts import act_on
from tests.factories.people import EnrolmentFactory

QUANZHOU, JIANGXI, HENAN = family.QUANZHOU, family.JIANGXI, "410000"
DAY = date(2026, 11, 26)
ACT = act_on(DAY)


def resident(region: str = QUANZHOU, **facts) -> Person:
    """Return somebody insured as a resident, with no account."""
    return family.insured(region, resident=True, **facts)


def payer(carried: int, pool: int = 0, region: str = QUANZHOU, **facts) -> Person:
    """Return an employee whose account, and whose 共济账户 where there is one, hold so many fen."""
    person = family.insured(region, carried=carried, birth_on=date(1985, 1, 1), **facts)
    if pool:
        pool_pot(region, person.pk)
        family.credit(person, region, PotKind.POOL, pool)
    return person


def pays_for(payer: Person, user: Person, **facts) -> Bond:
    """Let one pay premiums for the other."""
    facts.setdefault("scopes", ["medical", "premium"])
    return family.bond(payer, user, **facts)


def money(person: Person, region: str = QUANZHOU) -> tuple[int, int]:
    """Return what account and pool hold (fen)."""
    return family.balance_of(person, region), family.balance_of(person, region, PotKind.POOL)


def turned_resident(person: Person, region: str = QUANZHOU) -> None:
    """Let an employee have left the scheme this year for that of residents; the account stays."""
    since = date(2026, 1, 1)
    EnrolmentFactory(person=person, region=region, from_on=since, status=4)
    EnrolmentFactory(person=person, region=region, insurance="390", person_type="15", from_on=since)
