"""What family pages call people, states and events. The inviter's page never says more than an inviter may know."""

from dataclasses import dataclass
from datetime import date, datetime

from accounts.codes import Gender, Relation, Scope
from accounts.policies import registry
from accounts.policies.formulas import age_on
from accounts.policies.terms import SharingTerms
from family.codes import InvitationState
from family.models import Invitation
from family.queries.kin import kin_in
from yibao.lib.clock import SHANGHAI

TONES = {InvitationState.SENT: "pend", InvitationState.ACCEPTED: "ok"}


def pronoun(gender: int | None) -> str:
    """Return 他 or 她, or 对方 where it is not known."""
    return "对方" if gender is None else Gender(gender).pronoun


def gender_in(certno: str) -> int | None:
    """Return the gender that an 18-digit certificate number says: 1 or 2; None where there is no number."""
    return (1 if int(certno[16]) % 2 else 2) if len(certno) == 18 else None


def scope_words(scopes: list[str] | tuple[str, ...]) -> str:
    """Return 看病买药、代缴城乡居民医保."""
    return "、".join(scope.label for scope in Scope if scope in scopes)


def undo_words(terms: SharingTerms | None) -> str:
    """Return 10分钟内可以撤回, by the region's terms; "" where nothing can be taken back."""
    return f"{terms.undo_minutes}分钟内可以撤回" if terms and terms.undo_minutes else ""


def minor_words(on: date) -> str:
    """Return whose parents agree for them on a day: 未满16周岁, from 14 to 16 where regions differ; "" without rules."""
    found = (registry.sharing_or_none(region, on) for region in registry.region_names())
    ages = {terms.minor_age for terms in found if terms is not None}
    return f"未满{'至'.join(map(str, sorted({min(ages), max(ages)})))}周岁" if ages else ""


@dataclass(frozen=True, slots=True)
class Asked:
    """An invitation as its inviter sees it at an instant."""

    invitation: Invitation
    now: datetime
    terms: SharingTerms | None = None

    @property
    def state(self) -> InvitationState:
        """The state for the payer; one whose last day is over has expired, also before the nightly job says so."""
        state = self.invitation.state_for_payer
        return InvitationState.EXPIRED if state == InvitationState.SENT and self._is_over else state

    @property
    def _is_over(self) -> bool:
        return self.invitation.expires_at is not None and self.invitation.expires_at <= self.now

    @property
    def is_waiting(self) -> bool:
        return self.state == InvitationState.SENT

    @property
    def can_resend(self) -> bool:
        return self.state in (InvitationState.SENT, InvitationState.EXPIRED) and bool(self.invitation.invitee_certno)

    @property
    def element(self) -> str:
        """The id of its card on the page."""
        return f"asked-{self.invitation.pk}"

    @property
    def number(self) -> str:
        return self.invitation.number or ""

    @property
    def name(self) -> str:
        return self.invitation.invitee_name or (self.invitation.user.name if self.invitation.user else "家人")

    @property
    def _gender(self) -> int | None:
        user = self.invitation.user
        return user.gender if user else gender_in(self.invitation.invitee_certno)

    @property
    def kin(self) -> str:
        """What the invited person is to the inviter: 女儿."""
        return Relation(self.invitation.relation).word(self._gender)

    @property
    def they(self) -> str:
        return pronoun(self._gender)

    @property
    def tone(self) -> str:
        return TONES.get(self.state, "")

    @property
    def tag(self) -> str:
        return self.state.label

    @property
    def last_day(self) -> date | None:
        """The last day on which it can be accepted."""
        return self.invitation.expires_at and self.invitation.expires_at.astimezone(SHANGHAI).date()

    @property
    def scopes(self) -> str:
        return scope_words(self.invitation.scopes)

    @property
    def is_child(self) -> bool:
        """Whether a parent has to agree, going by the number that the inviter typed."""
        born = kin_in(self.invitation.invitee_certno).born
        if self.terms is None or born is None:
            return False
        return age_on(born, self.now.astimezone(SHANGHAI).date()) < self.terms.minor_age

    @property
    def is_own_child(self) -> bool:
        return self.is_child and self.invitation.relation == Relation.CHILD
