"""转入共济账户 (C14): how much, check, done. Only where the region has a 共济账户."""

from uuid import uuid4

from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from accounts.forms.kept import told
from accounts.identity.access import person_required
from accounts.identity.drafts import Told, keeps
from accounts.ledger.errors import InsufficientFundsError
from family.forms.bonds import OTHER, AmountForm
from family.operations import pool
from family.queries.eligibility import Movable, to_move_in
from family.views.citizen.current_account import Giving, OwnAct, giving_of, own_act
from family.views.citizen.labels import undo_words
from family.views.citizen.refusals import answering, changed, refused
from yibao.lib.fen import yuan

CHOSEN = "family_transfer"  # in the session: region, fen, and the key that lets it happen once


@never_cache
@person_required
@require_http_methods(["GET", "POST"])
@answering
def transfer(request: HttpRequest) -> HttpResponse:
    """Ask how much. What has to stay, the most, and how often it may be done are said before."""
    giving, act = _pool_of(request), own_act(request)
    movable = to_move_in(payer=act.person, region=giving.region, on=act.on)
    if movable.reasons:
        return _explained(request, movable)
    before = request.session.get(CHOSEN, {})
    chosen = None if "event" in before else before.get("fen")
    form = AmountForm(
        request.POST if request.method == "POST" else None,
        most_fen=movable.movable_fen,
        initial={"pick": OTHER, "amount": yuan(chosen)} if chosen else {},
    )
    if not form.is_valid():
        context = {"form": form, "giving": giving, "movable": movable, "back_url": reverse("family")}
        return render(request, "family/transfer.html", context, status=422 if form.errors else 200)
    request.session[CHOSEN] = {"region": giving.region, "fen": form.cleaned_data["fen"], "key": uuid4().hex}
    return redirect("family_transfer_check")


@never_cache
@person_required
@require_GET
def left(request: HttpRequest) -> HttpResponse:
    """Say what the choice so far would leave; nothing while it makes no sense yet. HTMX only: others see it on the check."""
    giving, act = _pool_of(request), own_act(request)
    if not request.htmx:  # type: ignore[attr-defined]
        return redirect("family_transfer")
    movable = to_move_in(payer=act.person, region=giving.region, on=act.on)
    form = AmountForm(request.GET, most_fen=movable.movable_fen)
    if not form.is_valid():
        return HttpResponse()
    fen = form.cleaned_data["fen"]
    context = {"left_fen": movable.balance_fen - fen, "pool_fen": movable.pool_fen + fen}
    return render(request, "family/_left.html", context)


@never_cache
@person_required
@require_http_methods(["GET", "POST"])
@answering
def check(request: HttpRequest) -> HttpResponse:
    """Show it once more; the button moves the money, and only once whatever is clicked."""
    giving, act = _pool_of(request), own_act(request)
    chosen = request.session.get(CHOSEN)
    key = request.POST.get("key", "")
    if chosen is None or chosen["region"] != giving.region or (request.method == "GET" and "event" in chosen):
        return redirect("family_transfer")
    if request.method == "POST":
        if key != chosen["key"]:
            return changed(request, back_url=reverse("family_transfer"))
        try:
            event = pool.move_in(act=act, payer=act.person, region=giving.region, amount_fen=chosen["fen"], key=key)
        except InsufficientFundsError:
            return changed(request, back_url=reverse("family_transfer"), text="能转入的金额刚刚变了。")
        request.session[CHOSEN] = {**chosen, "event": event.pk}
        return redirect("family_result", event.pk)
    movable = to_move_in(payer=act.person, region=giving.region, on=act.on)
    if movable.reasons:
        return _explained(request, movable)
    return _check_page(request, act, giving, movable, chosen)


def _check_page(request: HttpRequest, act: OwnAct, giving: Giving, movable: Movable, chosen: dict) -> HttpResponse:
    fen = chosen["fen"]
    if fen > movable.movable_fen:
        return redirect("family_transfer")
    context = {
        "giving": giving,
        "movable": movable,
        "fen": fen,
        "left_fen": movable.balance_fen - fen,
        "pool_fen": movable.pool_fen + fen,
        "key": chosen["key"],
        "undo": undo_words(giving.terms),
        "back_url": reverse("family_transfer"),
    }
    return render(request, "family/transfer_check.html", context)


def _explained(request: HttpRequest, movable: Movable) -> HttpResponse:
    return refused(request, movable.reasons, title="现在还不能转入", status=200 if request.method == "GET" else 422)


@keeps("family_transfer")
def _kept(request: HttpRequest, typed: QueryDict) -> Told:
    giving, act = _pool_of(request), own_act(request)
    movable = to_move_in(payer=act.person, region=giving.region, on=act.on)
    return told("转入共济账户（划拨）：选转入多少", AmountForm(typed, most_fen=movable.movable_fen))


def _pool_of(request: HttpRequest) -> Giving:
    """Return the account of a person in a pool region. Elsewhere there is no such page."""
    giving = giving_of(request)
    if giving is None or not giving.is_pool:
        raise Http404
    return giving
