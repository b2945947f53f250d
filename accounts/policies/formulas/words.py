"""Every amount in plain Chinese: the formula in words, its numbers, and what was not credited.

The amounts in the words come from the formulas themselves, never from a second calculation.
"""

from dataclasses import dataclass

from accounts.codes import Capacity
from accounts.policies.formulas.credit import (
    PARTS,
    YEAR_PARTS,
    TermsOf,
    credited_base,
    month_parts,
    monthly_credit,
    own_pension_rate,
    personal_rate,
    span_parts,
    tier_of,
    year_credit,
)
from accounts.policies.formulas.facts import InterestFacts, MonthFacts, Span
from accounts.policies.formulas.interest import YEARLY_BP, interest, interest_parts
from accounts.policies.terms import AgeTier, CreditTerms, InterestTerms, percent
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
_ROUNDED = "（四舍五入到分）"


@dataclass(frozen=True, slots=True)
class Explanation:
    """How an amount came about: words for people, inputs (yuan as text, rates as "2%") for programs."""

    words: str
    inputs: Inputs


def explain_month(facts: MonthFacts, terms: CreditTerms, settled: str = "") -> Explanation:
    """Explain `monthly_credit`; `settled` says where it went, if not into the account. Raises CannotCreditError."""
    credit = monthly_credit(facts, terms)
    product, inputs = _month_product(facts, terms)
    sentence = _equation(product, credit.amount_fen, month_parts(facts, terms) % PARTS, PARTS)
    by = "按月" if facts.capacity == Capacity.RETIREE else "收到缴费后按月"
    went = f"{settled}。" if settled else f"{by}记入{_account(terms)}。"
    words = [_bounded(facts, terms), sentence, went, _elsewhere((facts,), terms)]
    if facts.capacity != Capacity.RETIREE and terms.owed_only_fen:
        words.append(
            f"另缴{terms.owed_only_name} {grouped(terms.owed_only_fen)} 元，不记入个人账户；"
            f"本月个人一共缴 {grouped(credit.owed_fen)} 元。"
        )
        inputs |= {"owed": yuan(credit.owed_fen)}
    return Explanation("".join(words), inputs)


def explain_year(spans: tuple[Span, ...], terms_of: TermsOf, settled: str = "") -> Explanation:
    """Explain `year_credit`; `settled` says where it went, if not into the account. Raises as `year_credit` does."""
    formula, inputs = _year_formula(spans, terms_of)
    if not spans:
        return Explanation(formula, inputs)
    find = terms_of if callable(terms_of) else terms_of.__getitem__
    terms = find(spans[-1].version)
    months = sum(span.months for span in spans)
    if settled:
        when = f"{settled}。"
    elif months == 12:
        when = f"按规定在{terms.year_start_month}月1日一次记入{_account(terms)}。"
    else:
        when = f"按规定一次记入{_account(terms)}，共{months}个月。"
    return Explanation(formula + when + _elsewhere(tuple(span.facts for span in spans), terms), inputs)


def explain_trueup(spans: tuple[Span, ...], credited_fen: int, terms_of: TermsOf, settled: str = "") -> Explanation:
    """Explain the difference between what the year is worth and what was already credited (fen) for it."""
    formula, inputs = _year_formula(spans, terms_of)
    difference = year_credit(spans, terms_of).amount_fen - credited_fen
    if difference > 0:
        end = f"补记 {grouped(difference)} 元。" + (f"{settled}。" if settled else "")
    elif difference < 0:
        end = f"多记了 {grouped(-difference)} 元，{settled or '从账户收回'}。"
    else:
        end = "不用补，也不用收回。"
    words = f"按实际情况全年应记：{formula}已经记入 {grouped(credited_fen)} 元，{end}"
    return Explanation(words, inputs | {"credited": yuan(credited_fen)})


def explain_interest(facts: InterestFacts, terms: InterestTerms) -> Explanation:
    """Explain `interest`. Raises CannotCreditError as it does."""
    credit = interest(facts, terms)
    current, carried = facts
    inputs: Inputs = {"carried_product": yuan(carried), "carried_rate": percent(terms.carried_rate_bp or 0)}
    product = f"历年结余各月月末余额合计 {grouped(carried)} 元"
    if current > 0:
        rate = percent(terms.current_rate_bp or 0)
        inputs |= {"current_product": yuan(current), "current_rate": rate}
        product = f"当年账户各月月末余额合计 {grouped(current)} 元 × {rate} ÷ 12 + {product}"
    elif current < 0:
        inputs |= {"current_product": yuan(current)}
        product = f"（{product} − 当年账户透支合计 {grouped(-current)} 元）"
    product += f" × {percent(terms.carried_rate_bp or 0)} ÷ 12"
    if credit.amount_fen == 0 and carried + current < 0:
        return Explanation("当年账户的透支超过历年结余，没有利息。", inputs)
    sentence = _equation(product, credit.amount_fen, interest_parts(facts, terms) % YEARLY_BP, YEARLY_BP)
    return Explanation(sentence + "年度末记入历年结余。", inputs)


def _year_formula(spans: tuple[Span, ...], terms_of: TermsOf) -> tuple[str, Inputs]:
    amount = year_credit(spans, terms_of).amount_fen
    if not spans:
        return "这一年没有应记的月份。", {"months": 0}
    find = terms_of if callable(terms_of) else terms_of.__getitem__
    before, products, parts = "", [], 0
    inputs: Inputs = {}
    for number, span in enumerate(spans, start=1):
        terms = find(span.version)
        lead, product, span_inputs = _span_product(span, terms)
        before += lead
        products.append(product)
        parts += span_parts(span, terms)
        ending = "" if number == 1 else f"_{number}"
        inputs |= {key + ending: value for key, value in span_inputs.items()}
    return before + _equation(" + ".join(products), amount, parts % YEAR_PARTS, YEAR_PARTS), inputs


