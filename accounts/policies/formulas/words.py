"""Every amount in plain Chinese: the formula in words, its numbers, and what was not credited.

The amounts in the words come from the formulas themselves, never from a second calculation.
"""

from dataclasses import dataclass, replace

from accounts.codes import Capacity
from accounts.policies.formulas.credit import (
    PARTS,
    YEAR_PARTS,
    TermsOf,
    month_parts,
    monthly_credit,
    span_parts,
    year_credit,
)
from accounts.policies.formulas.facts import InterestFacts, MonthFacts, Span
from accounts.policies.formulas.interest import YEARLY_BP, interest, interest_parts
from accounts.policies.formulas.origins import UNSAID, Origin, OriginOf, unsaid
from accounts.policies.formulas.products import ROUNDED, Inputs, month_product, span_product
from accounts.policies.terms import CreditTerms, InterestTerms, percent
from accounts.policies.terms.credit import SHARE_NONE, YEARLY
from yibao.lib.fen import grouped, yuan


@dataclass(frozen=True, slots=True)
class Explanation:
    """How an amount came about: words for people, inputs (yuan as text, rates as "2%") for programs.

    `assumed` names the inputs that no document gives.
    """

    words: str
    inputs: Inputs
    assumed: frozenset[str] = frozenset()


def formula_words(facts: MonthFacts, terms: CreditTerms, origin: Origin) -> str:
    """Return the sum of a month's credit, or of a whole year's where the region credits it at once.

    Raises CannotCreditError.
    """
    if terms.accrual == YEARLY:
        return _year_formula((Span(facts, 12, ""),), {"": terms}, lambda version: origin).words
    lead, product, _, _ = month_product(facts, terms, origin)
    return lead + _month_equation(product, facts, terms)


def explain_month(facts: MonthFacts, terms: CreditTerms, settled: str = "", *, origin: Origin = UNSAID) -> Explanation:
    """Explain `monthly_credit`; `settled` says where it went, if not into the account. Raises CannotCreditError."""
    credit = monthly_credit(facts, terms)
    lead, product, inputs, keys = month_product(facts, terms, origin)
    sentence = _month_equation(product, facts, terms)
    by = "按月" if facts.capacity == Capacity.RETIREE else "收到缴费后按月"
    went = f"{settled}。" if settled else f"{by}记入{_account(terms)}。"
    words = [lead, sentence, went, _elsewhere((facts,), terms)]
    assumed = _assumed(keys, origin)
    if facts.capacity != Capacity.RETIREE and terms.owed_only_fen:
        words.append(
            f"另缴{terms.owed_only_name} {grouped(terms.owed_only_fen)} 元{origin.mark('owed_only')}，不记入个人账户；"
            f"本月个人一共缴 {grouped(credit.owed_fen)} 元。"
        )
        inputs = inputs | {"owed": yuan(credit.owed_fen)}
    return Explanation("".join(words), inputs, assumed)


def explain_year(
    spans: tuple[Span, ...], terms_of: TermsOf, settled: str = "", *, origin_of: OriginOf = unsaid
) -> Explanation:
    """Explain `year_credit`; `settled` says where it went, if not into the account. Raises as `year_credit` does."""
    formula = _year_formula(spans, terms_of, origin_of)
    if not spans:
        return formula
    find = terms_of if callable(terms_of) else terms_of.__getitem__
    terms = find(spans[-1].version)
    months = sum(span.months for span in spans)
    if settled:
        when = f"{settled}。"
    elif months == 12:
        when = f"按规定在{terms.year_start_month}月1日一次记入{_account(terms)}。"
    else:
        when = f"按规定一次记入{_account(terms)}，共{months}个月。"
    elsewhere = _elsewhere(tuple(span.facts for span in spans), terms)
    return replace(formula, words=formula.words + when + elsewhere)


def explain_trueup(
    spans: tuple[Span, ...],
    credited_fen: int,
    terms_of: TermsOf,
    settled: str = "",
    *,
    origin_of: OriginOf = unsaid,
) -> Explanation:
    """Explain the difference between what the year is worth and what was already credited (fen) for it."""
    formula = _year_formula(spans, terms_of, origin_of)
    difference = year_credit(spans, terms_of).amount_fen - credited_fen
    if difference > 0:
        end = f"补记 {grouped(difference)} 元。" + (f"{settled}。" if settled else "")
    elif difference < 0:
        end = f"多记了 {grouped(-difference)} 元，{settled or '从账户收回'}。"
    else:
        end = "不用补，也不用收回。"
    words = f"按实际情况全年应记：{formula.words}已经记入 {grouped(credited_fen)} 元，{end}"
    return replace(formula, words=words, inputs=formula.inputs | {"credited": yuan(credited_fen)})


