"""How much is credited for a month, and for a benefit year that is credited in advance. Whole numbers throughout.

Amounts are summed exactly and rounded once, half up: for each month, or for the whole year, as the region says.
"""

from collections.abc import Callable, Mapping

from accounts.codes import Capacity
from accounts.policies.formulas.facts import CannotCreditError, Credit, MonthFacts, Span
from accounts.policies.terms import AgeTier, CreditTerms
from accounts.policies.terms.credit import (
    FIXED_MONTHLY,
    FIXED_YEARLY,
    PCT_AVERAGE_PENSION,
    ROUND_MONTH,
    SHARE_NONE,
    SHARE_OF_BASE,
)
from yibao.lib.fen import half_up

# Exact amounts are counted in parts of a fen: two rates in bp may be multiplied, and a year divided by twelve.
WHOLE = 10_000
PARTS = WHOLE * WHOLE
YEAR_PARTS = PARTS * 12

TermsOf = Callable[[str], CreditTerms] | Mapping[str, CreditTerms]


def monthly_credit(facts: MonthFacts, terms: CreditTerms) -> Credit:
    """Return what one month is worth. Pure and cheap: a run calls it for everybody.

    Raises CannotCreditError without a base or pension, and for retirees with a yearly quota: that is only worked out
    for a year (`year_credit`).
    """
    if facts.capacity == Capacity.RETIREE:
        return Credit(half_up(retiree_parts(facts, terms), PARTS))
    base = credited_base(facts, terms)
    own = half_up(base * personal_rate(facts, terms), WHOLE)
    owed = own + (terms.owed_only_fen or 0)
    if terms.employer_share_of == SHARE_NONE:
        return Credit(own, owed)
    return Credit(half_up(contributor_parts(facts, terms), PARTS), owed)


def year_credit(spans: tuple[Span, ...], terms_of: TermsOf) -> Credit:
    """Return what a benefit year is worth: each span's months under its own version; no spans are worth nothing.

    A joiner in month m has 13−m months, a change of base makes two spans, a retirement adds a retiree's span whose
    yearly quota counts pro rata (months/12). Raises CannotCreditError, and ValueError for more than twelve months.
    """
    find = terms_of if callable(terms_of) else terms_of.__getitem__
    parts = owed_parts = owed_only = total_months = 0
    for span in spans:
        facts, months, version, _ = span
        terms = find(version)
        total_months += months
        if months < 1 or total_months > 12:
            raise ValueError("a benefit year has one to twelve months")
        if facts.capacity == Capacity.RETIREE:
            parts += span_parts(span, terms)
            continue
        own = credited_base(facts, terms) * personal_rate(facts, terms) * WHOLE
        if terms.rounding == ROUND_MONTH:
            own = half_up(own, PARTS) * PARTS
        owed_parts += own * 12 * months
        owed_only += (terms.owed_only_fen or 0) * months
        parts += own * 12 * months if terms.employer_share_of == SHARE_NONE else span_parts(span, terms)
    amount_fen = half_up(parts, YEAR_PARTS)
    owed_fen = amount_fen if owed_parts == parts else half_up(owed_parts, YEAR_PARTS)
    return Credit(amount_fen, owed_fen + owed_only)


def span_parts(span: Span, terms: CreditTerms) -> int:
    """Return what a span is worth in 1/YEAR_PARTS fen, each month rounded first where the region rounds months."""
    facts = span.facts
    if facts.capacity == Capacity.RETIREE and terms.retiree_mode == FIXED_YEARLY:
        return tier_of(terms.retiree_amounts, facts.age).value * PARTS * span.months
    month = month_parts(facts, terms)
    if terms.rounding == ROUND_MONTH:
        month = half_up(month, PARTS) * PARTS
    return month * 12 * span.months


def month_parts(facts: MonthFacts, terms: CreditTerms) -> int:
    """Return what a month is worth exactly, in 1/PARTS fen. Raises CannotCreditError."""
    return retiree_parts(facts, terms) if facts.capacity == Capacity.RETIREE else contributor_parts(facts, terms)


def contributor_parts(facts: MonthFacts, terms: CreditTerms) -> int:
    base = credited_base(facts, terms)
    parts = base * personal_rate(facts, terms) * WHOLE
    if facts.capacity == Capacity.EMPLOYEE and terms.employer_share_of != SHARE_NONE:
        share = tier_of(terms.employer_share, facts.age).value
        # A share of the base itself, or of what the employer pays on that base (TV-13: 7% × 30%).
        paid = WHOLE if terms.employer_share_of == SHARE_OF_BASE else terms.employer_rate_bp or 0
        parts += base * paid * share
    return parts


def retiree_parts(facts: MonthFacts, terms: CreditTerms) -> int:
    mode = terms.retiree_mode
    if mode == FIXED_MONTHLY:
        return tier_of(terms.retiree_amounts, facts.age).value * PARTS
    if mode == PCT_AVERAGE_PENSION:
        average = terms.retiree_average_pension_fen or 0
        return average * tier_of(terms.retiree_rates, facts.age).value * WHOLE
    if mode == FIXED_YEARLY:
        raise CannotCreditError("yearly_quota", "退休人员按年度定额记入，不按月计算")
    if facts.pension_fen is None:
        raise CannotCreditError("no_pension", "没有月平均养老金，算不出退休人员的划入金额")
    return facts.pension_fen * own_pension_rate(facts, terms) * WHOLE


def own_pension_rate(facts: MonthFacts, terms: CreditTerms) -> int:
    """Return the rate (bp) on a retiree's own pension; another one holds when only this year's pension is known."""
    if not facts.pension_is_current:
        return tier_of(terms.retiree_rates, facts.age).value
    if terms.retiree_fallback_rate_bp is None:
        raise CannotCreditError("no_pension", "没有上年度月平均养老金，本地也没有规定按本年度计算")
    return terms.retiree_fallback_rate_bp


def personal_rate(facts: MonthFacts, terms: CreditTerms) -> int:
    if facts.capacity == Capacity.EMPLOYEE:
        return terms.employee_rate_bp
    if facts.capacity == Capacity.FLEX:
        return terms.flex_rate_bp
    raise ValueError(f"unknown capacity {facts.capacity!r}")


def credited_base(facts: MonthFacts, terms: CreditTerms) -> int:
    """Return the base (fen) that counts: the declared one, moved to the floor or ceiling if it lies outside.

    Flexible workers who declared none have the base their region sets. Raises CannotCreditError without any.
    """
    base = facts.base_fen
    if base is None and facts.capacity == Capacity.FLEX:
        base = terms.flex_base_fen
    if base is None:
        raise CannotCreditError("no_base", "没有缴费基数，算不出划入金额")
    if base < 0:
        raise ValueError("a base is not negative")
    if terms.base_floor_fen is not None and base < terms.base_floor_fen:
        return terms.base_floor_fen
    if terms.base_ceiling_fen is not None and base > terms.base_ceiling_fen:
        return terms.base_ceiling_fen
    return base


def tier_of(tiers: tuple[AgeTier, ...] | None, age: int) -> AgeTier:
    """Return the tier an age lies in: the last one that starts at or below it. Terms begin at age 0."""
    found = None
    for tier in tiers or ():
        if tier.from_age > age:
            break
        found = tier
    if found is None:
        raise ValueError("terms without a tier for this age")
    return found
