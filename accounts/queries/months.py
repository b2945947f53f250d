"""The statement month by month: totals, lines with balances, and why a month is empty."""

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from accounts.codes import MONEY_POTS, PotKind, VoucherKind
from accounts.models import Contribution, Transfer
from accounts.policies import formulas
from accounts.queries.account import Account
from accounts.queries.answers import why_empty
from accounts.queries.lines import Line, lines_of, pot_name, with_balances, with_own_balances
from accounts.queries.statement import Stretch, Sum, entries_between, stretches
from yibao.lib.days import month_words
from yibao.lib.months import Month
from yibao.lib.periods import Period


@dataclass(frozen=True, slots=True)
class StatementMonth:
    """One month of a statement: figures (fen) and lines."""

    month: Month
    figures: Stretch
    closing_name: str
    lines: list[Line]

    @property
    def caption(self) -> str:
        return f"{month_words(self.month)}（元）"

    @property
    def balance_name(self) -> str:
        """The heading of the last column: what is left after each line, and of what."""
        return self.closing_name.removeprefix("月末")

    @property
    def totals(self) -> list[tuple[str, int]]:
        """The totals under the heading; what did not happen is left out, except 记入 and 使用."""
        figures = self.figures
        rare = (("收回", figures.taken_fen), ("转账", figures.moved_fen), ("转出", figures.out_fen))
        shown = [("记入", figures.credited_fen), ("使用", figures.used_fen)]
        return [*shown, *(pair for pair in rare if pair[1]), (self.closing_name, figures.closing_fen)]


def figures_by_month(sums: Iterable[Sum], pots: Iterable[PotKind]) -> dict[Month, Stretch]:
    """Return the figures of every month that has lines in these pots, oldest first.

    多划待追回 is no money of one's own: it has lines, but counts in no total.
    """
    sums, pots = list(sums), list(pots)
    counted = [pot for pot in pots if pot in MONEY_POTS] or pots
    moved = {Month.of(stretch.start): stretch for stretch in stretches(sums, counted)}
    found: dict[Month, Stretch] = {}
    balance_fen = 0
    for month in sorted({Month.of(one.start) for one in sums if one.pot in pots}):
        found[month] = moved.get(month, Stretch(month.first, balance_fen))
        balance_fen = found[month].closing_fen
    return found


def statement(
    account: Account,
    figures: dict[Month, Stretch],
    months: Iterable[Month],
    pots: Iterable[PotKind],
    *,
    url: Callable[[int], str],
    newest_first: bool = False,
) -> list[StatementMonth]:
    """Return these months with their lines (one query for the entries), in the order given.

    Lines are in the order of their days, or the other way round. Balances are those after each line either way.
    """
    months, pots = list(months), list(pots)
    if not months:
        return []
    apart = len(pots) == 1
    entries = [e for e in entries_between(account, min(months).first, max(months).next_first) if e.pot in pots]
    by_month: dict[Month, list[Line]] = defaultdict(list)
    for line in lines_of(account, entries, url=url, apart=apart):
        by_month[Month.of(line.day)].append(line)
    name = closing_name(account, pots)
    found = []
    for month in months:
        lines = with_balances(by_month[month], figures[month].opening_fen, pots)
        found.append(StatementMonth(month, figures[month], name, lines[::-1] if newest_first else lines))
    return found


def closing_name(account: Account, pots: Iterable[PotKind]) -> str:
    """Return what the balance at the end of a month is called: of which accounts it is must always be said."""
    names = _counted_names(account, pots)
    if not names:
        return "月末还欠"
    return f"月末{names[0]}" if len(names) == 1 else f"月末{'零一两三'[len(names)]}个账户一共"


def counted_words(account: Account, pots: Iterable[PotKind]) -> str:
    """Say which accounts 两个账户一共 are; "" where there is only one."""
    names = _counted_names(account, pots)
    return "加".join(names) if len(names) > 1 else ""


def _counted_names(account: Account, pots: Iterable[PotKind]) -> list[str]:
    counted = [pot for pot in account.pots if pot in pots and pot in MONEY_POTS]
    return [pot_name(pot, account.credit.has_buckets) for pot in counted]


def flat_lines(account: Account, sums: Iterable[Sum], months: Iterable[Month], pots: Iterable[PotKind]) -> list[Line]:
    """Return every line of these months, one for each pot it touched, with the balance of that pot: for files."""
    months, pots, sums = list(months), list(pots), list(sums)
    if not months:
        return []
    first = min(months).first
    opening: dict[PotKind, int] = defaultdict(int)
    for one in sums:
        if one.start < first:
            opening[one.pot] += one.fen
    entries = [e for e in entries_between(account, first, max(months).next_first) if e.pot in pots]
    return with_own_balances(lines_of(account, entries, url=lambda _: "", apart=True), opening)


def empty_words(account: Account, month: Month) -> str:
    """Say why this month has no entries, from the person's own data (two queries)."""
    own = [pot.pk for pot in account.pots.values()]
    year = str(Period(formulas.benefit_year(month.first, account.credit)))
    credit = Transfer.objects.filter(
        target__in=own, target_balance_fen__isnull=False, kind=VoucherKind.PRECREDIT, period=year
    )
    paid = Contribution.objects.filter(region=account.region, person=account.person, month=month.first)
    return why_empty(account, month, credit.values_list("voucher__occurred_on", flat=True).first(), paid=paid.exists())
