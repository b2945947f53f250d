"""What everybody must have in the end, from the true facts alone: the old system's answer, in a few lines of Python.

Written from the documents (domain 3.4), not from the program: a month counts where somebody is insured on any of its
days and has paid, or is retired; a suspended month counts when it is paid for; nothing counts after the end; a month is
credited once, where it was paid for, else where somebody was insured first. 舟山: 2% of the base, at least of 4,462.00,
retirees 900.00 a year, rounded once a year. 湖南: 2% of the base, retirees 75.00 a month, each month rounded.
"""

from collections.abc import Iterable
from datetime import date

from tests.personas import HUNAN, ZHOUSHAN
from tests.scenarios.city.citizens import ENDED, MONTHS, NORMAL, Citizen
from yibao.lib.months import Month

FLOOR_FEN = 446_200
RETIREE_FEN = 75_00  # a month
YEAR_END = Month(2025, 12)


def balance_fen(who: Citizen, region: str, until: Month) -> int:
    """Return everything somebody has in a region when the months up to this one are credited, fen."""
    opening = sum(who.opening_fen) - who.spent_fen if region == who.region else 0
    months = [month for month in MONTHS if month <= until and region_of(who, month) == region]
    if region == HUNAN:
        return opening + sum(_half_up(_parts(who, region, month)) for month in months)
    return opening + _half_up(sum(_parts(who, region, month) for month in months))


def ahead_fen(who: Citizen) -> int:
    """Return what is credited ahead for the new year in 舟山: by what is known in January, to whoever pays."""
    pays = any(month >= YEAR_END + -2 for _, month in who.paid)
    bases = [paid.base_fen for (region, _), paid in sorted(who.paid.items()) if region == ZHOUSHAN]
    parts = 0
    for month in (Month(2026, number) for number in range(1, 13)):
        kind = _insured_as(who, ZHOUSHAN, month)
        if kind == "12":
            parts += RETIREE_FEN * 100
        elif kind and pays:
            parts += max(bases[-1], FLOOR_FEN) * 2
    return _half_up(parts)


def region_of(who: Citizen, month: Month) -> str | None:
    """Return where a month is credited; None where it is not."""
    counting = [region for region in who.regions if kind_in(who, region, month)]
    paid = [region for region in counting if (region, month) in who.paid] or counting
    return min(paid, key=lambda region: _first_day(who, region, month), default=None)


def kind_in(who: Citizen, region: str, month: Month) -> str:
    """Return as what a month counts in a region: 11, flex or 12; empty where it does not."""
    kind = _insured_as(who, region, month)
    is_paid = (region, month) in who.paid
    if kind:
        return kind if kind == "12" or is_paid else ""
    before = [change for change in who.history(region) if change.on <= month.first]
    return "11" if is_paid and before and before[-1].status != ENDED else ""


def uncredited(who: Citizen, region: str, months: Iterable[Month]) -> list[Month]:
    """Return the months that were paid for in a region and are not credited there."""
    return [month for month in months if (region, month) in who.paid and region_of(who, month) != region]


def _insured_as(who: Citizen, region: str, month: Month) -> str:
    """Return what somebody is on the first day of the month on which they are insured."""
    spells = _spells(who, region)
    return next((kind for begins, ends, kind in spells if begins < month.next_first and ends > month.first), "")


def _first_day(who: Citizen, region: str, month: Month) -> date:
    spells = _spells(who, region)
    found = (begins for begins, ends, _ in spells if begins < month.next_first and ends > month.first)
    return max(next(found, date.max), month.first)


def _spells(who: Citizen, region: str) -> list[tuple[date, date, str]]:
    """Return from when until when (not included) somebody was insured in a region, and as what."""
    history = who.history(region)
    ends = [*(change.on for change in history[1:]), date.max]
    return [(row.on, end, row.kind) for row, end in zip(history, ends, strict=True) if row.status == NORMAL]


def _parts(who: Citizen, region: str, month: Month) -> int:
    """Return what a month is worth, in hundredths of a fen."""
    if kind_in(who, region, month) == "12":
        return RETIREE_FEN * 100
    base_fen = who.paid[region, month].base_fen
    return (max(base_fen, FLOOR_FEN) if region == ZHOUSHAN else base_fen) * 2


def _half_up(parts: int) -> int:
    return (parts + 50) // 100
