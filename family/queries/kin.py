"""What is known about how two people can be related: from certificate numbers, the roster and bonds that stand."""

from django.db.models import Q

from accounts.codes import Relation
from accounts.identity import certificates
from accounts.models import Person
from accounts.sealing import fields
from family.codes import ACTIVE_STATES, Consent, EndReason, EventKind
from family.models import Bond
from family.rules.facts import UNKNOWN, Kin


def kin_in(certno: str) -> Kin:
    """Return what a certificate number tells of its holder; nobody is looked up."""
    try:
        certificate = certificates.read_any(certno)
    except certificates.BadCertificateError:
        return UNKNOWN
    return Kin(certificate.birth_on, certificate.gender)


def kin_of(person: Person) -> Kin:
    """Return what the roster tells of somebody."""
    return Kin(person.birth_on, person.gender)


def has_spouse(person: Person, *, besides: str) -> bool:
    """Say whether somebody's bonds, as payer or user, name a spouse other than the holder of this certificate number."""
    indexes = fields.indexes(certificates.normalise(besides), fields.context_of(Person, "certno"))
    bonds = Bond.objects.filter(relation=Relation.SPOUSE, state__in=ACTIVE_STATES)
    as_payer = Q(payer=person) & ~Q(user__certno_index__in=indexes)
    as_user = Q(user=person) & ~Q(payer__certno_index__in=indexes)
    return bonds.filter(as_payer | as_user).exists()


def mirrored(payer: Person, user: Person) -> str:
    """Return what the user is to the payer by a bond that stands the other way round; "" where there is none."""
    relation = Bond.objects.filter(payer=user, user=payer, state__in=ACTIVE_STATES).values_list("relation", flat=True)
    found = relation.first()
    return str(Relation(found).inverse) if found else ""


def was_shown(payer: Person, user: Person, relation: str) -> bool:
    """Say whether a counter has seen papers that show this relation, for any bond of the two, either way round."""
    this_way = Q(payer=payer, user=user, relation=relation)
    other_way = Q(payer=user, user=payer, relation=Relation(relation).inverse)
    at_once = Q(consent=Consent.COUNTER, declared=False)
    seen = at_once | Q(events__kind=EventKind.SHOWN, events__undone_by=None)
    taken_back = Q(end_reason=EndReason.UNDONE)
    return Bond.objects.filter(this_way | other_way).filter(seen).exclude(taken_back).exists()
