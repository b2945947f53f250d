"""查人: a clerk finds one person at the counter, for a purpose, counted, and with a trace that the person can read.

What was tried is counted and written down first, in transactions of their own: a look-up that is refused, or finds
nobody, leaves its trace and has its price.
"""

import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import F

from accounts.codes import COUNTER_ROLES, CaseState, Role
from accounts.errors import AccountsError
from accounts.identity import audit, card_reader, certificates
from accounts.identity.actors import Act
from accounts.models import Case, Lookup, LookupCount, Office, Person, User
from accounts.operations.cases.access import CaseError, is_by_family, staff_at_counter, why_not_on
from accounts.operations.cases.handlers import handler_of
from accounts.policies import registry
from accounts.policies.terms.sharing import NATIONAL, SAME_PROVINCE, SAME_REGION
from accounts.queries import lookups, people
from accounts.queries.people import is_same_person
from accounts.queries.trace import kept_record
from yibao.lib.values import BadValueError
from yibao.lib.values.names import normalised_name
from yibao.lib.values.phones import read_phone

DIGITS = {SAME_REGION: 6, SAME_PROVINCE: 2, NATIONAL: 0}  # of a region's code (GB/T 2260) that have to be the same
_CASE = re.compile(r"YW[0-9]{4}-[0-9]{4}-[0-9A-Z]+", re.ASCII)


class LookupRefusedError(AccountsError):
    """Nobody is shown. The message says why, and never whether somebody is insured elsewhere."""

    message = "不能查"
    subject: Person | None = None


class NotAtCounterError(LookupRefusedError):
    """Whoever acts has no role at a counter, or no office on file, now."""


class NobodyFoundError(LookupRefusedError):
    """Nobody with what was typed has to do with the region of this office."""

    message = "本统筹区没有这个人"


class LookupsUsedUpError(LookupRefusedError):
    """The clerk has looked up as many people as one does in a day."""

    message = "您今天查人的次数用完了。请本网点的复核人员再批一次，或请同事办"


class NotYoursError(LookupRefusedError):
    """The person is the clerk or of their family; or the clerk would grant themselves."""

    def __init__(self, message: str, subject: Person | None = None) -> None:
        super().__init__(message)
        self.subject = subject


@dataclass(frozen=True, slots=True)
class Found:
    """The look-up that was made; or, where several people share a phone, those to choose from, and no look-up yet."""

    lookup: Lookup | None
    choices: tuple[Person, ...] = ()


@contextmanager
def _refusals_written_down(act: Act, verb: str) -> Iterator[None]:
    try:
        yield
    except LookupRefusedError as error:
        audit.record_refusal(act=act, verb=verb, error=error, subject=error.subject)
        raise


def look_up(*, act: Act, typed: str, purpose: str, chosen: int | None = None) -> Found:
    """Find who has the certificate, phone or case number in `typed`, which may come from a reader of cards or barcodes.

    `chosen` is the id of one of several people who share a phone: being offered is a look at each of them. Acting on a
    case of two people, the second is found wherever the rules let relatives be insured. Not inside a transaction: the
    try is counted on its own, a miss twice. Raises LookupRefusedError (NotAtCounterError, NotYoursError, NobodyFoundError,
    LookupsUsedUpError, no purpose), or certificates.BadCertificateError (nothing was asked, nothing is counted).
    """
    with _refusals_written_down(act, audit.LOOKED_UP):
        clerk, office = _at_counter(act)
        if purpose not in lookups.purposes():
            raise LookupRefusedError("请选为什么查这个人")
        sought = _sought(typed)
        _count(act, clerk)
        found = lookups.with_ties_to(_regions(act, clerk, office), sought.people(office.region))
        if chosen is not None:
            found = [person for person in found if person.pk == chosen]
        if not found:
            _count_again(act, clerk)
            raise NobodyFoundError
        for person in found:  # several are all shown: one who is the clerk's own keeps the others from being shown too
            if why := why_not_on(clerk, person):
                raise NotYoursError(why, person)
        if len(found) > 1:
            _trace(act, found, purpose)
            return Found(None, tuple(found))
        return Found(_opened(act, clerk, office, found[0], purpose, sought.name))


def count_typed(*, act: Act, case: Case, certno: str = "", phone: str = "") -> None:
    """Count as a look-up that a case was told a number of somebody: what it answers tells whether anybody has it.

    Whoever else has it, as the insured or to sign in with, finds that on their record. Not inside a transaction.
    Raises LookupsUsedUpError, NotAtCounterError.
    """
    with _refusals_written_down(act, audit.LOOKED_UP):
        clerk, _ = _at_counter(act)
        _count(act, clerk)
        sign_in = User.objects.by_phone(phone).select_related("person").first() if phone else None
        hit = {people.find_by_certno(certno) if certno else None, sign_in.person if sign_in else None}
        _trace(act, [person for person in hit - {case.subject} if person], case.kind)


def count_printed(*, act: Act, case: Case) -> None:
    """Count as look-ups, one each, that the whole numbers of a case's people are printed by who has not looked them up.

    Each of them finds it on their record. Not inside a transaction. Raises LookupRefusedError: LookupsUsedUpError where
    not all can be counted (nothing is then), NotAtCounterError, NotYoursError.
    """
    with _refusals_written_down(act, audit.LOOKED_UP):
        clerk, _ = _at_counter(act)
        for person in case.people:
            if why := why_not_on(clerk, person):
                raise NotYoursError(why, person)
        if left_today(act=act, clerk=clerk) < len(case.people):
            raise LookupsUsedUpError
        for _person in case.people:
            _count(act, clerk)
        _trace(act, case.people, case.kind)


