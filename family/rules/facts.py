"""What the rules are told about two people: collected by family.queries.facts, judged by eligibility and use."""

from dataclasses import dataclass
from datetime import date

from accounts.codes import EnrolmentStatus, InsuranceType
from accounts.policies.terms import SharingTerms


@dataclass(frozen=True, slots=True, kw_only=True)
class EnrolmentFacts:
    """How somebody is insured on a day, with region and insurance of the row that says so."""

    status: EnrolmentStatus
    region: str = ""
    region_name: str = ""
    insurance: str = ""
    leaving_on: date | None = None  # a row already on the roster ends this insurance on a later day

    @property
    def is_insured(self) -> bool:
        return self.status != EnrolmentStatus.ENDED

    @property
    def is_normal(self) -> bool:
        return self.status == EnrolmentStatus.NORMAL

    @property
    def is_resident(self) -> bool:
        return self.insurance == InsuranceType.RESIDENT


@dataclass(frozen=True, slots=True, kw_only=True)
class Payer:
    """What counts about the one who pays, in the region whose account it is. Amounts in fen."""

    region_name: str
    has_account: bool
    enrolment: EnrolmentFacts
    age: int
    last_year_fen: int = 0
    users: int = 0
    changes_this_month: int = 0
    is_frozen: bool = False  # the account stands still
    phone_free_on: date | None = None  # when a freshly changed sign-in number may invite again


@dataclass(frozen=True, slots=True)
class Kin:
    """One of the two, as far as it is known: a number that tells nothing says None."""

    born: date | None
    gender: int | None


UNKNOWN = Kin(None, None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """What is asked for, and how the two stand to each other. `relation` as code or name: the user is the payer's …"""

    relation: str = ""
    payer: Kin = UNKNOWN
    user: Kin = UNKNOWN
    payer_has_spouse: bool = False  # by a bond, either way round, with a third person
    user_has_spouse: bool = False
    shown: bool = False  # a clerk has seen papers that show the relation
    mirrored: str = ""  # what the user is to the payer by a bond that stands the other way round
    scopes: tuple[str, ...] = ()
    is_self: bool = False
    is_bound: bool = False
    open_number: str = ""
    limit_fen: int | None = None
    until_on: date | None = None
    on: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    """What counts about the one who uses. `terms` are those of the user's own region; None where it has none."""

    enrolment: EnrolmentFacts
    authorisers: int = 0
    terms: SharingTerms | None = None
    identity_checked: bool = True
