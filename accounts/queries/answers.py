"""The four questions people really ask (seed S2), answered from the person's own data.

是不是不划钱了 · 怎么不进账了 · 怎么查每个月进账 · 怎么变少了. The same answers stand on the account page, beside an
empty month, above the entries and on the yearly page; the help has them for everybody.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from accounts.codes import ACCOUNT_POTS, Capacity, EnrolmentStatus, PotKind, VoucherKind
from accounts.models import Transfer
from accounts.policies import formulas
from accounts.policies.status import status_in
from accounts.policies.terms import percent
from accounts.policies.terms.credit import RETIREE_MODES, SHARE_NONE, SHARES
from accounts.policies.terms.sharing import NORMAL, POOL
from accounts.policies.terms.spending import SHARED
from accounts.queries.account import Account
from accounts.queries.calendar import Expected, credit_day_of, usual_time
from accounts.queries.changes import employer_part_ended_on
from accounts.queries.comparison import Comparison
from accounts.queries.years import Year, change_words
from yibao.lib.days import day_words, month_words, short_day_words
from yibao.lib.fen import grouped
from yibao.lib.months import Month
from yibao.lib.periods import Period

STOPPED, NOT_ARRIVING, MONTH_BY_MONTH, LESS = "stopped", "not-arriving", "month-by-month", "less"
QUESTIONS = {
    STOPPED: "是不是不划钱了？",
    NOT_ARRIVING: "怎么不进账了？",
    MONTH_BY_MONTH: "怎么查每个月进账？",
    LESS: "怎么变少了？",
}
LOOKED_BACK = 2  # years whose change is told: the running one and the last that is over


@dataclass(frozen=True, slots=True)
class Answer:
    """One of the four questions, and what this person's own data say to it."""

    name: str
    lines: tuple[str, ...]

    @property
    def question(self) -> str:
        return QUESTIONS[self.name]


@dataclass(frozen=True, slots=True)
class Credits:
    """The last credit of an account (its day and the fen of the whole credit), and the next one expected."""

    latest: Transfer | None
    upcoming: Expected | None
    comparison: Comparison | None

    @property
    def latest_fen(self) -> int:
        if self.comparison is not None:
            return self.comparison.now_fen
        return self.latest.amount_fen if self.latest is not None else 0


@dataclass(frozen=True, slots=True)
class Facts:
    """What the answers are made of: the account, its credits, its years, and who besides the owner used it, by name."""

    account: Account
    credits: Credits
    years: Sequence[Year]
    names: Mapping[int, str]


def answers(facts: Facts) -> list[Answer]:
    """Return all four answers, in the order of QUESTIONS. Asks the database nothing."""
    return [answer(name, facts) for name in QUESTIONS]


def answer(name: str, facts: Facts) -> Answer:
    """Return one of the four answers."""
    return Answer(name, tuple(_ANSWERS[name](facts)))


def _stopped(facts: Facts) -> Iterator[str]:
    account, credits = facts.account, facts.credits
    if account.is_normal:
        yield "没有停，还在记入。" + _latest_words(credits)
        yield from _share_words(account)
    else:
        yield state_words(account) + _latest_words(credits)
    if credits.upcoming is not None:
        yield upcoming_words(credits.upcoming)


def _share_words(account: Account) -> Iterator[str]:
    """Say what of this person's contributions comes into the account: the question behind 是不是不划钱了."""
    terms, capacity = account.credit, account.status.capacity if account.status else None
    if capacity == Capacity.RETIREE:
        yield f"退休人员不用缴费，由统筹基金（大家共用的钱）出：{RETIREE_MODES[terms.retiree_mode]}。"
    elif capacity == Capacity.FLEX:
        share = f"记入缴费基数的{percent(terms.flex_rate_bp)}" if terms.flex_rate_bp else "不记入个人账户"
        yield f"按灵活就业缴费的，{share}，其余部分记入统筹基金（大家共用，不在您的账户里）。"
    elif terms.employer_share_of == SHARE_NONE:
        since = employer_part_ended_on(account.region, account.today)
        when = f"从{day_words(since)}起，" if since else ""
        yield (
            f"{when}单位交的部分全部记入统筹基金（大家共用，不在您的账户里）。"
            f"您个人交的部分照旧记入，是缴费基数的{percent(terms.employee_rate_bp)}。"
        )
    else:
        share = SHARES[terms.employer_share_of]
        yield f"您个人交的部分记入，是缴费基数的{percent(terms.employee_rate_bp)}；单位交的部分{share}。"


