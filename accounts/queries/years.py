"""A person's account year by year: what was there, came, was used, went to 历年, and was left."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from accounts.codes import ACCOUNT_POTS, PotKind, VoucherKind
from accounts.policies import formulas
from accounts.queries import page_hooks
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
    used_by: Mapping[int, int]  # person → fen used for them, less what was given back

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
        signed_fen = figures.arrived_fen + figures.out_fen + figures.adjusted_fen
        return figures.brought_fen + figures.taken_fen + figures.moved_fen + signed_fen

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
    used: dict[date, Counter[int]] = defaultdict(Counter)
    for one in sums:
        if one.user is not None and one.pot in ACCOUNT_POTS:
            used[one.start][one.user] -= one.fen
    current = {stretch.start: stretch.closing_fen for stretch in stretches(sums, [PotKind.CURRENT])}
    found: list[Year] = []
    for year in range(formulas.benefit_year(min(moved), account.credit), account.year + 1):
        start, _ = formulas.year_range(year, account.credit)
        opening = found[-1].closing_fen if found else 0
        figures = moved.get(start, Stretch(start, opening))
        in_current = current.get(start, found[-1].current_fen if found else 0)
        found.append(
            Year(
                year=year,
                figures=figures,
                rolled_fen=rolled.get(start, 0),
                kept_fen=figures.closing_fen - in_current,
                is_over=year < account.year,
                used_by=dict(used[start]),
            )
        )
    return found


def names_of_users(account: Account, years: Iterable[Year]) -> dict[int, str]:
    """Return person → how the owner's pages call the others who used the money: 陈伟（父亲）."""
    others = {person for year in years for person in year.used_by} - {account.person.pk}
    return {person: "家人" for person in others} | page_hooks.names_of(account.person, others)


def change_words(year: Year, names: Mapping[int, str]) -> str:
    """Say what a year changed a balance by, and what the change is made of: from the person's own figures (fen)."""
    figures, when = year.figures, f"{year.year}年" if year.is_over else "今年到现在"
    change = year.closing_fen - year.opening_fen
    parts = list(_parts_of_change(year, names))
    if not parts:
        return f"{when}没有记入，也没有使用，余额没有变。"
    verdict = f"少了 {grouped(-change)} 元" if change < 0 else "没有变少"
    if change > 0:
        verdict += f"，多了 {grouped(change)} 元"
    return f"{when}{verdict}（从 {grouped(figures.opening_fen)} 元到 {grouped(figures.closing_fen)} 元）：{'，'.join(parts)}。"


def _parts_of_change(year: Year, names: Mapping[int, str]) -> Iterator[str]:
    figures = year.figures
    used_by = sorted(year.used_by.items(), key=lambda use: (use[0] in names, -use[1]))
    parts = [
        ("从原系统转来", figures.brought_fen),
        ("记入", figures.credited_fen),
        *((f"{names.get(person, '自己')}{'用了' if fen > 0 else '退回'}", fen) for person, fen in used_by),
        ("追回以前多记的", figures.taken_fen),
        ("从共济账户转回" if figures.moved_fen > 0 else "转入共济账户", figures.moved_fen),
        ("转来", figures.arrived_fen),
        ("转出", figures.out_fen),
        ("人工调增" if figures.adjusted_fen > 0 else "人工调减", figures.adjusted_fen),
    ]
    for words, fen in parts:
        if fen:
            yield f"{words} {grouped(abs(fen))} 元"


def bars(years: list[Year]) -> list[tuple[str, int]]:
    """Return (label, fen kept at the year's end) of the last seven years that are over."""
    over = [year for year in years if year.is_over]
    return [(f"{year.year}年", year.kept_fen) for year in over[-MOST_BARS:]]


@dataclass(frozen=True, slots=True)
class InAndOut:
    """What was credited and what was used, each by itself, as rows of bars on one scale (fen)."""

    credited: list[tuple[str, int]]
    used: list[tuple[str, int]]

    @property
    def largest_fen(self) -> int:
        return max((fen for _, fen in (*self.credited, *self.used)), default=0)


def in_and_out(stretches: Iterable[tuple[str, Stretch]]) -> InAndOut:
    """Return the bars of months or years, each under its label. What was given back is no use, and not counted as one."""
    stretches = list(stretches)
    credited = [(label, figures.credited_fen) for label, figures in stretches]
    return InAndOut(credited, [(label, -(figures.used_fen + figures.returned_fen)) for label, figures in stretches])


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
