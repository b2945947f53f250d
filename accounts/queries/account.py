"""A person's account in one region as it stands: what they are insured as, the pots, and the rules in force."""

from dataclasses import dataclass
from datetime import date

from accounts.codes import PERSONAL_POTS, EnrolmentStatus, InsuranceType, PotKind
from accounts.models import Contribution, Enrolment, Person, Pot
from accounts.policies import formulas, registry
from accounts.policies.formulas import MonthFacts
from accounts.policies.status import Status, status_on
from accounts.policies.terms import CreditTerms, SharingTerms, SpendingTerms
from accounts.policies.terms.credit import YEARLY


@dataclass(frozen=True, slots=True)
class Accounts:
    """Everything a person has anywhere: enrolments and pots of all regions, from one query each."""

    person: Person
    enrolments: tuple[Enrolment, ...]
    pots: tuple[Pot, ...]

    def regions(self, today: date) -> list[str]:
        """Return the regions where there is an account, the one most likely wanted first.

        That is where the person is insured normally now, then where they were last.
        """
        rows = [row for row in self.enrolments if row.insurance == InsuranceType.EMPLOYEE]
        latest = {row.region: row for row in rows if row.from_on <= today} or {row.region: row for row in rows}
        regions = dict.fromkeys([row.region for row in reversed(rows)] + [pot.region for pot in self.pots])

        def order(region: str) -> tuple[bool, int]:
            row = latest.get(region)
            if row is None:
                return True, 0
            return row.status != EnrolmentStatus.NORMAL, -row.from_on.toordinal()

        return sorted(regions, key=order)

    def resident_on(self, day: date) -> Enrolment | None:
        """Return the row of 居民医保 in force on a day, if any."""
        rows = [row for row in self.enrolments if row.insurance == InsuranceType.RESIDENT and row.from_on <= day]
        return rows[-1] if rows and rows[-1].status != EnrolmentStatus.ENDED else None

    def home_regions(self, day: date) -> list[str]:
        """Return the regions whose rules and counters are this person's: of the accounts, else that of 居民医保."""
        resident = self.resident_on(day)
        return self.regions(day) or ([resident.region] if resident else [])


@dataclass(frozen=True, slots=True)
class Account:
    """One person's account in one region on one day."""

    person: Person
    region: str
    today: date
    pots: dict[PotKind, Pot]
    history: tuple[Status, ...]
    last_paid: Contribution | None
    credit: CreditTerms
    sharing: SharingTerms | None
    spending: SpendingTerms | None

    @property
    def status(self) -> Status | None:
        return status_on(self.history, self.today)

    @property
    def state(self) -> EnrolmentStatus | None:
        """How somebody is insured in 职工医保 of the region today; None while the first row is still to come."""
        return None if self.status is None else EnrolmentStatus(self.status.status)

    @property
    def is_normal(self) -> bool:
        return self.state == EnrolmentStatus.NORMAL

    @property
    def is_yearly(self) -> bool:
        """Whether the whole year is credited at once when it begins (预划)."""
        return self.credit.accrual == YEARLY

    @property
    def year(self) -> int:
        """The benefit year of today."""
        return formulas.benefit_year(self.today, self.credit)

    @property
    def year_range(self) -> tuple[date, date]:
        """The first day of the benefit year of today, and the first day after it."""
        return formulas.year_range(self.year, self.credit)

    def fen(self, kind: PotKind) -> int | None:
        """Return the fen in a pot; None where the person has no such pot."""
        pot = self.pots.get(kind)
        return None if pot is None else pot.balance_fen

    @property
    def owed_fen(self) -> int:
        """What was credited too much and is still to be paid back (多划待追回), as a positive amount."""
        return -(self.fen(PotKind.RECEIVABLE) or 0)

    def facts_now(self) -> MonthFacts | None:
        """Return what a credit would be worked out from today: capacity, last base, age. None when not insured."""
        if not self.is_normal or self.status is None:
            return None
        base = self.last_paid.base_fen if self.last_paid and not self.status.is_retiree else None
        age = formulas.age_on(self.person.birth_on, self.today)
        return MonthFacts(self.status.capacity, base, age, self.status.pension_fen)


def accounts_of(person: Person) -> Accounts:
    """Return everything a person has anywhere (two queries)."""
    enrolments = Enrolment.objects.filter(person=person).order_by("from_on", "seq")
    pots = Pot.objects.filter(person=person).order_by("region", "id")
    return Accounts(person, tuple(enrolments), tuple(pots))


def account_in(accounts: Accounts, region: str, today: date) -> Account:
    """Return the account in one of the person's regions (one query). Raises NoPolicyError where no rules are loaded."""
    rows = [r for r in accounts.enrolments if r.region == region and r.insurance == InsuranceType.EMPLOYEE]
    paid = Contribution.objects.filter(region=region, person=accounts.person).order_by("-month").first()
    return Account(
        person=accounts.person,
        region=region,
        today=today,
        pots=_pots_in(accounts, region),
        history=tuple(Status(r.from_on, r.status, r.person_type, r.flex, r.pension_fen) for r in rows),
        last_paid=paid,
        credit=registry.credit(region, today),
        sharing=registry.sharing_or_none(region, today),
        spending=registry.spending_or_none(region, today),
    )


def _pots_in(accounts: Accounts, region: str) -> dict[PotKind, Pot]:
    """The pots in the order in which pages name them: 当年, 历年, 共济, 待追回."""
    by_kind = {PotKind(pot.kind): pot for pot in accounts.pots if pot.region == region}
    return {kind: by_kind[kind] for kind in PERSONAL_POTS if kind in by_kind}
