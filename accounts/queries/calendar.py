"""When the next money comes, about how much, and whether it is late: from the region's rules and what is on file."""

from dataclasses import dataclass
from datetime import date, timedelta

from accounts.codes import CREDIT_KINDS, JobKind, RunState, VoucherKind
from accounts.models import Run, Transfer
from accounts.policies import formulas, registry
from accounts.policies.formulas import CannotCreditError, Span
from accounts.policies.terms import CreditTerms, PremiumTerms
from accounts.policies.terms.credit import CREDIT_DAY, YEARLY
from accounts.queries.account import Account
from accounts.queries.explanations import origin_of
from yibao.lib.days import short_day_words
from yibao.lib.months import Month
from yibao.lib.periods import Period

GRACE = timedelta(days=1)  # a run that works through the night is not late


@dataclass(frozen=True, slots=True)
class Expected:
    """The next credit: the day, what it still depends on, what is missing before.

    `about_fen` is an estimate, where one is possible, and `how` what it is made of.
    """

    on: date
    note: str = ""
    about_fen: int | None = None
    how: str = ""
    missing: str = ""


@dataclass(frozen=True, slots=True)
class PremiumWindow:
    """The time in which residents' premiums are collected, in the regions that share these dates."""

    regions: list[str]
    year: int
    opens_on: date
    last_on: date

    def is_open(self, today: date) -> bool:
        return self.opens_on <= today <= self.last_on


def latest_credit(account: Account) -> Transfer | None:
    """Return the last credit that reached the person's account or paid back a debt, if any (one query)."""
    own = [pot.pk for pot in account.pots.values()]
    rows = Transfer.objects.filter(target__in=own, target_balance_fen__isnull=False, kind__in=CREDIT_KINDS)
    return rows.select_related("voucher").order_by("-id").first()


def next_credit(account: Account, latest: Transfer | None) -> Expected | None:
    """Return when the next credit is expected; None for whoever is not insured normally now."""
    if not account.is_normal:
        return None
    return _next_of_year(account, latest) if account.is_yearly else _next_of_month(account, latest)


def _next_of_year(account: Account, latest: Transfer | None) -> Expected:
    _, next_start = account.year_range
    if latest is not None and Period.parse(latest.voucher.period).original == Period(account.year):
        return Expected(next_start, "", *_estimate(account, next_start))
    # Whoever joined after the year began is found by the next execution, on the first of a month.
    first = Month.of(account.today).next_first
    return Expected(first, "今年的钱还没有记入，最早这一天补记")


def _next_of_month(account: Account, latest: Transfer | None) -> Expected:
    month, day = Month.of(account.today), credit_day_of(account.credit)
    is_credited = (
        latest is not None
        and latest.kind == VoucherKind.ACCRUAL
        and Period.parse(latest.voucher.period) >= Period.of(month)
    )
    is_past = account.today > month.first.replace(day=day)
    if is_credited or is_past:
        month += 1
    on = month.first.replace(day=day)
    condition = "" if _pays_nothing(account) else f"收到{month.month}月的缴费以后"
    missing = _missing(account, month) if is_past and not is_credited else ""
    return Expected(on, condition, *_estimate(account, on), missing)


def _missing(account: Account, month: Month) -> str:
    """Say that the contribution of the month before has not come in; retirees pay none."""
    before = month + -1
    has_come = account.last_paid is not None and Month.of(account.last_paid.month) >= before
    return "" if _pays_nothing(account) or has_come else f"{before.month}月的缴费还没有收到，收到以后另外补记"


def _pays_nothing(account: Account) -> bool:
    return account.status is not None and account.status.is_retiree


def credit_day_of(terms: CreditTerms) -> int:
    """Return the day of the month on which money usually comes."""
    return terms.credit_day or CREDIT_DAY


def _estimate(account: Account, on: date) -> tuple[int | None, str]:
    """Return what the credit would be (fen), with today's base and the rules known for that day, and its sum in words.

    None and "" without a base.
    """
    facts = account.facts_now()
    if facts is None:
        return None, ""
    version = registry.version_on(account.region, CreditTerms, on)
    terms = version.terms
    try:
        if terms.accrual == YEARLY:
            fen = formulas.year_credit((Span(facts, 12, ""),), {"": terms}).amount_fen
        else:
            fen = formulas.monthly_credit(facts, terms).amount_fen
        return fen, formulas.formula_words(facts, terms, origin_of(str(version.id)))
    except CannotCreditError:
        return None, ""


def late_words(account: Account) -> str:
    """Return a sentence when money that should have been credited by now was not yet, else "" (one query)."""
    if not account.is_normal:
        return ""
    period, due_on = _expected_run(account)
    last = Run.objects.filter(kind=JobKind.ACCRUAL, region=account.region).order_by("-period").first()
    if last is None or account.today <= due_on + GRACE:
        return ""
    begun = Period.parse(last.period)
    if begun > period or (begun == period and last.state != RunState.WORKING):
        return ""
    whose = "今年" if period.is_year else f"{period.month.month}月"
    days = (account.today - due_on).days
    return f"{whose}的钱本来在{short_day_words(due_on)}记入，晚了{days}天，还在办。不影响看病买药。"


def _expected_run(account: Account) -> tuple[Period, date]:
    """Return the period of the last run that should be over by today, and the day on which it was due."""
    if account.is_yearly:
        return Period(account.year), account.year_range[0]
    month, day = Month.of(account.today), credit_day_of(account.credit)
    if account.today < month.first.replace(day=day):
        month += -1
    return Period.of(month), month.first.replace(day=day)


def premium_windows(today: date) -> list[PremiumWindow]:
    """Return the collection times that are open now or come next, the one that ends first at the top.

    Regions whose time is over and who have published no new one are left out.
    """
    found: dict[tuple[int, date, date], list[str]] = {}
    for region in registry.region_names():
        coming = [v.terms for v in registry.versions(region, PremiumTerms) if v.terms.last_on >= today]
        if coming:
            terms = min(coming, key=lambda terms: terms.opens_on)
            found.setdefault((terms.premium_year, terms.opens_on, terms.last_on), []).append(
                registry.region_name(region)
            )
    windows = [PremiumWindow(regions, *dates) for dates, regions in found.items()]
    return sorted(windows, key=lambda window: (window.opens_on > today, window.last_on))


def usual_time(terms: CreditTerms) -> str:
    """Return when money comes in a region, in words: 每年1月1日一次记入全年的, or 每个月20日前后."""
    if terms.accrual == YEARLY:
        return f"每年{terms.year_start_month}月1日一次记入全年的，不是每个月记"
    return f"每个月{credit_day_of(terms)}日前后记入，要先收到缴费"
