"""Why a credit differs from the same one a year before: base, months, rules, each with its part of the difference.

The parts are worked out by the formula itself, changing one thing after the other, so they add up to the fen.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from accounts.codes import Capacity, VoucherKind
from accounts.models import Transfer
from accounts.policies import formulas, registry
from accounts.policies.formulas import CannotCreditError, MonthFacts, Span, YearFacts
from accounts.policies.registry import Published
from accounts.policies.terms import CreditTerms
from accounts.policies.terms.credit import MONTHLY
from accounts.queries.account import Account
from accounts.queries.changes import Change, changes
from accounts.queries.explanations import why
from yibao.lib.days import day_words
from yibao.lib.fen import grouped, parse_yuan
from yibao.lib.periods import Period

_NUMBERED = re.compile(r"(.+?)(?:_(\d+))?")

_AMOUNT = re.compile(r"\d+\.\d{2}", re.ASCII)

Year = list[Span]  # month by month

COMPARED = (VoucherKind.ACCRUAL, VoucherKind.PRECREDIT)

LABELS = {
    "base": "缴费基数（元）",
    "declared_base": "申报的缴费基数（元）",
    "rate": "记入比例",
    "months": "月数",
    "quota": "退休定额（元）",
    "employer_rate": "单位缴费比例",
    "employer_share": "单位缴费划入比例",
    "average_pension": "改革当年养老金平均水平（元）",
    "pension": "月平均养老金（元）",
    "owed": "个人一共缴（元）",
    "credited": "已经记入（元）",
    "current_product": "当年账户各月月末合计（元）",
    "current_rate": "当年账户年利率",
    "carried_product": "历年结余各月月末合计（元）",
    "carried_rate": "历年结余年利率",
}


@dataclass(frozen=True, slots=True)
class Part:
    """One cause of the difference, and how much of it (fen)."""

    words: str
    fen: int

    @property
    def word(self) -> str:
        """What the sign means, for who cannot see it."""
        return "多" if self.fen > 0 else "少"


@dataclass(frozen=True, slots=True)
class Comparison:
    """A credit beside the same one a year before. Amounts are fen."""

    earlier: Transfer
    earlier_words: str
    now_fen: int
    earlier_fen: int
    rows: list[tuple[str, str, str]]
    parts: list[Part]
    rule_before: Published[CreditTerms]
    rule_now: Published[CreditTerms]

    @property
    def difference_fen(self) -> int:
        return self.now_fen - self.earlier_fen

    @property
    def less_fen(self) -> int:
        return -self.difference_fen

    @property
    def rule_changes(self) -> list[Change]:
        """What the rules in force changed in between; empty under the same version."""
        if self.rule_before.id == self.rule_now.id:
            return []
        return changes(self.rule_before, self.rule_now)


def with_year_before(account: Account, transfer: Transfer) -> Comparison | None:
    """Return a credit compared with the same one a year before (one query); None where there is nothing to compare."""
    before = Period.parse(transfer.period).year_before
    if transfer.kind not in COMPARED or before is None or transfer.facts is None:
        return None
    own = [pot.pk for pot in account.pots.values()]
    rows = list(
        Transfer.objects.filter(
            target__in=own,
            target_balance_fen__isnull=False,
            kind=transfer.kind,
            period__in=[str(before), transfer.period],
        )
        .select_related("voucher")
        .order_by("id")
    )
    earlier = next((row for row in rows if row.period == str(before)), None)
    if earlier is None or earlier.facts is None or earlier.voucher.policy_id is None:
        return None
    why_earlier = why(earlier)
    return Comparison(
        earlier=earlier,
        earlier_words=why_earlier.words,
        now_fen=sum(row.amount_fen for row in rows if row.period == transfer.period),
        earlier_fen=sum(row.amount_fen for row in rows if row.period == earlier.period),
        rows=_rows(why_earlier.inputs, why(transfer).inputs),
        parts=_parts(_spans(earlier), _spans(transfer)),
        rule_before=_rule(earlier),
        rule_now=_rule(transfer),
    )


def _spans(transfer: Transfer) -> tuple[Span, ...]:
    """Return what a credit was worked out from as spans; a month is a span of one."""
    facts = formulas.unpack(transfer.facts) if transfer.facts is not None else None
    if isinstance(facts, MonthFacts):
        return (Span(facts, 1, str(transfer.voucher.policy_id)),)
    return facts.spans if isinstance(facts, YearFacts) else ()


def _rule(transfer: Transfer) -> Published[CreditTerms]:
    """Return the version that the last month of the credit was worked out by."""
    spans = _spans(transfer)
    return registry.version(int(spans[-1].version if spans else transfer.voucher.policy_id or 0), CreditTerms)


def _rows(before: Mapping[str, object], now: Mapping[str, object]) -> list[tuple[str, str, str]]:
    """Return (name, before, now) of every number of either formula, numbered where a year has several stretches."""
    keys = dict.fromkeys([*before, *now])
    return [(label_of(key), shown(before.get(key, "没有")), shown(now.get(key, "没有"))) for key in keys]


def shown(value: object) -> str:
    """Return one number of a formula for people: amounts with their thousands apart, rates and counts as they are."""
    text = str(value)
    return grouped(parse_yuan(text)) if _AMOUNT.fullmatch(text) else text


def label_of(key: str) -> str:
    """Return the name of one number of a formula; base_2 is the base of the second stretch of a year."""
    match = _NUMBERED.fullmatch(key)
    name, number = match.groups() if match else (key, None)
    return LABELS.get(name, name) + (f"，第{number}段" if number else "")


def _parts(before: tuple[Span, ...], now: tuple[Span, ...]) -> list[Part]:
    """Return the causes with their parts; none where the two cannot be laid side by side month by month.

    First the number of months, then bases, then who became a retiree, then the rules and whatever else differs.
    """
    old, new = _months(before), _months(now)
    parts: list[tuple[str, Year, Year]] = []
    if len(old) != len(new):
        if len(before) != 1 or len(now) != 1:
            return []
        longer = old[:1] * len(new)
        parts.append((f"月数从{len(old)}个月变成{len(new)}个月", old, longer))
        old = longer
    if not old:
        return []
    based = [_with_base(o, n) for o, n in zip(old, new, strict=True)]
    moved = [
        o if o.facts.capacity == n.facts.capacity else n._replace(version=o.version)
        for o, n in zip(based, new, strict=True)
    ]
    parts += [(_base_words(old, based), old, based), (_capacity_words(based, moved), based, moved)]
    parts.append((_rest_words(moved, new), moved, new))
    try:
        return [Part(words, _fen(after) - _fen(prior)) for words, prior, after in parts if _fen(after) != _fen(prior)]
    except CannotCreditError:  # old numbers under new rules need not make sense
        return []


def _months(spans: tuple[Span, ...]) -> Year:
    return [span._replace(months=1) for span in spans for _ in range(span.months)]


def _with_base(old: Span, new: Span) -> Span:
    """The old month on the new month's base, where both are months of contributions in the same capacity."""
    if old.facts.capacity != new.facts.capacity:
        return old
    return old._replace(facts=old.facts._replace(base_fen=new.facts.base_fen))