def _not_arriving(facts: Facts) -> Iterator[str]:
    account, credits = facts.account, facts.credits
    if not account.is_normal:
        yield state_words(account)
    elif account.is_yearly:
        yield from _year_so_far(facts)
    else:
        yield f"{usual_time(account.credit)}。"
        yield _last_paid_words(account)
    if account.owed_fen:
        yield f"以前多记的钱还有 {grouped(account.owed_fen)} 元没有还清，新记入的钱先还它，所以进账会少一些或没有。"
    if credits.upcoming is not None:
        yield upcoming_words(credits.upcoming)


_ONCE = "这里一年只记一次，不会每个月再记。"


def _year_so_far(facts: Facts) -> Iterator[str]:
    account, latest = facts.account, facts.credits.latest
    is_credited = latest is not None and Period.parse(latest.voucher.period).original == Period(account.year)
    if latest is not None and is_credited:
        on = short_day_words(latest.voucher.occurred_on)
        figures = facts.years[-1].figures if facts.years else None
        if latest.kind == VoucherKind.PRECREDIT and not (figures and figures.taken_fen):
            yield f"今年的钱已在{on}记入，共 {grouped(facts.credits.latest_fen)} 元。{_ONCE}"
        elif figures:  # corrected since: what it comes to is told, not the correction alone
            total = grouped(figures.credited_fen + figures.taken_fen)
            yield f"今年的钱已经记入，后来按实际情况调整过，到现在共 {total} 元。{_ONCE}"
    else:
        yield f"这里{usual_time(account.credit)}。今年的还没有记入。"
    if account.last_paid is not None or not is_credited:
        yield _last_paid_words(account)


def month_by_month(account: Account) -> Answer:
    """Return the answer to 怎么查每个月进账, which needs the account alone."""
    return Answer(MONTH_BY_MONTH, tuple(_month_by_month(account)))


def _month_by_month(account: Account) -> Iterator[str]:
    yield f"这里{usual_time(account.credit)}。"
    if account.is_yearly:
        yield "每一笔记入和使用都在明细里，按月排好。点开一笔，能看到是怎么算出来的。"
    else:
        yield "打开明细，每个月一段，第一行就是这个月记入了多少。点开一笔，能看到是怎么算出来的。"


def _less(facts: Facts) -> Iterator[str]:
    if not facts.years:
        yield "账户里还没有记入过钱，也没有用过。"
        return
    for year in facts.years[: -LOOKED_BACK - 1 : -1]:
        yield change_words(year, facts.names)
    compared = facts.credits.comparison
    if compared is not None and compared.difference_fen:
        when = day_words(compared.earlier.voucher.occurred_on)
        more = "多" if compared.difference_fen > 0 else "少"
        yield (
            f"最近一次记入 {grouped(compared.now_fen)} 元，一年前（{when}）同一笔是 {grouped(compared.earlier_fen)} 元，"
            f"{more}了 {grouped(abs(compared.difference_fen))} 元。{parts_words(compared)}"
        )


_ANSWERS = {
    STOPPED: _stopped,
    NOT_ARRIVING: _not_arriving,
    MONTH_BY_MONTH: lambda facts: _month_by_month(facts.account),
    LESS: _less,
}


def parts_words(compared: Comparison) -> str:
    """Return the causes of a difference in a sentence; "" where they cannot be taken apart."""
    parts = [f"{part.words}，{'多' if part.fen > 0 else '少'} {grouped(abs(part.fen))} 元" for part in compared.parts]
    return f"原因：{'；'.join(parts)}。" if parts else ""


def state_words(account: Account) -> str:
    """Say since when somebody is not insured normally, and what becomes of the money."""
    status = account.status
    if status is None:
        return f"您的参保从{day_words(account.history[0].from_on)}开始。" if account.history else "还没有您的参保记录。"
    since = day_words(status.from_on)
    if account.state == EnrolmentStatus.SUSPENDED:
        return f"您从{since}起停保，停保期间没有新的钱记入。以前的钱还在，不会清零。"
    if account.state == EnrolmentStatus.ENDED:
        return f"您在这里的职工医保已在{since}终止，不再有新的钱记入。"
    return ""


