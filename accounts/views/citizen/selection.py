"""What the filter of an address picks out of an account: the same for the page, paper and the file."""

from collections.abc import Callable, Iterable
from typing import Any

from django.http import QueryDict
from django.urls import reverse

from accounts.codes import PotKind
from accounts.forms.entries import Choice, EntriesForm
from accounts.policies import formulas
from accounts.queries.account import Account
from accounts.queries.lines import Line
from accounts.queries.months import StatementMonth, balances_around, empty_words, figures_by_month, statement
from accounts.queries.search import lines_found, places_of, users_of
from accounts.queries.statement import Stretch, Sum, month_sums
from accounts.queries.years import InAndOut, in_and_out
from yibao.lib.days import month_words
from yibao.lib.months import Month


class Selection:
    """Months, oldest first, pots, and the balances around; or, where something is looked for, the lines found."""

    def __init__(self, query: QueryDict, account: Account) -> None:
        self.account, self.query = account, query
        self.sums: list[Sum] = month_sums(account)
        terms = account.credit
        years = {formulas.benefit_year(one.start, terms) for one in self.sums} | {account.year}
        users, places = users_of(account, self.sums), places_of(account)
        self.form = EntriesForm(query, years=years, pots=account.pots, terms=terms, users=users, places=places)
        self.choice = Choice.of(self.form)
        self.pots: list[PotKind] = [self.choice.pot] if self.choice.pot else list(account.pots)
        self.figures: dict[Month, Stretch] = figures_by_month(self.sums, self.pots)
        months = [] if self.form.errors else list(self.figures)
        self.months = [month for month in months if self.choice.covers(month, terms)]
        days = self.choice.days(terms)
        self.around = balances_around(self.figures, *days, account.today) if days else None

    @property
    def is_search(self) -> bool:
        """Whether single entries are looked for: they are listed without the months and balances around them."""
        return bool(self.choice.wanted) and not self.form.errors

    def found(self, url: Callable[[int], str]) -> list[Line]:
        """Return the lines looked for, the oldest first, each with the address that `url` gives for its id."""
        if not self.is_search or not self.months:
            return []
        days = self.months[0].first, self.months[-1].next_first
        return lines_found(self.account, self.choice.wanted, *days, pots=self.pots, url=url)

    def statement(self, months: Iterable[Month], **how: Any) -> list[StatementMonth]:
        return statement(self.account, self.figures, months, self.pots, around=self.around, **how)

    @property
    def by_month(self) -> InAndOut | None:
        """What came in and was used in each month of a chosen year, where there is more than one to compare."""
        if not self.choice.year or len(self.months) < 2:
            return None
        return in_and_out((f"{month.month}月", self.figures[month]) for month in self.months)

    @property
    def title(self) -> str:
        if self.is_search:
            return "找到的明细"
        if self.choice.month:
            return f"{month_words(self.choice.month)}的明细"
        return f"{self.choice.year}年的明细" if self.choice.year else "账户明细"

    @property
    def empty(self) -> str:
        """Say what was looked for where nothing was found, and why a month is empty."""
        if self.form.errors:
            return "没有看懂要看哪些记录，所以一条也没有列出。请在上面重新选。"
        if self.choice.month and self.choice.pot is None and not self.is_search:
            return empty_words(self.account, self.choice.month)
        if self.sums:
            return f"按您选的条件没有找到记录。选的是：{self.choice.words}。"
        return "还没有记录。"

    @property
    def wider(self) -> list[tuple[str, str]]:
        """Return (words, address) of the same choice with one condition less, for each of them; at last everything."""
        if self.form.errors:
            return []
        links = [(f"不限{one.of}", self._without(one.names)) for one in self.choice.conditions]
        return [*(links if len(links) > 1 else []), ("看全部明细", reverse("entries"))]

    def _without(self, names: Iterable[str]) -> str:
        query = self.query.copy()
        for name in (*names, "page"):
            query.pop(name, None)
        return f"{reverse('entries')}?{query.urlencode()}"
