"""账户明细 (C05): every entry by month, filtered, as a file, on paper. And one entry explained (C06)."""

import csv
import io
from collections.abc import Iterable, Iterator
from typing import Any
from urllib.parse import quote

from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from accounts.codes import CREDIT_KINDS, PotKind
from accounts.forms.entries import Choice, EntriesForm
from accounts.identity.access import current_person, person_required
from accounts.models import PolicyVersion
from accounts.policies import formulas, registry
from accounts.policies.formulas.origins import ASSUMED
from accounts.policies.sources import NO_DOCUMENT, documents_of
from accounts.queries.account import Account, account_in, accounts_of
from accounts.queries.answers import month_by_month, order_words
from accounts.queries.comparison import label_of, shown, with_year_before
from accounts.queries.entries import entries_of
from accounts.queries.explanations import why
from accounts.queries.given_back import given_back
from accounts.queries.lines import lines_of
from accounts.queries.months import (
    Balance,
    StatementMonth,
    balance_name,
    balances_around,
    counted_words,
    empty_words,
    figures_by_month,
    statement,
)
from accounts.queries.settlements import settlement_of
from accounts.queries.statement import Stretch, Sum, month_sums, transfer_of
from accounts.queries.years import InAndOut, in_and_out
from accounts.views.citizen.account import entry_url
from accounts.views.citizen.current_account import my_account, no_account
from yibao.lib import clock
from yibao.lib.csv_files import harmless
from yibao.lib.days import month_words
from yibao.lib.fen import yuan
from yibao.lib.months import Month

MONTHS_A_PAGE = 6
COLUMNS = ("日期", "事项", "账户", "类别", "金额（元）")


class Selection:
    """What the filter of an address picks out of an account: months, oldest first, pots, and the balances around."""

    def __init__(self, query: QueryDict, account: Account) -> None:
        self.account = account
        self.sums: list[Sum] = month_sums(account)
        terms = account.credit
        years = {formulas.benefit_year(one.start, terms) for one in self.sums} | {account.year}
        self.form = EntriesForm(query, years=years, pots=account.pots, terms=terms)
        self.choice = Choice.of(self.form, terms)
        self.pots: list[PotKind] = [self.choice.pot] if self.choice.pot else list(account.pots)
        self.figures: dict[Month, Stretch] = figures_by_month(self.sums, self.pots)
        months = [] if self.form.errors else list(self.figures)
        self.months = [month for month in months if self.choice.covers(month, terms)]
        days = self.choice.days(terms)
        self.around = balances_around(self.figures, *days, account.today) if days else None

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
        if self.choice.month:
            return f"{month_words(self.choice.month)}的明细"
        return f"{self.choice.year}年的明细" if self.choice.year else "账户明细"


@never_cache
@person_required
@require_GET
def entries(request: HttpRequest) -> HttpResponse:
    """Show the months that were chosen. With HTMX (the filter, the pages) only the list and how much was found.

    A chosen year or month reads from its opening balance down to its closing one; everything begins with the latest.
    """
    accounts, mine = my_account(request)
    if mine is None:
        return no_account(request, accounts)
    chosen = Selection(request.GET, mine)
    is_period = chosen.around is not None
    shown = chosen.months if is_period else chosen.months[::-1]
    page = Paginator(shown, 12 if is_period else MONTHS_A_PAGE).get_page(request.GET.get("page"))
    months = chosen.statement(page.object_list, url=entry_url, newest_first=not is_period)
    context = {
        "account": mine,
        "region_name": registry.region_name(mine.region),
        "form": chosen.form,
        "title": chosen.title,
        "months": months,
        "around": chosen.around,
        "both": chosen.by_month,
        "counted": counted_words(mine, chosen.pots),
        "page_obj": page,
        "announcement": f"找到{sum(len(month.lines) for month in months)}笔记录。",
        "empty": _empty(mine, chosen) if not months else "",
        "address": request.GET.urlencode(),
    }
    status = 422 if chosen.form.errors else 200
    if request.htmx:  # type: ignore[attr-defined]
        return render(request, "accounts/_entries.html", context, status=status)
    context["answer"] = month_by_month(mine)
    return render(request, "accounts/entries.html", context, status=status)


def _empty(mine: Account, chosen: Selection) -> str:
    if chosen.form.errors:
        return "没有看懂要看哪些记录，所以一条也没有列出。请在上面重新选。"
    if chosen.choice.month and chosen.choice.pot is None:
        return empty_words(mine, chosen.choice.month)
    if chosen.sums:
        return "按您选的条件没有记录。换一个年份、月份或账户看看。"
    return "还没有记录。"


