"""What a correction sets right: on which base and by which rule months were credited before, and should have been."""

from collections import defaultdict
from collections.abc import Iterator

from django.db.models import Q

from accounts.codes import CORRECTION_KINDS, Capacity, VoucherKind
from accounts.models import Transfer
from accounts.policies import formulas, registry
from accounts.policies.formulas import MonthFacts, Span, YearFacts
from accounts.policies.terms import CreditTerms
from yibao.lib.days import day_words
from yibao.lib.fen import grouped
from yibao.lib.periods import Period

_Spans = dict[int, Span]  # month (1 to 12) → the span it is credited with


def correction_words(transfer: Transfer, terms: CreditTerms) -> str:
    """Say what a correction replaces: 更正：基数 446,200.00 应为 4,462.00；7–12月规则改为2024年7月1日起的规定。

    "" where neither differs (one query).
    """
    facts = formulas.unpack(transfer.facts) if transfer.facts is not None else None
    if not isinstance(facts, YearFacts) or facts.credited_before is None:
        return ""
    before, after = _before(transfer, terms), _by_month(facts.spans)
    common = [month for month in after if month in before]
    parts = [*_base_words(common, before, after), *_rule_words(common, before, after)]
    return f"更正：{'；'.join(parts)}。" if parts else ""


def _base_words(common: list[int], before: _Spans, after: _Spans) -> Iterator[str]:
    changed: dict[tuple[int, int], list[int]] = defaultdict(list)
    contributed = [month for month in common if _base(before[month]) is not None and _base(after[month]) is not None]
    for month in contributed:
        was, base = before[month].facts.base_fen or 0, after[month].facts.base_fen or 0
        if was != base:
            changed[was, base].append(month)
    for (was, base), months in changed.items():
        where = _named(months) if len(months) < len(contributed) else ""
        yield f"{where}基数 {grouped(was)} 应为 {grouped(base)}"


def _rule_words(common: list[int], before: _Spans, after: _Spans) -> Iterator[str]:
    changed: dict[str, list[int]] = defaultdict(list)
    for month in common:
        if before[month].version != after[month].version:
            changed[after[month].version].append(month)
    for version, months in changed.items():
        where = _named(months) if len(months) < len(common) else ""
        since = registry.version(int(version), CreditTerms).effective_from
        yield f"{where}规则改为{day_words(since)}起的规定"


def _before(transfer: Transfer, terms: CreditTerms) -> _Spans:
    """Return the year's months as they were credited, the last correction before this one included."""
    period = Period.parse(transfer.period)
    person = transfer.target.person_id or transfer.source.person_id
    months = [str(Period.of(month)) for month in formulas.months_of(period.year, terms)]
    rows = Transfer.objects.filter(
        Q(kind__in=[VoucherKind.PRECREDIT, *CORRECTION_KINDS], period__regex=Period(period.year).or_corrections_regex)
        | Q(kind=VoucherKind.ACCRUAL, period__in=months),
        Q(target__person=person) | Q(source__person=person),
        region=transfer.region,
        id__lt=transfer.pk,
        facts__isnull=False,
    ).exclude(voucher=transfer.voucher_id)
    found: _Spans = {}
    for row in rows.select_related("voucher").order_by("id"):
        facts = formulas.unpack(row.facts or {})
        if isinstance(facts, MonthFacts):
            month = Period.parse(row.period).month.month
            found[month] = Span(facts, 1, str(row.voucher.policy_id), month)
        elif isinstance(facts, YearFacts):
            found |= _by_month(facts.spans)
    return found


def _by_month(spans: tuple[Span, ...]) -> _Spans:
    """Return month → span. Spans of before months were recorded are whole years, or cannot be told apart."""
    return {
        (_since(span) - 1 + number) % 12 + 1: span for span in spans if _since(span) for number in range(span.months)
    }


def _base(span: Span) -> int | None:
    return None if span.facts.capacity == Capacity.RETIREE else span.facts.base_fen


def _since(span: Span) -> int:
    return span.since or (1 if span.months == 12 else 0)


def _named(months: list[int]) -> str:
    """Return 3–12月, or 3月、5月 where they do not follow each other."""
    if len(months) > 1 and all(later - month == 1 for month, later in zip(months, months[1:], strict=False)):
        return f"{months[0]}–{months[-1]}月"
    return "、".join(f"{month}月" for month in months)
