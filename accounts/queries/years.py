"""A person's account year by year: what was there, came, was used, went to 历年, and was left."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date

from accounts.codes import ACCOUNT_POTS, PotKind, VoucherKind
from accounts.policies import formulas
from accounts.queries.account import Account
from accounts.queries.statement import Stretch, Sum, stretches
from yibao.lib.fen import grouped

MOST_BARS = 7


@dataclass(frozen=True, slots=True)
class Year:
    """One benefit year in figures (fen). 当年 and 历年 are seen together, except for what the year end moved.

    `kept_fen` is the 历年 (or the whole account where years are not kept apart) at the end of the year, or now.
    """

    year: int
    figures: Stretch
    rolled_fen: int
    kept_fen: int
    is_over: bool

    @property
    def opening_fen(self) -> int:
        return self.figures.opening_fen

    @property
    def closing_fen(self) -> int:
        return self.figures.closing_fen

    @property
    def returned_fen(self) -> int:
        return self.figures.returned_fen

    @property
    def other_fen(self) -> int:
        """What was brought from the old system, taken back, moved elsewhere or paid out, together."""
        figures = self.figures
        return figures.brought_fen + figures.taken_fen + figures.moved_fen + figures.out_fen

    @property
    def current_fen(self) -> int:
        """What is in 当年: only in the year that is not over."""
        return self.closing_fen - self.kept_fen


def years_of(account: Account, sums: Iterable[Sum]) -> list[Year]:
    """Return the benefit years from the first movement to today's, oldest first, from `statement.year_sums`."""
    sums = list(sums)
    moved = {stretch.start: stretch for stretch in stretches(sums, ACCOUNT_POTS)}
    if not moved:
        return []
    rolled: dict[date, int] = {}
    for one in sums:
        if one.kind == VoucherKind.ROLLOVER and one.fen > 0:
            rolled[one.start] = rolled.get(one.start, 0) + one.fen
    current = {stretch.start: stretch.closing_fen for stretch in stretches(sums, [PotKind.CURRENT])}
    found: list[Year] = []
    for year in range(formulas.benefit_year(min(moved), account.credit), account.year + 1):
        start, _ = formulas.year_range(year, account.credit)
        opening = found[-1].closing_fen if found else 0
        figures = moved.get(start, Stretch(start, opening))
        in_current = current.get(start, found[-1].current_fen if found else 0)
        found.append(
            Year(year, figures, rolled.get(start, 0), figures.closing_fen - in_current, is_over=year < account.year)
        )
    return found


def bars(years: list[Year], *, url: Callable[[int], str]) -> list[tuple[str, int, str]]:
    """Return (label, fen kept at the year's end, address of its entries) of the last seven years that are over."""
    over = [year for year in years if year.is_over]
    return [(f"{year.year}年", year.kept_fen, url(year.year)) for year in over[-MOST_BARS:]]


def bars_words(account: Account) -> str:
    """Return what the bars show: 每年年末的历年结余（元）."""
    return f"每年年末{'的历年结余' if account.credit.has_buckets else '个人账户里的钱'}（元）"


def trend_words(account: Account, years: list[Year]) -> str:
    """Say how the last year that is over compares with the one before: the sentence above the bars."""
    over = [year for year in years if year.is_over]
    if not over:
        return ""
    of_what = "历年结余" if account.credit.has_buckets else "个人账户里有"
    words = f"{over[-1].year}年末{of_what} ¥{grouped(over[-1].kept_fen)}"
    if len(over) == 1:
        return f"{words}。明年起可以比较。"
    change = over[-1].kept_fen - over[-2].kept_fen
    if not change:
        return f"{words}，和上一年一样多。"
    return f"{words}，比上一年{'多' if change > 0 else '少'} ¥{grouped(abs(change))}。"
