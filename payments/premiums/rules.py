"""Whether somebody's premium may be paid from an account: every reason against it at once. Pure: no Django."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from accounts.codes import Scope
from accounts.errors import AccountsError
from accounts.policies.formulas import age_on
from accounts.policies.terms.premium import REFUND, PremiumTerms
from family.rules.use import Blocked
from payments.premiums.codes import OrderState, WhyNotCode
from yibao.lib.days import day_words
from yibao.lib.fen import grouped

NEWBORN_DAYS = 90  # within which a birth is registered at the counter and covered from the first day (江西)
# Paid in cash, perhaps on the last day: that is what a claim is about, and no reason against it.
NOT_ASKED_OF_CLAIMS = {WhyNotCode.PAY_FIRST, WhyNotCode.PAID, WhyNotCode.CLOSED}
RELIEF, DESTITUTE = "23", "2304"  # psn_idet_type: 医疗救助对象, and of them 特困, who pay nothing
UNDO_MINUTES = 10  # this system's own: what was not handed on can be taken back for ten minutes
ANSWER_DAYS = 7  # until the tax office is asked, where the region does not say
AT_COUNTER = "请带身份证或户口本到窗口办"
ELSEWHERE = "请用当地税务的办法缴费"
CHANGE_BOND = "请到家庭共济里查看和修改"
INSURED_AGAIN = "恢复正常参保以后再来，或者用别的办法缴费"

# What the one who pays can do where a bond gives nothing.
_TO_DO: dict[Blocked, str] = {
    Blocked.FROZEN: "请到窗口问什么时候解冻，或者用别的办法缴费",
    Blocked.PAYER: INSURED_AGAIN,
    Blocked.USER: INSURED_AGAIN,
    Blocked.RULES: ELSEWHERE,
}

# What may follow on what. Whatever is not here does not happen.
NEXT: dict[OrderState, tuple[OrderState, ...]] = {
    OrderState.CHECKED: (OrderState.DEBITED,),
    OrderState.DEBITED: (OrderState.UNDONE, OrderState.HANDED_OVER, OrderState.REFUNDED),
    OrderState.HANDED_OVER: (OrderState.CONFIRMED, OrderState.REJECTED, OrderState.UNKNOWN),
    OrderState.UNKNOWN: (OrderState.CONFIRMED, OrderState.REJECTED),
    OrderState.CONFIRMED: (OrderState.REFUNDED,),
    OrderState.REFUNDED: (OrderState.CONFIRMED,),  # by operations.recovering only: the tax office has kept it
}


@dataclass(frozen=True, slots=True)
class WhyNot:
    """One reason: why not, what we found, what to do."""

    code: WhyNotCode
    found: str
    remedy: str

    @property
    def why(self) -> str:
        return self.code.label


@dataclass(frozen=True, slots=True)
class Paid:
    """What is known of a premium that was paid already, as far as whoever asks may know: when and through what."""

    on: date
    channel: str


@dataclass(frozen=True, slots=True)
class Ordered:
    """A live order of the same person and year. `by` names the payer to whoever may know; else it is empty."""

    confirmed: bool
    by: str = ""


@dataclass(frozen=True, slots=True)
class Claimed:
    """A live claim of the same person and year. `by` names who made it to whoever may know; else it is empty."""

    by: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """What the rules are told of one person whose premium somebody wants to pay, on a day."""

    born: date
    region_name: str = ""
    is_insured: bool = True
    is_resident: bool = True
    identity_type: str = ""
    insured_last_year: bool = True  # at some time of the year before the premium's
    normal_last_year: bool = True  # and normally so
    is_dead: bool = False
    paid: tuple[Paid, ...] = ()
    ordered: Ordered | None = None
    claimed: Claimed | None = None
    # A relative's: how the bond stands, and None for one's own premium. `has_bond`: it may pay premiums; `is_bonded`:
    # there is one, whatever for; `may_agree`: the payer's region lets accounts pay premiums; `left_fen`: what the yearly
    # limit still allows, None without one.
    is_self: bool = False
    has_bond: bool = True
    is_bonded: bool = True
    may_agree: bool = True
    blocked: Blocked | None = None
    left_fen: int | None = None


def reasons(who: Candidate, terms: PremiumTerms | None, on: date) -> tuple[WhyNot, ...]:
    """Return every reason why this premium cannot be paid from an account on a day; none means it can.

    Of somebody who has not agreed to it nothing is told but that.
    """
    if not (who.is_self or who.has_bond):
        return (_no_bond(who),)
    if who.is_dead:
        return (WhyNot(WhyNotCode.DEAD, "登记过死亡", f"登记错了的，{AT_COUNTER}"),)
    found = [*_of_bond(who), *_of_insurance(who)]
    if terms is None:
        place = who.region_name or "参保地"
        return (*found, WhyNot(WhyNotCode.NO_RULES, f"{place}没有代缴居民医保的规定", ELSEWHERE))
    settled = tuple(_of_payment(who, terms))
    found += [*_of_window(terms, on), *_of_person(who, terms, on), *settled]
    if terms.model == REFUND:
        found.append(_pay_first(who, terms, on))
    if not settled:
        found += _of_limit(who, terms)
    return tuple(found)


def _no_bond(who: Candidate) -> WhyNot:
    """Return that nobody has agreed to it. What a bond is for is agreed on once: to change it there has to be a new one."""
    if not who.may_agree:
        return WhyNot(WhyNotCode.NO_BOND, "您的参保地还不能用账户给家人交", ELSEWHERE)
    if not who.is_bonded:
        return WhyNot(WhyNotCode.NO_BOND, "还没有约定", "请先在家庭共济里邀请")
    remedy = f"要改的，先在家庭共济里移除，再邀请一次，用途里选上“{Scope.PREMIUM.label}”"
    return WhyNot(WhyNotCode.NO_BOND, "和这位家人的约定里没有代缴居民医保", remedy)


def _of_bond(who: Candidate) -> Iterator[WhyNot]:
    if who.blocked is not None:
        yield WhyNot(WhyNotCode.BOND, who.blocked.to_payer, _TO_DO.get(who.blocked, CHANGE_BOND))


def _of_limit(who: Candidate, terms: PremiumTerms) -> Iterator[WhyNot]:
    """Say that the year's limit does not hold a whole premium, which no money in the account would mend."""
    if who.blocked is None and who.left_fen is not None and who.left_fen < terms.amount_fen:
        found = f"今年还能用 {grouped(who.left_fen)} 元，要交 {grouped(terms.amount_fen)} 元"
        yield WhyNot(WhyNotCode.LIMIT, found, CHANGE_BOND)