@never_cache
@person_required
@require_GET
def entries_file(request: HttpRequest) -> HttpResponse:
    """Give the chosen entries as CSV for a spreadsheet: the lines of the printed sheet, without anything around."""
    accounts, mine = my_account(request)
    if mine is None:
        return no_account(request, accounts)
    chosen = Selection(request.GET, mine)
    if chosen.form.errors:
        return entries(request)
    out = io.StringIO()
    writer = csv.writer(out, quoting=csv.QUOTE_ALL)
    months = chosen.statement(chosen.months, url=lambda _: "")
    writer.writerow((*COLUMNS, f"{balance_name(mine, chosen.pots)}（元）"))
    for row in _rows(months, chosen.around):
        writer.writerow([harmless(cell) for cell in row])
    response = HttpResponse("\ufeff" + out.getvalue(), content_type="text/csv; charset=utf-8")
    name = f"医保账户明细{chosen.choice.month or chosen.choice.year or ''}"
    response["Content-Disposition"] = f"attachment; filename=\"entries.csv\"; filename*=UTF-8''{quote(name)}.csv"
    return response


def _rows(months: list[StatementMonth], around: tuple[Balance, Balance] | None) -> Iterator[tuple[str, ...]]:
    """Yield the opening balance, the lines of each month with its totals below, and the closing balance."""
    if around:
        yield _cells_of_balance(around[0])
    for month in months:
        for line in month.lines:
            balance_fen = line.balance_fen or 0
            yield line.day.isoformat(), line.text, line.pot_name, line.sort, yuan(line.fen), yuan(balance_fen)
        yield str(month.month), month.totals_words, "", "", "", yuan(month.closing_fen)
    if around:
        yield _cells_of_balance(around[1])


def _cells_of_balance(balance: Balance) -> tuple[str, ...]:
    return balance.day.isoformat(), balance.title, "", "", "", yuan(balance.fen)


@never_cache
@person_required
@require_GET
def entries_sheet(request: HttpRequest) -> HttpResponse:
    """Show a year's entries as sheets to print; without a chosen year, this year's."""
    accounts, mine = my_account(request)
    if mine is None:
        return no_account(request, accounts)
    query = request.GET.copy()
    if not query.get("year"):
        query["year"] = str(mine.year)
    chosen = Selection(query, mine)
    if chosen.form.errors:
        return entries(request)
    opening, closing = chosen.around or balances_around(chosen.figures, *mine.year_range, mine.today)
    months = chosen.statement(chosen.months, url=lambda _: "")
    context = {
        "account": mine,
        "region_name": registry.region_name(mine.region),
        "choice": chosen.choice,
        "months": months,
        "opening": opening,
        "closing": closing,
        "balance_name": balance_name(mine, chosen.pots),
        "printed_at": clock.now(),
        "back_url": f"{reverse('entries')}?{query.urlencode()}",
    }
    return render(request, "accounts/entries_sheet.html", context)


@never_cache
@person_required
@require_GET
def entry(request: HttpRequest, entry_id: int) -> HttpResponse:
    """Explain one entry of one's own (C06). Anybody else's is not found."""
    accounts = accounts_of(current_person(request))
    transfer = transfer_of(accounts.pots, entry_id)
    if transfer is None:
        raise Http404
    mine = account_in(accounts, transfer.region, clock.today())
    reason = why(transfer, settlement_of(transfer))
    context = {
        "account": mine,
        "transfer": transfer,
        "voucher": transfer.voucher,
        "given_back": given_back(transfer.voucher, accounts.pots),
        "region_name": registry.region_name(transfer.region),
        "lines": lines_of(mine, entries_of(mine.person, [transfer]), url=entry_url),
        "why": reason,
        "inputs": [
            (label_of(key), f"{shown(value)}{ASSUMED if key in reason.assumed else ''}")
            for key, value in reason.inputs.items()
        ],
        "rules": [_rule(policy) for policy in reason.policies],
        "is_credit": transfer.kind in CREDIT_KINDS,
        "order": order_words(mine),
        "compared": with_year_before(mine, transfer),
        "about": f"entry-{transfer.pk}",
        "back_url": reverse("entries"),
        "back_text": "账户明细",
    }
    return render(request, "accounts/entry.html", context)


def _rule(policy: PolicyVersion) -> dict[str, object]:
    return {
        "name": policy.get_kind_display(),
        "effective_from": policy.effective_from,
        "documents": documents_of(policy) or [NO_DOCUMENT],
    }