def explain_interest(facts: InterestFacts, terms: InterestTerms) -> Explanation:
    """Explain `interest`. Raises CannotCreditError as it does."""
    credit = interest(facts, terms)
    current, carried = facts.current_product_fen, facts.carried_product_fen
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
        sentence = "当年账户的透支超过历年结余，没有利息。"
    else:
        sentence = _equation(product, credit.amount_fen, interest_parts(facts, terms) % YEARLY_BP, YEARLY_BP)
    if facts.corrected_product_fen:
        sentence += f"其中后来更正的钱按本该记入的月份算，占 {grouped(facts.corrected_product_fen)} 元。"
    if facts.credited_before is not None:
        inputs |= {"credited": yuan(facts.credited_before)}
        return Explanation(
            sentence + _settled_words(credit.amount_fen - facts.credited_before, facts.credited_before), inputs
        )
    return Explanation(sentence + ("年度末记入历年结余。" if credit.amount_fen else ""), inputs)


def _settled_words(difference_fen: int, credited_fen: int) -> str:
    """Say what a correction of interest comes to, after what was credited before."""
    end = f"补记 {grouped(difference_fen)} 元" if difference_fen > 0 else f"多记了 {grouped(-difference_fen)} 元，收回"
    return f"已经记入利息 {grouped(credited_fen)} 元，{end}。"


def _year_formula(spans: tuple[Span, ...], terms_of: TermsOf, origin_of: OriginOf) -> Explanation:
    """Return the sum of a year. Where it has several stretches, or not all months, each names its months.

    Under several rules each stretch names its rule and the documents of its numbers besides.
    """
    amount = year_credit(spans, terms_of).amount_fen
    if not spans:
        return Explanation("这一年没有应记的月份。", {"months": 0})
    find = terms_of if callable(terms_of) else terms_of.__getitem__
    named = all(span.since for span in spans) and (len(spans) > 1 or spans[0].months < 12)
    several_rules = len({span.version for span in spans}) > 1
    leads, products, parts = "", [], 0
    inputs: Inputs = {}
    assumed: set[str] = set()
    for number, span in enumerate(spans, start=1):
        terms, origin = find(span.version), origin_of(span.version)
        lead, product, span_inputs, keys = span_product(span, terms, origin)
        rule = origin.words(keys.values()) if several_rules else ""
        if named:
            product = f"{_months_words(span)}：{lead}{product}"
        else:
            leads += lead
        products.append(f"{product}（{rule}）" if rule else product)
        parts += span_parts(span, terms)
        ending = "" if number == 1 else f"_{number}"
        inputs |= {key + ending: value for key, value in span_inputs.items()}
        assumed |= {key + ending for key in _assumed(keys, origin)}
    remainder = parts % YEAR_PARTS
    if named and len(spans) > 1:
        words = "；".join(products) + f"。合计 = {grouped(amount)} 元{ROUNDED if remainder else ''}。"
    else:
        words = leads + _equation(" + ".join(products), amount, remainder, YEAR_PARTS)
    return Explanation(words, inputs, frozenset(assumed))


def _months_words(span: Span) -> str:
    """Return the months of a span: 1–6月, 7月, or 11–次年2月 in a year that begins in July."""
    last = span.since + span.months - 1
    if span.months == 1:
        return f"{span.since}月"
    return f"{span.since}–{last}月" if last <= 12 else f"{span.since}月–次年{last - 12}月"


def _assumed(keys: dict[str, str], origin: Origin) -> frozenset[str]:
    return frozenset(name for name, key in keys.items() if key in origin.assumed)


def _month_equation(product: str, facts: MonthFacts, terms: CreditTerms) -> str:
    return _equation(product, monthly_credit(facts, terms).amount_fen, month_parts(facts, terms) % PARTS, PARTS)


def _equation(product: str, amount_fen: int, remainder: int, denominator: int) -> str:
    if f"{grouped(amount_fen)} 元" in product and not any(sign in product for sign in "×÷+−"):
        return f"{product}。"  # a fixed sum needs no "="
    return f"{product} = {grouped(amount_fen)} 元{ROUNDED if remainder % denominator else ''}。"


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


__all__ = ["Explanation", "explain_interest", "explain_month", "explain_trueup", "explain_year", "formula_words"]
