"""What a correction sets right: on which base months were credited before, and on which they should have been."""

from collections import defaultdict

from django.db.models import Q

from accounts.codes import CORRECTION_KINDS, Capacity, VoucherKind
from accounts.models import Transfer
from accounts.policies import formulas
from accounts.policies.formulas import MonthFacts, Span, YearFacts
from accounts.policies.terms import CreditTerms
from yibao.lib.fen import grouped
from yibao.lib.periods import Period

_Bases = dict[int, int]  # month (1 to 12) → base (fen)


def base_words(transfer: Transfer, terms: CreditTerms) -> str:
    """Say which bases a correction replaces: 更正：基数 446,200.00 应为 4,462.00。 "" where none differs (one query)."""
    facts = formulas.unpack(transfer.facts) if transfer.facts is not None else None
    if not isinstance(facts, YearFacts) or facts.credited_before is None:
        return ""
    before, after = _before(transfer, terms), _bases(facts.spans)
    changed: dict[tuple[int, int], list[int]] = defaultdict(list)
    for month, base in after.items():
        if month in before and before[month] != base:
            changed[before[month], base].append(month)
    common = before.keys() & after.keys()
    parts = [
        f"{_named(months) if len(months) < len(common) else ''}基数 {grouped(was)} 应为 {grouped(base)}"
        for (was, base), months in changed.items()
    ]
    return f"更正：{'；'.join(parts)}。" if parts else ""


def _before(transfer: Transfer, terms: CreditTerms) -> _Bases:
    """Return the bases of the year's months as they were credited, the last correction before this one included."""
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
    found: _Bases = {}
    for row in rows.order_by("id"):
        facts = formulas.unpack(row.facts or {})
        if isinstance(facts, MonthFacts):
            found |= _bases((Span(facts, 1, "", Period.parse(row.period).month.month),))
        elif isinstance(facts, YearFacts):
            found |= _bases(facts.spans)
    return found


def _bases(spans: tuple[Span, ...]) -> _Bases:
    """Return month → base. Spans of before months were recorded are whole years, or cannot be told apart."""
    found: _Bases = {}
    for span in spans:
        if span.facts.capacity != Capacity.RETIREE and span.facts.base_fen is not None and _since(span):
            for number in range(span.months):
                found[(_since(span) - 1 + number) % 12 + 1] = span.facts.base_fen
    return found


def _since(span: Span) -> int:
    return span.since or (1 if span.months == 12 else 0)


def _named(months: list[int]) -> str:
    """Return 3–12月, or 3月、5月 where they do not follow each other."""
    if len(months) > 1 and all(later - month == 1 for month, later in zip(months, months[1:], strict=False)):
        return f"{months[0]}–{months[-1]}月"
    return "、".join(f"{month}月" for month in months)
