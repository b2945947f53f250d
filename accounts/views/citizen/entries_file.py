"""账户明细 as a file for a spreadsheet: what the page's filter picks out, line by line."""

import csv
import io
from collections.abc import Iterator
from urllib.parse import quote

from django.http import HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from accounts.identity.access import person_required
from accounts.queries.lines import Line
from accounts.queries.months import Balance, balance_name
from accounts.queries.search import found_words
from accounts.views.citizen.current_account import my_account, no_account
from accounts.views.citizen.entries import entries
from accounts.views.citizen.selection import Selection
from yibao.lib.csv_files import harmless
from yibao.lib.fen import yuan

COLUMNS = ("日期", "事项", "账户", "类别", "金额（元）")


@never_cache
@person_required
@require_GET
def entries_file(request: HttpRequest) -> HttpResponse:
    """Give the chosen entries as CSV: the lines of the printed sheet, without anything around."""
    accounts, mine = my_account(request)
    if mine is None:
        return no_account(request, accounts)
    chosen = Selection(request.GET, mine)
    if chosen.form.errors:
        return entries(request)
    out = io.StringIO()
    writer = csv.writer(out, quoting=csv.QUOTE_ALL)
    left = () if chosen.is_search else (f"{balance_name(mine, chosen.pots)}（元）",)
    writer.writerow((*COLUMNS, *left))
    for row in _rows_found(chosen) if chosen.is_search else _rows(chosen):
        writer.writerow([harmless(cell) for cell in row])
    response = HttpResponse("\ufeff" + out.getvalue(), content_type="text/csv; charset=utf-8")
    which = "（部分）" if chosen.is_search else chosen.choice.month or chosen.choice.year or ""
    name = f"医保账户明细{which}"
    response["Content-Disposition"] = f"attachment; filename=\"entries.csv\"; filename*=UTF-8''{quote(name)}.csv"
    return response


def _rows(chosen: Selection) -> Iterator[tuple[str, ...]]:
    """Yield the opening balance, the lines of each month with its totals below, and the closing balance."""
    if chosen.around:
        yield _cells_of_balance(chosen.around[0])
    for month in chosen.statement(chosen.months, url=lambda _: ""):
        for line in month.lines:
            yield *_cells(line), yuan(line.balance_fen or 0)
        yield str(month.month), month.totals_words, "", "", "", yuan(month.closing_fen)
    if chosen.around:
        yield _cells_of_balance(chosen.around[1])


def _rows_found(chosen: Selection) -> Iterator[tuple[str, ...]]:
    """Yield the lines that were looked for, and at the end that these are not all of them."""
    found = chosen.found(lambda _: "")
    yield from (_cells(line) for line in found)
    yield "", f"只列出：{chosen.choice.words}。{found_words(found)}", "", "", ""


def _cells(line: Line) -> tuple[str, ...]:
    return line.day.isoformat(), line.text, line.pot_name, line.sort, yuan(line.fen)


def _cells_of_balance(balance: Balance) -> tuple[str, ...]:
    return balance.day.isoformat(), balance.title, "", "", "", yuan(balance.fen)
