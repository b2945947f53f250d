"""Families: people with accounts in a region, bonds and invitations made through the operations."""

from datetime import date
from itertools import count

from django.db import transaction

from accounts.codes import PotKind, VoucherKind
from accounts.ledger.posting import Move, post
from accounts.ledger.pots import open_missing, system_pot
from accounts.models import FormerCertificate, Person, Pot
from family.codes import Consent, EventKind
from family.models import Bond, Event
from family.operations import drafts, invitations
from family.operations.invitations import Sent
from tests.factories.acts import act_on
from tests.factories.people import EnrolmentFactory, PersonFactory, certno

RUIAN, ZHOUSHAN, QUANZHOU, JIANGXI = "330381", "330900", "350500", "360000"
TODAY = date(2026, 3, 10)
ACT = act_on(TODAY)
NOW = ACT.at
_numbers = count(1)


def insured(region: str = RUIAN, *, carried: int = 0, current: int = 0, resident: bool = False, **facts) -> Person:
    """Return somebody insured in a region since 2020; an employee's pots hold so many fen since last year."""
    facts.setdefault("birth_on", date(1980 if carried else 1950, 1, 1))  # who has money mostly lets a parent use it
    status, from_on = facts.pop("status", 1), facts.pop("from_on", date(2020, 1, 1))
    person = PersonFactory(**facts)
    EnrolmentFactory(
        person=person,
        region=region,
        insurance="390" if resident else "310",
        person_type="15" if resident else "11",
        status=status,
        from_on=from_on,
    )
    open_missing([region])
    if not resident:
        if carried:
            credit(person, region, PotKind.CARRIED, carried, on=date(2025, 6, 1))
        if current:
            Pot.objects.filter(person=person, region=region, kind=PotKind.CURRENT).update(year=TODAY.year)
            credit(person, region, PotKind.CURRENT, current, on=date(2026, 1, 1))
    return person


def credit(person: Person, region: str, kind: str, fen: int, on: date = TODAY) -> None:
    """Put fen into a pot, as a credit of that day."""
    pot = Pot.objects.get(person=person, region=region, kind=kind).pk
    source = system_pot(region, PotKind.FUND)
    number = next(_numbers)
    post(
        act=act_on(on),
        kind=VoucherKind.PAYOUT,
        region=region,
        key=f"test-credit:{number}:{pot}",
        payload={"fen": fen},
        pots=[pot],
        decide=lambda locked: [Move(source, pot, fen)],
    )


def renumbered(person: Person) -> str:
    """Give somebody another certificate number; return the one before, which leads to them on."""
    before = str(person.certno)
    FormerCertificate.objects.create(person=person, certno=before, actor=str(ACT.actor), at=NOW)
    person.certno = certno(next(_numbers) + 700_000)
    person.save(update_fields=["certno", "certno_index"])
    return before


def balance_of(person: Person, region: str = RUIAN, kind: str = PotKind.CARRIED) -> int:
    """Return what a pot holds now (fen); 0 where there is none."""
    return (
        Pot.objects.filter(person=person, region=region, kind=kind).values_list("balance_fen", flat=True).first() or 0
    )


def invited(payer: Person, user: Person, region: str = RUIAN, relation: str = "5", on: date = TODAY, **terms) -> Sent:
    """Return an invitation sent from one to the other: the user is the payer's (by default) parent."""
    act = terms.pop("act", act_on(on))
    drafts.draft(
        act=act,
        payer=payer,
        region=region,
        relation=relation,
        name=user.name,
        certno=user.certno,
        phone=terms.pop("phone", ""),
        scopes=terms.pop("scopes", ("medical",)),
        **terms,
    )
    return invitations.send(act=act, payer=payer, region=region)


@transaction.atomic
def bond(payer: Person, user: Person, region: str = "", **facts) -> Bond:
    """Return a bond that is simply there: for what comes after binding. By default where the payer's account is."""
    made = Bond.objects.create(
        payer=payer,
        user=user,
        region=region or payer.enrolments.values_list("region", flat=True)[0],
        relation=facts.pop("relation", "5"),
        scopes=facts.pop("scopes", ["medical"]),
        place=facts.pop("place", 1),
        from_on=facts.pop("from_on", date(2026, 1, 1)),
        state_at=NOW,
        consent=Consent.OWN,
        **facts,
    )
    kind = EventKind.ENDED if made.has_ended else EventKind.BOUND
    Event.objects.create(kind=kind, at=NOW, on=made.from_on, actor="test", payer=payer, region=made.region, bond=made)
    return made
