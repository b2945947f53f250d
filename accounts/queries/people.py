"""Finding insured people and what they are insured as. Reaching somebody else's data is recorded by the caller."""

from collections.abc import Collection

from accounts.codes import InsuranceType
from accounts.identity import certificates
from accounts.models import FormerCertificate, Person, User
from accounts.sealing import fields, keyring

_AT_ONCE = 5_000  # numbers asked for in one query


def find_by_certno(certno: str) -> Person | None:
    """Return the person with this certificate number, now or formerly, however it is typed; None when nobody has it."""
    number = certificates.normalise(certno)
    # Both are asked either way: the number of look-ups must not tell whether a number is anybody's.
    return next(iter(_find("certno", number) + _formerly(number)), None)


def find_many_by_certno(numbers: Collection[str]) -> dict[str, Person]:
    """Return normalised number → person for those that somebody has, now or formerly: for files, in few queries."""
    sealer = fields.Sealer(fields.context_of(Person, "certno"))
    keys = (sealer.current, *sealer.others)
    number_of = {sealer.index(number, key): number for number in numbers for key in keys}
    found: dict[str, Person] = {}
    indexes = [index for index in number_of if index]
    for start in range(0, len(indexes), _AT_ONCE):
        some = indexes[start : start + _AT_ONCE]
        for row in FormerCertificate.objects.filter(certno_index__in=some).select_related("person"):
            found[number_of[bytes(row.certno_index)]] = row.person
        for person in Person.objects.filter(certno_index__in=some):
            found[number_of[bytes(person.certno_index)]] = person
    return found


def numbers_of(person: Person) -> list[str]:
    """Return the certificate numbers under which find_by_certno finds this person, the present one first."""
    former = [str(row.certno) for row in FormerCertificate.objects.filter(person=person)]
    return [str(person.certno), *(number for number in former if find_by_certno(number) == person)]


def person_of_staff(user: User) -> Person | None:
    """Return who this member of staff is among the insured; None where they are not, or no number is registered."""
    return find_by_certno(user.certno) if user.certno else None


def is_same_person(user: User, other: User) -> bool:
    """Return whether two accounts of the staff are one account, or belong to one person, also by a former number."""
    if user.pk == other.pk:
        return True
    if not (user.certno and other.certno):
        return False
    if user.certno == other.certno:
        return True
    myself = person_of_staff(user)
    return myself is not None and myself == person_of_staff(other)


def find_by_phone(phone: str) -> list[Person]:
    """Return the people with this phone number on the roster: families share one."""
    return _find("phone", phone.strip())


def _find(name: str, text: str) -> list[Person]:
    context = fields.context_of(Person, name)
    while True:
        ring = keyring.load()
        indexes = fields.indexes(text, context)
        found = list(Person.objects.filter(**{f"{name}_index__in": indexes}).order_by("id"))
        # A key added between computing the index and asking for it would hide a row that was moved to it.
        if found or keyring.load() is ring:
            return found


def _formerly(certno: str) -> list[Person]:
    indexes = fields.indexes(certno, fields.context_of(FormerCertificate, "certno"))
    return [row.person for row in FormerCertificate.objects.filter(certno_index__in=indexes).select_related("person")]


def regions_of(person: Person) -> list[str]:
    """Return the regions where the person is or was in 职工医保 (310), that of the newest row first."""
    rows = person.enrolments.filter(insurance=InsuranceType.EMPLOYEE).order_by("-from_on", "-seq")
    return list(dict.fromkeys(rows.values_list("region", flat=True)))
