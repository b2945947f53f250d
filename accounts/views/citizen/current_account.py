"""Which account a signed-in person is looking at: one of their own regions, kept in the session."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from accounts.identity.access import current_person
from accounts.policies import registry
from accounts.queries import page_hooks
from accounts.queries.account import Account, Accounts, account_in, accounts_of
from yibao.lib import clock

REGION = "account_region"


def my_account(request: HttpRequest) -> tuple[Accounts, Account | None]:
    """Return what the person has anywhere, and the account they chose to look at: else the one most likely wanted.

    There is none for residents, and where no rules are loaded for the region.
    """
    accounts, today = accounts_of(current_person(request)), clock.today()
    regions = my_regions(accounts)
    if not regions:
        return accounts, None
    chosen = request.session.get(REGION)
    return accounts, account_in(accounts, chosen if chosen in regions else regions[0], today)


def my_regions(accounts: Accounts) -> list[str]:
    """Return the person's regions that have rules, the one most likely wanted first."""
    return [region for region in accounts.regions(clock.today()) if registry.knows_region(region)]


def no_account(request: HttpRequest, accounts: Accounts) -> HttpResponse:
    """Say why there is no account here and what this person can use instead. Nothing is wrong: status 200."""
    today = clock.today()
    regions = [region for region in accounts.regions(today) if not registry.knows_region(region)]
    context = {
        "resident": accounts.resident_on(today),
        "today": today,
        "others_money": page_hooks.others_money(accounts.person, today),
        "pending": page_hooks.pending_of(accounts.person, today),
        "regions_without_rules": [registry.region_name(region) for region in regions],
    }
    return render(request, "accounts/no_account.html", context)
