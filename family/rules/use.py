"""Where and when a relative's money works: the bond, both people's insurance, the place, and the limit."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from accounts.codes import InstitutionKind, InstitutionLevel, InsuranceType
from accounts.policies.terms import SharingTerms, SpendingTerms
from accounts.policies.terms.sharing import NORMAL, POOL
from accounts.policies.terms.spending import CASH, COSTS, DRUGS, EXCLUDED, TREATMENT, USES
from family.rules.eligibility import covers, is_allowed
from family.rules.facts import EnrolmentFacts
from yibao.lib.codes import TextCode


@dataclass(frozen=True, slots=True)
class Where:
    """A kind of place (hospital or pharmacy), a hospital's level 0 to 3, and what is paid for there.

    `paid_for` is one of the `uses` of spending terms, what the place is for where it is empty; `category` one of their
    `costs` or what they may exclude, "" where nothing is said of it. No Where at all means at home: a premium.
    """

    kind: str
    level: int = 0
    paid_for: str = ""
    category: str = ""

    @property
    def use(self) -> str:
        return self.paid_for or (DRUGS if self.kind == InstitutionKind.PHARMACY else TREATMENT)


def refusal(where: Where, terms: SpendingTerms) -> str:
    """Return why a region's accounts may not pay for this, a sentence for people; "" where they may (domain 3.1)."""
    if where.use not in terms.uses:
        return f"当地的个人账户不能用来付{USES[where.use]}"
    if where.category == CASH or where.category in terms.excluded:
        return f"{EXCLUDED[where.category]}不能用个人账户付"
    if where.category in COSTS and where.category not in terms.costs:
        return f"当地的个人账户不能用来付{COSTS[where.category]}的费用"
    return ""


class Blocked(TextCode):
    """Why a relative's money cannot be used today."""

    SUSPENDED = "suspended", "出钱的人停用了"
    NOT_YET = "not_yet", "还没到开始的日子"
    OVER = "over", "已过约定的结束日期"
    FROZEN = "frozen", "出钱的人的账户已冻结，暂时不能用"
    SCOPE = "scope", "没有同意这样用"
    RULES = "rules", "当地规定现在不允许"
    PAYER = "payer", "出钱的人没有正常参保，暂时不能用"
    USER = "user", "用钱的人没有正常参保，暂时不能用"
    PLACE = "place", "居民医保的家人不能在这类地方用"
    LIMIT = "limit", "今年的额度用完了"
    EMPTY = "empty", "没有余额了"

    @property
    def to_payer(self) -> str:
        """The same, said to the one whose money it is."""
        return _TO_PAYER.get(self, self.label)

    @property
    def to_user(self) -> str:
        """The same, said to the one who would use it."""
        return _TO_USER.get(self, self.label)


