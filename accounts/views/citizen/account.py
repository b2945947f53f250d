"""我的账户 (C04), and choosing among the regions where one has an account."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from accounts.codes import PotKind
from accounts.identity.access import current_person, person_required
from accounts.ledger.freezing import stopped
from accounts.policies import registry
from accounts.queries import page_hooks
from accounts.queries.account import Account, accounts_of
from accounts.queries.answers import (
    LOOKED_BACK,
    Credits,
    Facts,
    answers,
    order_words,
    state_words,
    suspension_words,
    who_may_use,
)
from accounts.queries.calendar import late_words, latest_credit, next_credit
from accounts.queries.comparison import with_year_before
from accounts.queries.entries import entries_of
from accounts.queries.lines import Line, lines_of, pot_name
from accounts.queries.page_hooks import MainAct, WhyNot
from accounts.queries.statement import latest_transfers, year_sums
from accounts.queries.years import (
    Year,
    bars,
    bars_words,
    change_words,
    names_of_users,
    trend_words,
    years_of,
)
from accounts.views.citizen.current_account import REGION, my_account, my_regions, no_account
from yibao.lib import clock

LATEST = 3
SHOWN = (PotKind.CARRIED, PotKind.CURRENT, PotKind.POOL)


@never_cache
@person_required
@require_GET
def account(request: HttpRequest) -> HttpResponse:
    """Answer 有多少、谁能用 at one glance. With HTMX (「刷新」) only the balance card."""
    accounts, mine = my_account(request)
    if mine is None:
        return no_account(request, accounts)
    if request.htmx:  # type: ignore[attr-defined]
        return render(request, "accounts/_balance.html", _balance(mine))
    years = years_of(mine, year_sums(mine))
    credits = credits_of(mine)
    facts = facts_of(mine, credits, years)
    context = {
        **_balance(mine),
        "explain_url": entry_url(credits.latest.pk) if credits.latest else "",
        "other_regions": [(code, registry.region_name(code)) for code in my_regions(accounts) if code != mine.region],
        "state_words": state_words(mine),
        "suspension_words": suspension_words(mine),
        "is_frozen": (mine.person.pk, mine.region) in stopped([mine.person.pk], mine.today).frozen,
        "upcoming": credits.upcoming,
        "others_money": page_hooks.others_money(mine.person, mine.today),
        "users": page_hooks.users_of(mine.person, mine.region, mine.today),
        "pending": page_hooks.pending_of(mine.person, mine.today),
        "entries": _latest(mine),
        "this_year": change_words(years[-1], facts.names) if years and not years[-1].is_over else "",
        "bars": bars(years),
        "bars_words": bars_words(mine),
        "trend": trend_words(mine, years),
        "answers": answers(facts),
    }
    return render(request, "accounts/account.html", context)


def _latest(mine: Account) -> list[Line]:
    """Return the few entries booked last, the latest first."""
    entries = entries_of(mine.person, latest_transfers(mine, LATEST)[::-1])
    return lines_of(mine, entries, url=entry_url)[::-1]


def _balance(mine: Account) -> dict[str, object]:
    act = page_hooks.main_act_of(mine.person, mine.region, mine.today)
    why_not = act.words if isinstance(act, WhyNot) else ""
    return {
        "main_act": act if isinstance(act, MainAct) else None,
        "why_not_shared": why_not if mine.is_normal else "",  # how the insurance stands is said above the card
        "account": mine,
        "region_name": registry.region_name(mine.region),
        "pots": [_pot(mine, kind, may_share=not why_not) for kind in SHOWN if kind in mine.pots],
        "order": order_words(mine),
        "as_of": clock.now(),
        "late": late_words(mine),
    }


def _pot(mine: Account, kind: PotKind, *, may_share: bool) -> dict[str, object]:
    return {
        "label": pot_name(kind, mine.credit.has_buckets),
        "who": who_may_use(mine, kind, may_share=may_share),
        "fen": mine.fen(kind),
    }


def credits_of(mine: Account) -> Credits:
    """Return the last credit, the next one, and the last beside the year before (two queries)."""
    latest = latest_credit(mine)
    comparison = with_year_before(mine, latest) if latest is not None else None
    return Credits(latest, next_credit(mine, latest), comparison)


def facts_of(mine: Account, credits: Credits | None = None, years: list[Year] | None = None) -> Facts:
    """Return what the four questions are answered from; what is known already is not asked for again."""
    years = years_of(mine, year_sums(mine)) if years is None else years
    return Facts(mine, credits or credits_of(mine), years, names_of_users(mine, years[-LOOKED_BACK:]))


def entry_url(entry_id: int) -> str:
    return reverse("entry", args=[entry_id])


@person_required
@require_POST
def choose_region(request: HttpRequest) -> HttpResponse:
    """Look at the account in another of one's own regions from now on. 404 for a region that is not one's own."""
    region = request.POST.get("region", "")
    if region not in my_regions(accounts_of(current_person(request))):
        raise Http404
    request.session[REGION] = region
    return redirect("account")
