"""The statement month by month: totals, lines with balances, and why a month is empty."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta

from accounts.codes import MONEY_POTS, PotKind, VoucherKind
from accounts.models import Contribution, Transfer
from accounts.policies import formulas
from accounts.queries.account import Account
from accounts.queries.answers import why_empty
from accounts.queries.lines import Line, lines_of, pot_name, with_balances
from accounts.queries.statement import WHOLE, Cut, Stretch, Sum, entries_between, stretches
from yibao.lib.days import month_words
from yibao.lib.fen import signed
from yibao.lib.months import Month
from yibao.lib.periods import Period

MONTH_END, SO_FAR = "月末", "到今天"


@dataclass(frozen=True, slots=True)
class Balance:
    """期初余额 or 期末余额: a line of a statement that is no entry. Fen, on a day."""

    title: str
    day: date
    fen: int


@dataclass(frozen=True, slots=True)
class StatementMonth:
    """One month of a statement: figures (fen) and lines."""

    month: Month
    figures: Stretch
    closing_name: str
    lines: list[Line]
    # The balances around a period, on its first and its last month.
    opening: Balance | None = None
    closing: Balance | None = None

    @property
    def caption(self) -> str:
        return f"{month_words(self.month)}（元）"

    @property
    def balance_name(self) -> str:
        """The heading of the last column: what is left after each line, and of what."""
        return self.closing_name.removeprefix(MONTH_END).removeprefix(SO_FAR)

    @property
    def closing_word(self) -> str:
        return SO_FAR if self.closing_name.startswith(SO_FAR) else MONTH_END

    @property
    def closing_fen(self) -> int:
        return self.figures.closing_fen

    @property
    def totals(self) -> list[tuple[str, int]]:
        return totals_of(self.figures)

    @property
    def totals_words(self) -> str:
        """The totals in a row: 2026年6月合计：记入 0.00，使用 −50.00，退回 +200.00，月末个人账户 150.00."""
        moved = "，".join(f"{name} {signed(fen)}" for name, fen in self.totals)
        return f"{month_words(self.month)}合计：{moved}，{self.closing_name} {signed(self.closing_fen, plus='')}"


def totals_of(figures: Stretch) -> list[tuple[str, int]]:
    """Return what moved (fen, negative when going out); what did not happen is left out, except 记入 and 使用."""
    rare = (
        ("期初", figures.brought_fen),
        ("退回", figures.returned_fen),
        ("收回", figures.taken_fen),
        ("转账", figures.moved_fen),
        ("转入", figures.arrived_fen),
        ("转出", figures.out_fen),
        ("调账", figures.adjusted_fen),
    )
    shown = [("记入", figures.credited_fen), ("使用", figures.used_fen)]
    return [*shown, *(pair for pair in rare if pair[1])]


def figures_by_month(sums: Iterable[Sum], pots: Iterable[PotKind]) -> dict[Month, Stretch]:
    """Return the figures of every month that has lines in these pots, oldest first.

    多划待追回 is no money of one's own: it has lines, but counts in no total.
    """
    sums, pots = list(sums), list(pots)
    moved = {Month.of(stretch.start): stretch for stretch in stretches(sums, counted_pots(pots))}
    found: dict[Month, Stretch] = {}
    balance_fen = 0
    for month in sorted({Month.of(one.start) for one in sums if one.pot in pots}):
        found[month] = moved.get(month, Stretch(month.first, balance_fen))
        balance_fen = found[month].closing_fen
    return found


def counted_pots(pots: Iterable[PotKind]) -> list[PotKind]:
    """Return the pots whose money a balance counts: all but the debt, unless that is looked at on its own."""
    pots = list(pots)
    return [pot for pot in pots if pot in MONEY_POTS] or pots


def balances_around(figures: Mapping[Month, Stretch], first: date, until: date, today: date) -> tuple[Balance, Balance]:
    """Return 期初余额 and 期末余额 of the days from `first` to before `until`, from all months that have lines."""
    opening = closing = 0
    for month, stretch in figures.items():
        if month.first < first:
            opening = stretch.closing_fen
        if month.first < until:
            closing = stretch.closing_fen
    ends = max(first, min(until - timedelta(days=1), today))
    return Balance("期初余额", first, opening), Balance("期末余额", ends, closing)


def statement(
    account: Account,
    figures: dict[Month, Stretch],
    months: Iterable[Month],
    pots: Iterable[PotKind],
    *,
    url: Callable[[int], str],
    around: tuple[Balance, Balance] | None = None,
    newest_first: bool = False,
    called: Callable[[str], str] = str,
    cut: Cut = WHOLE,
) -> list[StatementMonth]:
    """Return these months with their lines (one query for the entries), in the order given.

    Lines are in the order of statement.py, between the balances `around` them, or the other way round. Balances are those after each line either way.
    """
    months, pots = list(months), list(pots)
    if not months:
        return []
    apart = len(pots) == 1
    days = min(months).first, cut.end(max(months).next_first)
    entries = [e for e in entries_between(account, *days, where=cut.booked) if e.pot in pots]
    by_month: dict[Month, list[Line]] = defaultdict(list)
    for line in lines_of(account, entries, url=url, apart=apart, called=called):
        by_month[Month.of(line.day)].append(line)
    name, running = closing_name(account, pots), Month.of(account.today)
    found = []
    for month in months:
        lines = with_balances(by_month[month], figures[month].opening_fen, counted_pots(pots))
        found.append(
            StatementMonth(
                month,
                figures[month],
                name if month != running else _so_far(name),
                lines[::-1] if newest_first else lines,
            )
        )
    if around:
        found[0] = replace(found[0], opening=around[0])
        found[-1] = replace(found[-1], closing=around[1])
    return found


def closing_name(account: Account, pots: Iterable[PotKind]) -> str:
    """Return what the balance at the end of a month is called: of which accounts it is must always be said."""
    names = _counted_names(account, pots)
    if not names:
        return f"{MONTH_END}还欠"
    return f"{MONTH_END}{names[0]}" if len(names) == 1 else f"{MONTH_END}{'零一两三'[len(names)]}个账户一共"


def _so_far(name: str) -> str:
    """Return what the balance of a month that is not over yet is called."""
    return SO_FAR + name.removeprefix(MONTH_END)


def balance_name(account: Account, pots: Iterable[PotKind]) -> str:
    """Return what the column of balances is called: 个人账户, 两个账户一共, 还欠."""
    return closing_name(account, pots).removeprefix(MONTH_END)


def counted_words(account: Account, pots: Iterable[PotKind]) -> str:
    """Say which accounts 两个账户一共 are; "" where there is only one."""
    names = _counted_names(account, pots)
    return "加".join(names) if len(names) > 1 else ""


def _counted_names(account: Account, pots: Iterable[PotKind]) -> list[str]:
    counted = [pot for pot in account.pots if pot in pots and pot in MONEY_POTS]
    return [pot_name(pot, account.credit.has_buckets) for pot in counted]


def empty_words(account: Account, month: Month) -> str:
    """Say why this month has no entries, from the person's own data (two queries)."""
    own = [pot.pk for pot in account.pots.values()]
    year = str(Period(formulas.benefit_year(month.first, account.credit)))
    credit = Transfer.objects.filter(
        target__in=own, target_balance_fen__isnull=False, kind=VoucherKind.PRECREDIT, period=year
    )
    paid = Contribution.objects.filter(region=account.region, person=account.person, month=month.first)
    return why_empty(account, month, credit.values_list("voucher__occurred_on", flat=True).first(), paid=paid.exists())
