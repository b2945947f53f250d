"""每年的变化 (C07): what each benefit year began with, received, used, moved to 历年 and ended with."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from accounts.identity.access import person_required
from accounts.policies import registry
from accounts.queries.answers import LESS, answer
from accounts.queries.statement import year_sums
from accounts.queries.years import MOST_BARS, bars, bars_words, in_and_out, trend_words, years_of
from accounts.views.citizen.account import facts_of
from accounts.views.citizen.current_account import my_account, no_account


@never_cache
@person_required
@require_GET
def years(request: HttpRequest) -> HttpResponse:
    """Show all years, the latest first, and of the last seven what was left, credited and used as bars."""
    accounts, mine = my_account(request)
    if mine is None:
        return no_account(request, accounts)
    rows = years_of(mine, year_sums(mine))
    context = {
        "account": mine,
        "region_name": registry.region_name(mine.region),
        "years": rows[::-1],
        "has_returned": any(row.returned_fen for row in rows),
        "has_other": any(row.other_fen for row in rows),
        "bars": bars(rows),
        "bars_words": bars_words(mine),
        "trend": trend_words(mine, rows),
        "both": in_and_out((f"{row.year}年", row.figures) for row in rows[-MOST_BARS:]),
        "answer": answer(LESS, facts_of(mine, years=rows)),
    }
    return render(request, "accounts/years.html", context)
