"""Which account a signed-in person is looking at: one of their own regions, kept in the session."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from accounts.identity.access import current_person
from accounts.policies import book
from accounts.queries import page_hooks
from accounts.queries.account import Account, Holdings, account_in, holdings_of
from yibao.lib import clock

REGION = "account_region"


def my_account(request: HttpRequest) -> tuple[Holdings, Account | None]:
    """Return what the person has anywhere, and the account they chose to look at: else the one most likely wanted.

    There is none for residents, and where no rules are loaded for the region.
    """
    holdings, today = holdings_of(current_person(request)), clock.today()
    regions = my_regions(holdings)
    if not regions:
        return holdings, None
    chosen = request.session.get(REGION)
    return holdings, account_in(holdings, chosen if chosen in regions else regions[0], today)


def my_regions(holdings: Holdings) -> list[str]:
    """Return the person's regions that have rules, the one most likely wanted first."""
    return [region for region in holdings.regions(clock.today()) if book.knows_region(region)]


def no_account(request: HttpRequest, holdings: Holdings) -> HttpResponse:
    """Say why there is no account here and what this person can use instead. Nothing is wrong: status 200."""
    today = clock.today()
    regions = [region for region in holdings.regions(today) if not book.knows_region(region)]
    context = {
        "resident": holdings.resident_on(today),
        "today": today,
        "pending": page_hooks.pending_of(holdings.person, today),
        "regions_without_rules": [book.region_name(region) for region in regions],
    }
    return render(request, "accounts/no_account.html", context)
