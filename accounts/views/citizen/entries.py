"""账户明细 (C05): every entry by month, or those that are looked for; on the screen and on paper."""

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from accounts.forms.entries import LOOKED_FOR
from accounts.identity.access import person_required
from accounts.policies import registry
from accounts.queries.answers import month_by_month
from accounts.queries.months import balance_name, balances_around, counted_words
from accounts.queries.search import found_words
from accounts.views.citizen.account import entry_url
from accounts.views.citizen.current_account import my_account, no_account
from accounts.views.citizen.selection import Selection
from yibao.lib import clock

MONTHS_A_PAGE = 6
FOUND_A_PAGE = 30


@never_cache
@person_required
@require_GET
def entries(request: HttpRequest) -> HttpResponse:
    """Show the months that were chosen, or the entries found. With HTMX (the filter, the pages) only the list and its sum.

    A chosen year or month reads from its opening balance down to its closing one; everything begins with the latest.
    """
    accounts, mine = my_account(request)
    if mine is None:
        return no_account(request, accounts)
    chosen = Selection(request.GET, mine)
    context = {
        "account": mine,
        "region_name": registry.region_name(mine.region),
        "form": chosen.form,
        "title": chosen.title,
        "words": chosen.choice.words,
        "year": chosen.choice.year,
        "address": request.GET.urlencode(),
        **(_found if chosen.is_search else _months)(chosen, request.GET.get("page")),
    }
    status = 422 if chosen.form.errors else 200
    if request.htmx:  # type: ignore[attr-defined]
        return render(request, "accounts/_entries.html", context, status=status)
    context["answer"] = month_by_month(mine)
    return render(request, "accounts/entries.html", context, status=status)


def _months(chosen: Selection, number: str | None) -> dict[str, object]:
    is_period = chosen.around is not None
    shown = chosen.months if is_period else chosen.months[::-1]
    page = Paginator(shown, 12 if is_period else MONTHS_A_PAGE).get_page(number)
    months = chosen.statement(page.object_list, url=entry_url, newest_first=not is_period)
    return {
        "months": months,
        "around": chosen.around,
        "both": chosen.by_month,
        "counted": counted_words(chosen.account, chosen.pots),
        "page_obj": page,
        "announcement": f"找到{sum(len(month.lines) for month in months)}笔记录。",
        **({} if months else {"empty": chosen.empty, "wider": chosen.wider}),
    }


def _found(chosen: Selection, number: str | None) -> dict[str, object]:
    lines = chosen.found(entry_url)
    if chosen.around is None:
        lines.reverse()
    page = Paginator(lines, FOUND_A_PAGE).get_page(number)
    return {
        "found": page.object_list,
        "wider": chosen.wider,
        "page_obj": page,
        "announcement": found_words(lines),
        "empty": "" if lines else chosen.empty,
    }


@never_cache
@person_required
@require_GET
def entries_sheet(request: HttpRequest) -> HttpResponse:
    """Show a year's entries as sheets to print, or the entries found; without either, this year's."""
    accounts, mine = my_account(request)
    if mine is None:
        return no_account(request, accounts)
    query = request.GET.copy()
    if not any(query.get(name) for name in ("year", *LOOKED_FOR)):
        query["year"] = str(mine.year)
    chosen = Selection(query, mine)
    if chosen.form.errors:
        return entries(request)
    context = {
        "account": mine,
        "region_name": registry.region_name(mine.region),
        "words": chosen.choice.words,
        "printed_at": clock.now(),
        "back_url": f"{reverse('entries')}?{query.urlencode()}",
    }
    if chosen.is_search:
        found = chosen.found(lambda _: "")
        context |= {"found": found, "found_words": found_words(found)}
        return render(request, "accounts/entries_found_sheet.html", context)
    opening, closing = chosen.around or balances_around(chosen.figures, *mine.year_range, mine.today)
    context |= {
        "months": chosen.statement(chosen.months, url=lambda _: ""),
        "opening": opening,
        "closing": closing,
        "balance_name": balance_name(mine, chosen.pots),
    }
    return render(request, "accounts/entries_sheet.html", context)