def suspension_words(account: Account) -> str:
    """Say who may still use the money while somebody is suspended: themselves, their relatives."""
    own = ""
    if account.spending:
        usable = account.spending.usable_when_suspended
        own = "您自己看病买药还能用。" if usable else "按本地规定，停保期间您自己也不能用。"
    stops = account.sharing is not None and account.sharing.payer_status == NORMAL
    return own + ("停保期间，家人暂时不能用您的钱。" if stops else "")


def upcoming_words(upcoming: Expected) -> str:
    """Return when the next credit comes: 下一次预计在2027年1月1日，按现在的缴费基数估计约 1,070.88 元。"""
    missing = f"{upcoming.missing}。" if upcoming.missing else ""
    note = f"{upcoming.note}，" if upcoming.note else ""
    about = f"，按现在的资料估计约 {grouped(upcoming.about_fen)} 元" if upcoming.about_fen else ""
    return f"{missing}{note}下一次预计在{day_words(upcoming.on)}{about}。"


def _latest_words(credits: Credits) -> str:
    if credits.latest is None:
        return "还没有记入过。"
    return f"最近一次是{day_words(credits.latest.voucher.occurred_on)}，记入 {grouped(credits.latest_fen)} 元。"


def _last_paid_words(account: Account) -> str:
    if account.status is not None and account.status.is_retiree:
        return "退休人员不用缴费，照样记入。"
    paid = account.last_paid
    if paid is None:
        return f"还没有收到您的缴费。{_payer(account)}缴费后，才能算出要记多少。"
    words = f"最近收到的是{month_words(paid.month)}的缴费，{day_words(paid.received_on)}到账。"
    months_since = Month.of(account.today) - Month.of(paid.month)
    if months_since > 1 and not account.is_yearly:
        words += f"之后月份的缴费还没有收到，{_ASK[_payer(account)]}。"
    return words


_ASK = {"单位": "请先问单位", "您自己": "请看扣款账户里钱够不够"}


def _payer(account: Account) -> str:
    return "您自己" if account.status is not None and account.status.flex else "单位"


def why_empty(account: Account, month: Month, credited_on: date | None, paid: bool) -> str:
    """Say why a month has no entries. `credited_on`: when its benefit year was credited, if it was; `paid`: the
    month's contribution has come in."""
    name = f"{month.month}月" if month.year == account.today.year else month_words(month)
    if month.first > account.today:
        return f"{name}还没有到。"
    status = status_in(account.history, month)
    if status is None:
        return f"{name}没有记录。这个月您在这里没有正常参加职工医保，所以没有钱记入。"
    if account.is_yearly:
        return f"{name}没有记录。{_year_words(account, month, credited_on)}"
    if status.is_retiree or paid:
        return f"{name}没有记录。这个月的钱一般在{credit_day_of(account.credit)}日前后记入，还没有记到。"
    return f"{name}没有记录。还没有收到这个月的缴费；收到以后会补记，一分不少。"


def _year_words(account: Account, month: Month, credited_on: date | None) -> str:
    whose = "今年" if formulas.benefit_year(month.first, account.credit) == account.year else "那一年"
    if credited_on is None:
        return f"{whose}的钱还没有记入。"
    return f"{whose}的钱已在{short_day_words(credited_on)}一次记入，不会每个月再记。"


def order_words(account: Account) -> str:
    """Say which money is used first, as the region's terms have it; "" where they are not on file."""
    if account.spending is None:
        return ""
    order = [PotKind(name).label for name in account.spending.order if name in ACCOUNT_POTS]
    if account.credit.has_buckets and len(order) == 2:
        return f"看病买药先用{order[0]}，不够再用{order[1]}。"
    return "看病买药先用您自己的账户，不够再用家人共济的钱。" if SHARED in account.spending.order else ""


def who_may_use(account: Account, kind: PotKind, *, may_share: bool = True) -> str:
    """Say in a bracket who may use a pot, beside every balance. `may_share`: they share, or may begin to."""
    if kind == PotKind.CURRENT:
        return "只能自己用"
    if kind == PotKind.POOL:
        return "共济的家人一起用"
    sharing = account.sharing
    if sharing is None:
        return "只能自己用"
    if sharing.payer_status == NORMAL and not account.is_normal:
        return "现在只能自己用"
    if sharing.model == POOL:
        return f"超过{grouped(sharing.reserve_fen or 0)}元的部分可以转给家人用"
    return "可给家人用" if may_share else "现在只能自己用"
