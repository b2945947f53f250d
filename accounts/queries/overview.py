"""参保人概况: what a clerk sees of the person they looked up, in the region of their office and nowhere else."""

from dataclasses import dataclass
from datetime import date

from accounts.codes import CaseState, EnrolmentStatus, InsuranceType, PersonType
from accounts.models import Case, Enrolment, Lookup, Office, Person, Pot
from accounts.policies.formulas import age_on
from accounts.queries import cases
from accounts.queries.account import accounts_of
from accounts.queries.counter_hooks import SharingTie, sharing_of
from accounts.queries.offices import office_for

FINAL = (CaseState.DONE, CaseState.UNDONE, CaseState.DROPPED)


@dataclass(frozen=True, slots=True)
class Insured:
    """How somebody is insured today: in what, as what, in which state since when, on which street."""

    scheme: str
    category: str
    state: EnrolmentStatus
    since: date
    street: str

    @property
    def tone(self) -> str:
        return "ok" if self.state == EnrolmentStatus.NORMAL else "warn"


@dataclass(frozen=True, slots=True)
class Overview:
    """One person as seen from one office on a day."""

    person: Person
    region: str
    age: int
    insured: list[Insured]
    office: Office | None  # responsible for them today; None where the region is not divided, or the street unknown
    pots: list[Pot]
    sharing: list[SharingTie]
    under_way: list[Case]
    past: list[Case]

    @property
    def total_fen(self) -> int:
        return sum(pot.balance_fen or 0 for pot in self.pots)


def overview_of(lookup: Lookup, today: date) -> Overview:
    """Return what the clerk of a look-up sees, in a fixed number of queries."""
    person, region = lookup.person, lookup.region
    accounts = accounts_of(person)
    rows = [row for row in accounts.enrolments if row.region == region and row.from_on <= today]
    latest = {row.insurance: row for row in rows}
    found = cases.about(person, region)
    return Overview(
        person=person,
        region=region,
        age=age_on(person.birth_on, today),
        insured=[_insured(row) for _, row in sorted(latest.items())],
        office=office_for(person, region, today),
        pots=[pot for pot in accounts.pots if pot.region == region],
        sharing=sharing_of(person, region, today),
        under_way=[case for case in found if case.state not in FINAL],
        past=[case for case in found if case.state in FINAL],
    )


def _insured(row: Enrolment) -> Insured:
    return Insured(
        scheme=InsuranceType(row.insurance).label,
        category=PersonType(row.person_type[:2]).label,
        state=EnrolmentStatus(row.status),
        since=row.stas_on or row.from_on,
        street=row.street,
    )
