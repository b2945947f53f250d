"""我能用谁的钱 (C16): whose money, in which order, trying a bill out, and no longer using somebody's (C13 mirrored)."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.codes import InstitutionKind, InstitutionLevel
from accounts.identity.access import person_required
from accounts.policies import registry
from accounts.queries.account import Account
from accounts.queries.lines import pot_name
from accounts.views.citizen.current_account import my_account
from family.forms.bonds import PreviewForm
from family.operations import bonds
from family.queries.bonds import Card, bonds_received, card_received, history, may_reorder
from family.queries.facts import funds_name
from family.queries.invitations import invitations_received
from family.queries.plan import Plan, plan
from family.queries.preview import Shown, shown
from family.queries.undoable import undoable
from family.rules import ChangedError, Where
from family.views.citizen.current_account import OwnAct, own_act
from family.views.citizen.labels import pronoun, scope_words, undo_words
from family.views.citizen.refusals import answering
from family.views.citizen.result import events_shown
from yibao.lib.fen import yuan
from yibao.lib.values.numbers import whole_number

PLACES = (
    *(
        (f"{InstitutionKind.HOSPITAL}-{level}", f"{level.label}医疗机构" if level else "社区卫生院等（没有等级）")
        for level in InstitutionLevel
    ),
    (InstitutionKind.PHARMACY, "药店"),
)


@never_cache
@person_required
@require_GET
def from_others(request: HttpRequest) -> HttpResponse:
    """Show whose money one may use, first to last. Whoever has no account starts here."""
    act = own_act(request)
    _, account = my_account(request)
    context = {
        **_order(act, account),
        "received": invitations_received(act.person, act.at),
        "undoable": events_shown(undoable(act.person, act.at), act) if account is None else [],
        "form": PreviewForm(places=PLACES),
    }
    return render(request, "family/from_others.html", context)


def _order(act: OwnAct, account: Account | None) -> dict:
    cards = bonds_received(act.person, act.on)
    return {
        "cards": [(card, _money(card, act)) for card in cards],
        "may_reorder": may_reorder(act.person, act.on),
        "has_account": account is not None,
        "today": act.on,
    }


def _money(card: Card, act: OwnAct) -> str:
    return funds_name(card.bond.region, act.on)


@never_cache
@person_required
@require_POST
@answering
def move(request: HttpRequest) -> HttpResponse:
    """Move one relative up or down by one place. With HTMX the answer is the list."""
    act = own_act(request)
    cards = bonds_received(act.person, act.on)
    order = [card.bond.pk for card in cards]
    bond_id = whole_number(request.POST.get("bond", "")) or 0
    if bond_id not in order:
        raise Http404
    here = order.index(bond_id)
    there = here + (-1 if request.POST.get("to") == "up" else 1)
    if 0 <= there < len(order):
        order[here], order[there] = order[there], order[here]
        bonds.reorder(act=act, user=act.person, bond_ids=order)
    name = next(card.other.name for card in cards if card.bond.pk == bond_id)
    words = f"{name}现在是第{order.index(bond_id) + 1}位"
    if request.htmx:
        context = {**_order(act, my_account(request)[1]), "announcement": words, "moved": bond_id}
        return render(request, "family/_order.html", context)
    messages.success(request, f"{words}。")
    return redirect("family_from_others")


@never_cache
@person_required
@require_GET
@answering
def payer(request: HttpRequest, bond_id: int) -> HttpResponse:
    """Show what one may use of one relative's money, where, and what has happened since."""
    act = own_act(request)
    card = card_received(act.person, bond_id, act.on)
    context = {
        **_about(card, act),
        "has_account": my_account(request)[1] is not None,
        "marks": history(card.bond, for_payer=False),
        "back_url": reverse("family_from_others"),
    }
    return render(request, "family/payer.html", context)


def _about(card: Card, act: OwnAct) -> dict:
    return {
        "card": card,
        "bond": card.bond,
        "today": act.on,
        "they": pronoun(card.other.gender),
        "scopes": scope_words(card.bond.scopes),
        "undo": undo_words(registry.sharing_or_none(card.bond.region, act.on)),
        "money": _money(card, act),
        "places_yes": [rule.words for rule in card.usable_at if rule.allowed],
        "places_no": [rule.words for rule in card.usable_at if not rule.allowed],
    }


@never_cache
@person_required
@require_http_methods(["GET", "POST"])
@answering
def leave(request: HttpRequest, bond_id: int) -> HttpResponse:
    """「不再用陈静的钱」: say what it means, then do it."""
    act = own_act(request)
    card = card_received(act.person, bond_id, act.on)
    if card.bond.has_ended:
        raise ChangedError
    if request.method == "POST":
        return redirect("family_result", bonds.leave(act=act, user=act.person, bond_id=bond_id).pk)
    return render(
        request, "family/leave.html", {**_about(card, act), "back_url": reverse("family_payer", args=[bond_id])}
    )


@never_cache
@person_required
@require_GET
def preview(request: HttpRequest) -> HttpResponse:
    """Try a bill out: how much would come from whom, and how much in cash. Nothing moves."""
    act = own_act(request)
    form = PreviewForm(request.GET if "amount" in request.GET else None, places=PLACES)
    region = _insured_in(request, act)
    found: Plan | None = None
    if form.is_valid() and region:
        kind, _, level = form.cleaned_data["place"].partition("-")
        found = plan(
            person=act.person, region=region, amount_fen=form.cleaned_data["amount"], on=act.on,
            where=Where(kind, int(level or 0)),
        )  # fmt: skip
    context = {
        "form": form,
        "plan": found,
        "place": dict(PLACES).get(form.data.get("place", ""), ""),
        "amount": yuan(found.amount_fen) if found else "",
        **(_shown(shown(found), region) if found else {}),
        "no_rules": not region,
        "back_url": reverse("family_from_others"),
        "back_text": "我能用谁的钱",
    }
    return render(request, "family/preview.html", context, status=422 if form.errors else 200)


def _shown(bill: Shown, region: str) -> dict:
    return {
        "lines": [
            (line.called or _self_in(line.region, region), pot_name(line.pot, registry.has_buckets(line.region)), line)
            for line in bill.lines
        ],
        "cash_fen": bill.cash_fen,
    }


def _self_in(place: str, region: str) -> str:
    """Name oneself, with the place of the account where it is another than one is insured in."""
    return "您自己" if place == region else f"您自己在{registry.region_name(place)}"


def _insured_in(request: HttpRequest, act: OwnAct) -> str:
    """Return where the person is insured, for the rules of spending; "" where none are on file."""
    accounts, account = my_account(request)
    resident = accounts.resident_on(act.on)
    region = account.region if account else resident.region if resident else ""
    return region if region and registry.spending_or_none(region, act.on) else ""