_TO_PAYER = {
    Blocked.SUSPENDED: "您停用了",
    Blocked.FROZEN: "您的账户已冻结，暂时不能用",
    Blocked.PAYER: "您没有正常参保，家人暂时不能用",
    Blocked.USER: "这位家人没有正常参保，暂时不能用",
}
_TO_USER = {Blocked.USER: "您没有正常参保，暂时不能用"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Bound:
    """A bond as the plan sees it on a day. Amounts in fen; `terms` of the payer's region, `user_terms` of the user's."""

    active: bool
    from_on: date
    until_on: date | None
    relation: str
    scopes: tuple[str, ...]
    limit_fen: int | None
    used_fen: int
    payer: EnrolmentFacts
    user: EnrolmentFacts
    terms: SharingTerms | None
    user_terms: SharingTerms | None
    frozen: bool = False
    declared: bool = False  # nobody has seen papers that show the relation

    @property
    def most_fen(self) -> int | None:
        """What may be used in a year: what was agreed on, or less while the relation was shown to nobody."""
        return min((fen for fen in (self.limit_fen, self.declared_fen) if fen is not None), default=None)

    @property
    def declared_fen(self) -> int | None:
        """What may be used in a year while the relation is only said; None once it was shown, or without such a rule."""
        return self.terms.declared_limit_fen if self.declared and self.terms else None

    @property
    def left_fen(self) -> int | None:
        """What the yearly limit still allows; None without a limit."""
        return None if self.most_fen is None else max(self.most_fen - self.used_fen, 0)


def blocked(bound: Bound, *, on: date, scope: str, where: Where | None) -> Blocked | None:
    """Return why this bond gives nothing on a day, for a purpose, at a place; None when it may be used."""
    terms, user_terms = bound.terms, bound.user_terms
    if terms is None or user_terms is None:
        return Blocked.RULES
    checks = (
        (Blocked.SUSPENDED, bound.active),
        (Blocked.NOT_YET, bound.from_on <= on),
        (Blocked.OVER, bound.until_on is None or on <= bound.until_on),
        (Blocked.FROZEN, not bound.frozen),
        (Blocked.SCOPE, scope in bound.scopes),
        (Blocked.RULES, _permit(bound, scope, (terms, user_terms))),
        (Blocked.PAYER, _meets(bound.payer, terms.payer_status)),
        (Blocked.USER, all(_meets(bound.user, t.user_status) for t in (terms, user_terms))),
        (Blocked.PLACE, where is None or place_allowed(where, bound.user.insurance, user_terms)),
        (Blocked.LIMIT, bound.left_fen != 0),
    )
    return next((why for why, passes in checks if not passes), None)


def _permit(bound: Bound, scope: str, both: Iterable[SharingTerms]) -> bool:
    """Whether both regions' rules of the day still allow this use between these two. A bond outlives no rule."""
    return all(
        scope in t.scopes
        and is_allowed(bound.relation, t)
        and bound.user.insurance in t.user_insurances
        and covers(t, bound.payer.region, bound.user.region)
        for t in both
    )


def _meets(enrolment: EnrolmentFacts, required: str) -> bool:
    return enrolment.is_normal if required == NORMAL else enrolment.is_insured


def place_allowed(where: Where, insurance: str, terms: SharingTerms) -> bool:
    """Return whether a user of this insurance may use relatives' money there, by the user's own region (TV-22)."""
    if insurance != InsuranceType.RESIDENT:
        return True
    if terms.resident_places is not None and where.kind not in terms.resident_places:
        return False
    return (
        where.kind != InstitutionKind.HOSPITAL or terms.resident_levels is None or where.level in terms.resident_levels
    )


@dataclass(frozen=True, slots=True)
class PlaceRule:
    """One line of 能在哪用."""

    words: str
    allowed: bool


def places(insurance: str, terms: SharingTerms) -> list[PlaceRule]:
    """Return every kind of place and whether relatives' money works there for a user of this insurance."""
    hospitals = [
        PlaceRule(f"{level.label}医疗机构" if level else "没有等级的医疗机构（如社区卫生院）",
                  place_allowed(Where(InstitutionKind.HOSPITAL, level), insurance, terms))
        for level in InstitutionLevel
    ]  # fmt: skip
    return [*hospitals, PlaceRule("药店", place_allowed(Where(InstitutionKind.PHARMACY), insurance, terms))]


def keep_back(sources_fen: Iterable[int], terms: SharingTerms) -> list[int]:
    """Return what each of a payer's pots gives, in order, where the region keeps a reserve in the account (fen).

    A pool is available whole: its reserve was kept back when the money was moved in (domain.md 3.1, C16).
    """
    fen = list(sources_fen)
    if terms.model == POOL or terms.reserve_fen is None:
        return fen
    return cap(fen, max(0, sum(fen) - terms.reserve_fen))


def cap(sources_fen: Iterable[int], left_fen: int | None) -> list[int]:
    """Return what each of a payer's pots gives, in order, so that together they keep within the limit (fen)."""
    found = []
    for fen in sources_fen:
        part = fen if left_fen is None else min(fen, left_fen)
        left_fen = None if left_fen is None else left_fen - part
        found.append(part)
    return found