def _span_product(span: Span, terms: CreditTerms) -> tuple[str, str, Inputs]:
    """Return what has to be said first, the product with its months, and the numbers."""
    facts, months = span.facts, span.months
    if facts.capacity == Capacity.RETIREE and terms.retiree_mode == FIXED_YEARLY:
        quota = tier_of(terms.retiree_amounts, facts.age)
        product = f"退休人员{_tier_words(terms.retiree_amounts, quota)}每年定额 {grouped(quota.value)} 元"
        share = "" if months == 12 else f" ÷ 12 × {months}个月"
        return "", product + share, {"quota": yuan(quota.value), "months": months}
    product, inputs = _month_product(facts, terms)
    lead = _bounded(facts, terms)
    exact = month_parts(facts, terms)
    if terms.rounding == ROUND_MONTH and exact % PARTS:
        month = half_up(exact, PARTS)
        lead += f"{product} = 每月 {grouped(month)} 元{_ROUNDED}。"
        product = f"{grouped(month)} 元"
    return lead, f"{product} × {months}个月", inputs | {"months": months}


def _month_product(facts: MonthFacts, terms: CreditTerms) -> tuple[str, Inputs]:
    return _retiree_product(facts, terms) if facts.capacity == Capacity.RETIREE else _contributor_product(facts, terms)


def _contributor_product(facts: MonthFacts, terms: CreditTerms) -> tuple[str, Inputs]:
    base = credited_base(facts, terms)
    rate = percent(personal_rate(facts, terms))
    inputs: Inputs = {"base": yuan(base), "rate": rate}
    if facts.base_fen is not None and facts.base_fen != base:
        inputs["declared_base"] = yuan(facts.base_fen)
    name = "灵活就业缴费基数" if facts.base_fen is None else "缴费基数"
    if facts.capacity != Capacity.EMPLOYEE or terms.employer_share_of == SHARE_NONE:
        return f"{name} {grouped(base)} 元 × {rate}", inputs
    share = percent(tier_of(terms.employer_share, facts.age).value)
    inputs["employer_share"] = share
    if terms.employer_share_of != SHARE_OF_BASE:
        paid = percent(terms.employer_rate_bp or 0)
        inputs["employer_rate"] = paid
        share = f"{paid} × {share}"
    return f"{name} {grouped(base)} 元 ×（个人 {rate} + 单位 {share}）", inputs


def _retiree_product(facts: MonthFacts, terms: CreditTerms) -> tuple[str, Inputs]:
    mode = terms.retiree_mode
    if mode == FIXED_MONTHLY:
        quota = tier_of(terms.retiree_amounts, facts.age)
        words = f"退休人员{_tier_words(terms.retiree_amounts, quota)}每月定额 {grouped(quota.value)} 元"
        return words, {"quota": yuan(quota.value)}
    if mode == PCT_AVERAGE_PENSION:
        rate = percent(tier_of(terms.retiree_rates, facts.age).value)
        average = terms.retiree_average_pension_fen or 0
        words = f"改革当年基本养老金平均水平 {grouped(average)} 元 × {rate}"
        return words, {"average_pension": yuan(average), "rate": rate}
    rate, pension = percent(own_pension_rate(facts, terms)), facts.pension_fen or 0
    which = "没有上年度数，本年度" if facts.pension_is_current else "上年度"
    return f"{which}月平均养老金 {grouped(pension)} 元 × {rate}", {"pension": yuan(pension), "rate": rate}


def _tier_words(tiers: tuple[AgeTier, ...] | None, tier: AgeTier) -> str:
    if not tiers or len(tiers) == 1:
        return ""
    following = [other.from_age for other in tiers if other.from_age > tier.from_age]
    return f"（{tier.from_age}周岁起）" if tier.from_age else f"（不满{min(following)}周岁）"


def _equation(product: str, amount_fen: int, remainder: int, denominator: int) -> str:
    if f"{grouped(amount_fen)} 元" in product and not any(sign in product for sign in "×÷+−"):
        return f"{product}。"  # a fixed sum needs no "="
    return f"{product} = {grouped(amount_fen)} 元{_ROUNDED if remainder % denominator else ''}。"


def _bounded(facts: MonthFacts, terms: CreditTerms) -> str:
    if facts.capacity == Capacity.RETIREE or facts.base_fen is None:
        return ""
    base = credited_base(facts, terms)
    if base == facts.base_fen:
        return ""
    side = "低于下限，按下限" if base > facts.base_fen else "高于上限，按上限"
    return f"申报的缴费基数 {grouped(facts.base_fen)} 元{side} {grouped(base)} 元算。"


def _account(terms: CreditTerms) -> str:
    return "当年账户" if terms.has_buckets else "个人账户"


def _elsewhere(months: tuple[MonthFacts, ...], terms: CreditTerms) -> str:
    """Say where the rest of the contribution went: the question every citizen asks first."""
    capacities = {facts.capacity for facts in months}
    if Capacity.EMPLOYEE in capacities:
        part = "部分" if terms.employer_share_of == SHARE_NONE else "其余部分"
        return f"单位交的{part}记入统筹基金，不在这里。"
    if Capacity.FLEX in capacities:
        return "您交的其余部分记入统筹基金，不在这里。"
    return "这笔钱由统筹基金出。"


__all__ = ["Explanation", "explain_interest", "explain_month", "explain_trueup", "explain_year"]