def _fen(months: Year) -> int:
    terms = registry.credit_of(months[0].version)
    if terms.accrual == MONTHLY:
        return formulas.monthly_credit(months[0].facts, terms).amount_fen
    return formulas.year_credit(tuple(months), registry.credit_of).amount_fen


def _base_words(old: Year, new: Year) -> str:
    changed = [(o.facts.base_fen, n.facts.base_fen) for o, n in zip(old, new, strict=True) if o != n]
    some = f"有{len(changed)}个月的" if len(changed) < len(old) else ""
    before, after = changed[0] if len(set(changed)) == 1 else (None, None)
    if before is None or after is None:
        return f"{some}缴费基数变了"
    return f"{some}缴费基数从{grouped(before)}元变成{grouped(after)}元"


def _capacity_words(old: Year, new: Year) -> str:
    changed = [n for o, n in zip(old, new, strict=True) if o != n]
    some = f"有{len(changed)}个月" if len(changed) < len(old) else ""
    if changed and changed[0].facts.capacity == Capacity.RETIREE:
        return f"{some or '退休了，'}改按退休人员的标准记入"
    return f"{some or '身份变了，'}改按在职人员的标准记入"


def _rest_words(old: Year, new: Year) -> str:
    if old[-1].version == new[-1].version:
        return "年龄到了另一档" if old[-1].facts.age != new[-1].facts.age else "其他资料变了"
    return f"规定变了（{day_words(registry.version(int(new[-1].version), CreditTerms).effective_from)}起）"
