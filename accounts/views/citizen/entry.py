"""这笔钱怎么算 (C06): one entry explained."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from accounts.codes import CREDIT_KINDS
from accounts.identity.access import current_person, person_required
from accounts.models import PolicyVersion
from accounts.policies import registry
from accounts.policies.formulas.origins import ASSUMED
from accounts.policies.sources import NO_DOCUMENT, documents_of
from accounts.queries import page_hooks
from accounts.queries.account import account_in, accounts_of
from accounts.queries.answers import order_words
from accounts.queries.comparison import label_of, shown, with_year_before
from accounts.queries.entries import entries_of
from accounts.queries.explanations import why
from accounts.queries.given_back import given_back
from accounts.queries.lines import lines_of
from accounts.queries.settlements import settlement_of
from accounts.queries.statement import transfer_of
from accounts.queries.trace import counter_of
from accounts.views.citizen.account import entry_url
from yibao.lib import clock


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
        "counter": counter_of(mine.person, transfer.voucher),
        "facts": page_hooks.facts_of_entry(mine.person, transfer.voucher),
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