def _of_insurance(who: Candidate) -> Iterator[WhyNot]:
    if not who.is_insured:
        yield WhyNot(WhyNotCode.NOT_INSURED, "现在没有参保", f"先办参保登记；{AT_COUNTER}")
    elif not who.is_resident:
        yield WhyNot(WhyNotCode.NOT_RESIDENT, f"在{who.region_name}参加职工医保", "由单位或本人按月缴职工医保")


def _of_window(terms: PremiumTerms, on: date) -> Iterator[WhyNot]:
    if on < terms.opens_on:
        opens = day_words(terms.opens_on)
        yield WhyNot(WhyNotCode.NOT_OPEN, f"{terms.premium_year}年度从{opens}开始缴", f"{opens}以后再来")
    elif on > terms.last_on:
        wait = f"；补缴后有{terms.late_wait_months}个月等待期" if terms.late_wait_months else ""
        last = day_words(terms.last_on)
        yield WhyNot(WhyNotCode.CLOSED, f"{terms.premium_year}年度到{last}为止", f"错过了的到窗口补缴{wait}")


def _of_person(who: Candidate, terms: PremiumTerms, on: date) -> Iterator[WhyNot]:
    if who.identity_type == DESTITUTE or _is_budget_paid(who, terms, on):
        yield WhyNot(WhyNotCode.BUDGET_PAID, _why_budget(who, terms), "每年登记一次就可以；不确定的请问窗口")
    elif who.identity_type.startswith(RELIEF) and "partial_relief" in terms.excluded_groups:
        yield WhyNot(WhyNotCode.PARTIAL_RELIEF, "名册里登记的是医疗救助对象", AT_COUNTER)
    elif who.identity_type and not who.identity_type.startswith(RELIEF) and "special" in terms.excluded_groups:
        yield WhyNot(WhyNotCode.SPECIAL, "名册里登记的身份有另外的缴费办法", AT_COUNTER)
    if "newborn" in terms.excluded_groups and on - who.born < timedelta(days=NEWBORN_DAYS):
        yield WhyNot(WhyNotCode.NEWBORN, f"{day_words(who.born)}出生", f"出生{NEWBORN_DAYS}天内{AT_COUNTER}")
    if not who.insured_last_year and "first_time" in terms.excluded_groups:
        yield WhyNot(WhyNotCode.FIRST_TIME, f"{terms.premium_year - 1}年度没有参保记录", AT_COUNTER)
    elif not who.normal_last_year and terms.prior_year_required:
        yield WhyNot(WhyNotCode.PRIOR_YEAR, f"{terms.premium_year - 1}年度没有正常参保", AT_COUNTER)


