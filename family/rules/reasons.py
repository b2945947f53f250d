"""Why something is not possible: one code per check, with what was found and what to do. All at once, never the first."""

from dataclasses import dataclass
from enum import StrEnum

from family.errors import FamilyError

# What waits after a new number, and for how long: for the citizen and for the clerk who changes it.
AFTER_NEW_PHONE = "换号后{}内不能邀请、恢复使用、提高额度或延长日期"


class ReasonCode(StrEnum):
    """Stable codes; each has its page (C09a)."""

    NO_SHARING = "no_sharing"
    NO_ACCOUNT = "no_account"
    PAYER_SUSPENDED = "payer_suspended"
    PAYER_ENDED = "payer_ended"
    PAYER_LEAVING = "payer_leaving"
    PAYER_MINOR = "payer_minor"
    PAYER_FROZEN = "payer_frozen"
    PHONE_CHANGED = "phone_changed"
    GATE = "gate"
    RESERVE = "reserve"
    MAX_USERS = "max_users"
    MONTHLY_CHANGES = "monthly_changes"
    MONTHLY_TRANSFERS = "monthly_transfers"
    COOLDOWN = "cooldown"
    RELATION = "relation"
    KINSHIP = "kinship"
    PAYER_HAS_SPOUSE = "payer_has_spouse"
    SCOPE = "scope"
    SELF = "self"
    ALREADY_BOUND = "already_bound"
    OPEN_INVITATION = "open_invitation"
    TOO_MANY_OPEN = "too_many_open"
    USER_NOT_INSURED = "user_not_insured"
    USER_SUSPENDED = "user_suspended"
    USER_LEAVING = "user_leaving"
    USER_OUTSIDE = "user_outside"
    USER_INSURANCE = "user_insurance"
    MAX_AUTHORISERS = "max_authorisers"
    IDENTITY = "identity"
    MINOR_NEEDS_PARENT = "minor_needs_parent"
    OF_AGE = "of_age"
    NOT_DONE = "not_done"
    CONSENT_NEEDED = "consent_needed"
    PAYER_NOT_READY = "payer_not_ready"
    LIMIT = "limit"
    END_DAY = "end_day"


@dataclass(frozen=True, slots=True)
class Reason:
    """One reason: why not, what we found, what to do. Fen where it is about money."""

    code: ReasonCode
    why: str
    found: str
    remedy: str
    found_fen: int | None = None
    needed_fen: int | None = None

    @property
    def missing_fen(self) -> int | None:
        if self.found_fen is None or self.needed_fen is None:
            return None
        return max(self.needed_fen - self.found_fen, 0)


# What these are about is the payer's own business: who is invited only reads that the inviter is not ready.
OF_PAYER = frozenset(
    {
        ReasonCode.NO_ACCOUNT,
        ReasonCode.PAYER_FROZEN,
        ReasonCode.PAYER_SUSPENDED,
        ReasonCode.PAYER_ENDED,
        ReasonCode.PAYER_LEAVING,
        ReasonCode.PAYER_MINOR,
        ReasonCode.PHONE_CHANGED,
        ReasonCode.GATE,
        ReasonCode.MAX_USERS,
        ReasonCode.MONTHLY_CHANGES,
        ReasonCode.PAYER_HAS_SPOUSE,
    }
)
_NOT_READY = Reason(
    ReasonCode.PAYER_NOT_READY,
    "邀请人现在还不能让家人用自己的钱",
    "原因只有邀请人自己能看到",
    "请和邀请人联系，由对方在家庭共济页查看",
)


def for_user(reasons: tuple[Reason, ...]) -> tuple[Reason, ...]:
    """Return the reasons as the invited person may read them: nothing of the payer's money or insurance."""
    own = tuple(reason for reason in reasons if reason.code not in OF_PAYER)
    return own if len(own) == len(reasons) else (_NOT_READY, *own)


class RefusedError(FamilyError):
    """The rules do not allow it; `reasons` holds every one that stands in the way."""

    def __init__(self, reasons: tuple[Reason, ...]) -> None:
        super().__init__("；".join(f"{reason.why}：{reason.found}" for reason in reasons))
        self.reasons = reasons

    @property
    def codes(self) -> set[ReasonCode]:
        return {reason.code for reason in self.reasons}


class ChangedError(FamilyError):
    """Somebody else was first: the invitation or bond no longer stands as it did when the page was shown."""

    message = "内容刚刚有变化，这一步没有办"


class MismatchError(FamilyError):
    """The data do not lead to one person and invitation. Never says which of them was wrong."""

    message = "没有核对上，请检查填写的内容"


class CannotUndoError(FamilyError):
    """It is too late to take this back, or it was used meanwhile. `message` says which."""


class IncompleteDraftError(FamilyError):
    """The invitation is not filled in yet. `missing` names the fields."""

    message = "邀请还没有填完"

    def __init__(self, missing: tuple[str, ...]) -> None:
        super().__init__()
        self.missing = missing


def no_sharing(region_name: str) -> Reason:
    """Return that a region has no rules of sharing."""
    return Reason(
        ReasonCode.NO_SHARING,
        "当地还没有开通家庭共济",
        f"没有查到{region_name}的家庭共济规定",
        "可以打电话问当地医保中心",
    )


def refuse(reasons: tuple[Reason, ...]) -> None:
    """Raise RefusedError if there is any reason."""
    if reasons:
        raise RefusedError(reasons)