def unmask(*, act: Act, token: UUID) -> Lookup:
    """Note that the clerk has the full numbers shown of whom they looked up, and return that look-up.

    Raises LookupRefusedError where the look-up is not theirs, not of this office, or too old.
    """
    with _refusals_written_down(act, audit.UNMASKED):
        clerk, _ = _at_counter(act)
        lookup = lookups.open_lookup(clerk, token, act.at)
        if lookup is None:
            raise LookupRefusedError("这次查人已经过期，请重新查")
        audit.record(act=act, verb=audit.UNMASKED, subject=lookup.person_id, detail={"purpose": lookup.purpose})
        return lookup


def grant_lookups(*, act: Act, clerk: User) -> LookupCount:
    """Let a clerk look up as many people again today as in a day. By a reviewer of the same office, not for themselves
    or their family.

    Raises LookupRefusedError.
    """
    with _refusals_written_down(act, "lookup.granted"):
        reviewer, office = _at_counter(act)
        if reviewer.role != Role.REVIEWER or clerk.office != office.code or clerk.role not in COUNTER_ROLES:
            raise NotAtCounterError("只有本网点的复核人员能给本网点的同事加查人次数")
        if is_same_person(reviewer, clerk):
            raise NotYoursError("不能给自己加查人次数，请别的复核人员批")
        if is_by_family(reviewer, [clerk]):
            raise NotYoursError("不能给自己的家人加查人次数，请别的复核人员批")
        more = settings.COUNTER_LOOKUPS_PER_DAY
        with transaction.atomic():
            count = _count_of(act, clerk)
            LookupCount.objects.filter(pk=count.pk).update(most=F("most") + more)
            audit.record(act=act, verb="lookup.granted", detail={"user": clerk.pk, "more": more})
    count.refresh_from_db()
    return count


def left_today(*, act: Act, clerk: User) -> int:
    """Return how often the clerk may still look somebody up today. Counts nothing."""
    count = LookupCount.objects.filter(clerk=clerk, day=act.on).first()
    return count.left if count else settings.COUNTER_LOOKUPS_PER_DAY


@dataclass(frozen=True, slots=True, repr=False)
class _Sought:
    """What is looked for: a case, a phone number, or a certificate number with the name that stood on the card."""

    certno: str = ""
    name: str = ""
    phone: str = ""
    case: str = ""

    def people(self, region: str) -> list[Person]:
        if self.case:
            return [*map(kept_record, Person.objects.filter(cases__number=self.case, cases__region=region))]
        if self.phone:
            return people.find_by_phone(self.phone)
        person = people.find_by_certno(self.certno)
        return [person] if person else []


def _sought(typed: str) -> _Sought:
    number = certificates.normalise(typed)
    if _CASE.fullmatch(number):
        return _Sought(case=number)
    try:
        return _Sought(phone=read_phone(typed))
    except BadValueError:
        read = card_reader.read(typed)
        return _Sought(certno=read.number, name=read.name)


def _at_counter(act: Act) -> tuple[User, Office]:
    """Return who acts, as their account is now, and their office. Raises NotAtCounterError."""
    try:
        return staff_at_counter(act, COUNTER_ROLES)
    except CaseError as error:
        raise NotAtCounterError(error.message) from None


def _regions(act: Act, clerk: User, office: Office) -> str:
    """Return where somebody must be known to be found: what the codes of those regions begin with.

    In the region of the office; the second person of a case that the clerk works on, wherever the region's rules let
    relatives be insured who use the money (insured_scope).
    """
    rows = Case.objects.filter(number=act.actor.case, holder=clerk, state=CaseState.OPEN, region=office.region)
    case = rows.first() if act.actor.case else None
    terms = registry.sharing_or_none(office.region, act.on) if case and handler_of(case.kind).other else None
    return office.region[: DIGITS[terms.insured_scope]] if terms else office.region


def _count_of(act: Act, clerk: User) -> LookupCount:
    most = {"most": settings.COUNTER_LOOKUPS_PER_DAY}
    return LookupCount.objects.get_or_create(clerk=clerk, day=act.on, defaults=most)[0]


def _count(act: Act, clerk: User) -> None:
    """Count one more, unless the day's are used up: the row itself decides, so that two windows share one count."""
    with transaction.atomic(durable=True):
        free = LookupCount.objects.filter(clerk=clerk, day=act.on, used__lt=F("most"))
        is_counted = free.update(used=F("used") + 1)
        if not is_counted:  # the first of the day, or all used up
            _count_of(act, clerk)
            is_counted = free.update(used=F("used") + 1)
    if not is_counted:
        raise LookupsUsedUpError


def _count_again(act: Act, clerk: User) -> None:
    """Count a miss a second time: whoever tries numbers meets the limit sooner."""
    with transaction.atomic(durable=True):
        LookupCount.objects.filter(clerk=clerk, day=act.on).update(used=F("used") + 1)


def _opened(act: Act, clerk: User, office: Office, person: Person, purpose: str, name_on_card: str) -> Lookup:
    """Write the look-up and its trace, which the person finds on their own page."""
    agrees = normalised_name(name_on_card) == normalised_name(person.name) if name_on_card else None
    with transaction.atomic():
        lookup = Lookup.objects.create(
            clerk=clerk,
            office=office.code,
            region=office.region,
            person=person,
            purpose=purpose,
            case=act.actor.case,
            name_agrees=agrees,
            at=act.at,
        )
        _trace(act, [person], purpose)
    return lookup


@transaction.atomic
def _trace(act: Act, shown: Iterable[Person], purpose: str) -> None:
    """Write on the record of each of those shown that they were, and what for."""
    detail = {"business": lookups.purposes()[purpose], "purpose": purpose}
    for person in shown:
        audit.record(act=act, verb=audit.LOOKED_UP, subject=person, detail=detail)
