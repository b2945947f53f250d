"""The left side of an amount: what is multiplied with what, in words, each assumed number marked where it stands."""

from typing import NamedTuple

from accounts.codes import Capacity
from accounts.policies.formulas.credit import (
    PARTS,
    credited_base,
    month_parts,
    own_pension_rate,
    personal_rate,
    tier_of,
)
from accounts.policies.formulas.facts import MonthFacts, Span
from accounts.policies.formulas.origins import Origin
from accounts.policies.terms import AgeTier, CreditTerms, percent
from accounts.policies.terms.credit import (
    FIXED_MONTHLY,
    FIXED_YEARLY,
    PCT_AVERAGE_PENSION,
    ROUND_MONTH,
    SHARE_NONE,
    SHARE_OF_BASE,
)
from yibao.lib.fen import grouped, half_up, yuan

Inputs = dict[str, str | int]
ROUNDED = "（四舍五入到分）"


class Product(NamedTuple):
    """What has to be said first, the product, its numbers, and the key of the terms that each number comes from."""

    lead: str
    words: str
    inputs: Inputs
    keys: dict[str, str]


def month_product(facts: MonthFacts, terms: CreditTerms, origin: Origin) -> Product:
    """Return what a month is worth as a product."""
    of = _retiree if facts.capacity == Capacity.RETIREE else _contributor
    return of(facts, terms, origin)


def span_product(span: Span, terms: CreditTerms, origin: Origin) -> Product:
    """Return what a span is worth as a product with its months."""
    facts, months = span.facts, span.months
    if facts.capacity == Capacity.RETIREE and terms.retiree_mode == FIXED_YEARLY:
        quota = tier_of(terms.retiree_amounts, facts.age)
        words = f"退休人员{_tier_words(terms.retiree_amounts, quota)}每年定额 {grouped(quota.value)} 元"
        share = "" if months == 12 else f" ÷ 12 × {months}个月"
        inputs: Inputs = {"quota": yuan(quota.value), "months": months}
        return Product("", words + origin.mark("retiree_amounts") + share, inputs, {"quota": "retiree_amounts"})
    lead, words, inputs, keys = month_product(facts, terms, origin)
    exact = month_parts(facts, terms)
    if terms.rounding == ROUND_MONTH and exact % PARTS:
        month = half_up(exact, PARTS)
        lead += f"{words} = 每月 {grouped(month)} 元{ROUNDED}。"
        words = f"{grouped(month)} 元"
    return Product(lead, f"{words} × {months}个月", inputs | {"months": months}, keys)


def _contributor(facts: MonthFacts, terms: CreditTerms, origin: Origin) -> Product:
    base, is_employee = credited_base(facts, terms), facts.capacity == Capacity.EMPLOYEE
    rate = percent(personal_rate(facts, terms))
    inputs: Inputs = {"base": yuan(base), "rate": rate}
    keys = {"rate": "employee_rate" if is_employee else "flex_rate"}
    if facts.base_fen is None:
        keys["base"] = "flex_base"
    elif facts.base_fen != base:
        inputs["declared_base"] = yuan(facts.base_fen)
        keys["base"] = "base_floor" if base > facts.base_fen else "base_ceiling"
    name = "灵活就业缴费基数" if facts.base_fen is None else "缴费基数"
    marked_base = f"{name} {grouped(base)} 元{origin.mark(keys.get('base', ''))}"
    marked_rate = rate + origin.mark(keys["rate"])
    lead = _bounded(facts, base)
    if not is_employee or terms.employer_share_of == SHARE_NONE:
        return Product(lead, f"{marked_base} × {marked_rate}", inputs, keys)
    share = inputs["employer_share"] = percent(tier_of(terms.employer_share, facts.age).value)
    keys["employer_share"] = "employer_share"
    marked_share = f"{share}{origin.mark('employer_share')}"
    if terms.employer_share_of != SHARE_OF_BASE:
        paid = inputs["employer_rate"] = percent(terms.employer_rate_bp or 0)
        keys["employer_rate"] = "employer_rate"
        marked_share = f"{paid}{origin.mark('employer_rate')} × {marked_share}"
    return Product(lead, f"{marked_base} ×（个人 {marked_rate} + 单位 {marked_share}）", inputs, keys)


def _retiree(facts: MonthFacts, terms: CreditTerms, origin: Origin) -> Product:
    mode = terms.retiree_mode
    if mode == FIXED_MONTHLY:
        quota = tier_of(terms.retiree_amounts, facts.age)
        words = f"退休人员{_tier_words(terms.retiree_amounts, quota)}每月定额 {grouped(quota.value)} 元"
        marked = words + origin.mark("retiree_amounts")
        return Product("", marked, {"quota": yuan(quota.value)}, {"quota": "retiree_amounts"})
    if mode == PCT_AVERAGE_PENSION:
        rate = percent(tier_of(terms.retiree_rates, facts.age).value)
        average = terms.retiree_average_pension_fen or 0
        words = f"改革当年基本养老金平均水平 {grouped(average)} 元{origin.mark('retiree_average_pension')}"
        keys = {"average_pension": "retiree_average_pension", "rate": "retiree_rates"}
        inputs: Inputs = {"average_pension": yuan(average), "rate": rate}
        return Product("", f"{words} × {rate}{origin.mark('retiree_rates')}", inputs, keys)
    key = "retiree_fallback_rate" if facts.pension_is_current else "retiree_rates"
    rate, pension = percent(own_pension_rate(facts, terms)), facts.pension_fen or 0
    which = "没有上年度数，本年度" if facts.pension_is_current else "上年度"
    words = f"{which}月平均养老金 {grouped(pension)} 元 × {rate}{origin.mark(key)}"
    return Product("", words, {"pension": yuan(pension), "rate": rate}, {"rate": key})


def _tier_words(tiers: tuple[AgeTier, ...] | None, tier: AgeTier) -> str:
    if not tiers or len(tiers) == 1:
        return ""
    following = [other.from_age for other in tiers if other.from_age > tier.from_age]
    return f"（{tier.from_age}周岁起）" if tier.from_age else f"（不满{min(following)}周岁）"


def _bounded(facts: MonthFacts, base: int) -> str:
    if facts.base_fen is None or base == facts.base_fen:
        return ""
    side = "低于下限，按下限" if base > facts.base_fen else "高于上限，按上限"
    return f"申报的缴费基数 {grouped(facts.base_fen)} 元{side} {grouped(base)} 元算。"