def _is_budget_paid(who: Candidate, terms: PremiumTerms, on: date) -> bool:
    return terms.budget_paid_age is not None and age_on(who.born, on) >= terms.budget_paid_age


def _why_budget(who: Candidate, terms: PremiumTerms) -> str:
    if who.identity_type == DESTITUTE:
        return "名册里登记的是特困人员"
    return f"{who.region_name}满{terms.budget_paid_age}周岁的由财政代缴"


def _of_payment(who: Candidate, terms: PremiumTerms) -> Iterator[WhyNot]:
    year = f"{terms.premium_year}年度"
    for paid in who.paid:
        yield WhyNot(WhyNotCode.PAID, f"{year}已在{day_words(paid.on)}交（{paid.channel}）", "不用再交")
    if who.ordered is not None:
        by = who.ordered.by or "有人"
        if who.ordered.confirmed:
            yield WhyNot(WhyNotCode.PAID_BY_ACCOUNT, f"{year}{by}已经用医保账户交了", "不用再交")
        else:
            yield WhyNot(WhyNotCode.IN_ORDER, f"{year}{by}正在交，还没有最后办完", "请不要再交，过几天再看结果")
    if who.claimed is not None:
        found = f"{year}{who.claimed.by or '有人'}已经凭税票申请返还"
        yield WhyNot(WhyNotCode.CLAIMED, found, "不用再交，也不用再申请")


def _pay_first(who: Candidate, terms: PremiumTerms, on: date) -> WhyNot:
    """Return that it is paid in cash first; whoever has done so, or is too late to, is not asked to do it."""
    remedy = "凭税票到这里申请返还"
    if not who.paid:
        remedy = (
            f"缴费期里缴过的，{remedy}"
            if on > terms.last_on
            else f"先用手机税务或到窗口缴 {grouped(terms.amount_fen)} 元，再{remedy}"
        )
    return WhyNot(WhyNotCode.PAY_FIRST, f"{who.region_name}不能直接从账户扣", remedy)


def no_money(
    amount_fen: int,
    available_fen: int | None,
    why_stopped: str = "",
    reserve_fen: int = 0,
    *,
    claimed: bool = False,
    is_first: bool = True,
) -> WhyNot:
    """Return that accounts do not hold a premium (fen): part account, part cash is not done (TV-11).

    `available_fen` is None where it may not be told; of it `reserve_fen` were left out, which stay in the account.
    `claimed`: it was paid in cash, and can be claimed later; not `is_first`: others are paid from it before.
    """
    there = "能用的钱加起来不够" if available_fen is None else f"能用的只有 {grouped(available_fen)} 元"
    there = "没有能用的钱" if available_fen == 0 else there
    there += f"（个人账户里要留 {grouped(reserve_fen)} 元）" if reserve_fen else ""
    before = "" if is_first else "前面的人交了以后，"
    found = why_stopped or f"要交 {grouped(amount_fen)} 元，{before}{there}"
    remedy = "账户的钱够了再来申请" if claimed else "不能一部分用账户、一部分用现金；请用别的办法全部缴"
    return WhyNot(WhyNotCode.NO_MONEY, found, remedy)


def changed(found: str) -> WhyNot:
    """Return that things are not any more as they were shown; nothing was done, and it may be tried again."""
    return WhyNot(WhyNotCode.CHANGED, found, "钱没有动。请看一看现在的情况，再试一次")


def undo_for(terms: PremiumTerms) -> timedelta:
    """Return how long an order may be undone after it was debited."""
    return timedelta(minutes=terms.undo_minutes or UNDO_MINUTES)


def answer_within(terms: PremiumTerms | None) -> timedelta:
    """Return how long the tax office has to answer a file before its orders are looked into, also without rules."""
    return timedelta(days=(terms.answer_days if terms else None) or ANSWER_DAYS)


def refundable_until(terms: PremiumTerms) -> date:
    """Return the last day on which a refund may be asked for: the one before the benefits begin, unless the region says."""
    return terms.refund_last_on or date(terms.premium_year - 1, 12, 31)


class PremiumError(AccountsError):
    """代缴办不成：nothing was written; `message` says why, to people."""


class PremiumRefusedError(PremiumError):
    """The premium may not be paid from an account; `reasons` holds every one that stands in the way."""

    def __init__(self, reasons: tuple[WhyNot, ...]) -> None:
        super().__init__("；".join(f"{reason.why}：{reason.found}" for reason in reasons))
        self.reasons = reasons


class OrderStateError(PremiumError):
    """The order is not, or no longer, where this can be done to it. `message` says where it is."""
