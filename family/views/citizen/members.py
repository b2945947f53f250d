"""家人详情 (C12) and 移除家人 (C13): one relative's terms, seen and changed by the one who pays."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.identity.access import person_required
from accounts.policies import registry
from family.forms.bonds import EndDayForm, LimitForm
from family.forms.limits import limit_initial
from family.models import Event
from family.operations import bonds
from family.queries.bonds import Card, card_given, history
from family.queries.facts import funds_name
from family.queries.undoable import undoable
from family.rules import ChangedError
from family.views.citizen.current_account import OwnAct, own_act
from family.views.citizen.labels import pronoun, scope_words, undo_words
from family.views.citizen.refusals import answering
from family.views.citizen.result import events_shown
from yibao.lib.days import day_words

UNCHANGED = "和原来一样，没有修改。"


@never_cache
@person_required
@require_GET
@answering
def member(request: HttpRequest, bond_id: int) -> HttpResponse:
    """Show what one relative uses, may use and where, and what has happened since."""
    act = own_act(request)
    card = card_given(act.person, bond_id, act.on)
    context = {
        **_about(card, act),
        "marks": history(card.bond, for_payer=True),
        "undoable": events_shown(undoable(act.person, act.at).filter(bond=bond_id), act),
        "back_url": reverse("family"),
    }
    return render(request, "family/member.html", context)


def _about(card: Card, act: OwnAct) -> dict:
    bond = card.bond
    return {
        "card": card,
        "bond": bond,
        "today": act.on,
        "they": pronoun(card.other.gender),
        "scopes": scope_words(bond.scopes),
        "undo": undo_words(registry.sharing_or_none(bond.region, act.on)),
        "money": funds_name(bond.region, act.on),
        "insurance": card.bound.user.insurance,
        "user_region": registry.region_name(card.bound.user.region) if card.bound.user.region else "",
        "places_yes": [rule.words for rule in card.usable_at if rule.allowed],
        "places_no": [rule.words for rule in card.usable_at if not rule.allowed],
    }


@never_cache
@person_required
@require_http_methods(["GET", "POST"])
@answering
def limit(request: HttpRequest, bond_id: int) -> HttpResponse:
    """Change the yearly limit: its own page, or with HTMX the row that becomes a form and back."""
    act = own_act(request)
    card = _active(act, bond_id)
    if request.htmx and "cancel" in request.GET:
        return _limit_row(request, act, card, "")
    form = LimitForm(
        request.POST if request.method == "POST" else None,
        initial=limit_initial(card.bond.limit_fen),
        most_fen=card.declared_fen,
    )
    if not form.is_valid():
        context = {**_about(card, act), "form": form, "back_url": reverse("family_member", args=[bond_id])}
        template = "family/_limit_form.html" if request.htmx else "family/limit.html"
        return render(request, template, context, status=422 if form.errors else 200)
    event = bonds.set_limit(act=act, payer=act.person, bond_id=bond_id, limit_fen=form.cleaned_data["limit_fen"])
    if request.htmx:
        return _limit_row(request, act, card_given(act.person, bond_id, act.on), "额度已修改。" if event else UNCHANGED)
    return _result_or_back(request, event, bond_id)


def _limit_row(request: HttpRequest, act: OwnAct, card: Card, announcement: str) -> HttpResponse:
    events = undoable(act.person, act.at).filter(bond=card.bond)
    context = {**_about(card, act), "announcement": announcement, "undoable": events_shown(events, act)}
    return render(request, "family/_limit.html", context)


@never_cache
@person_required
@require_http_methods(["GET", "POST"])
@answering
def end_day(request: HttpRequest, bond_id: int) -> HttpResponse:
    """Change the last day."""
    act = own_act(request)
    card = _active(act, bond_id)
    until = card.bond.until_on
    form = EndDayForm(
        request.POST if request.method == "POST" else None,
        initial={"until": day_words(until) if until else ""},
        today=act.on,
    )
    if form.is_valid() and form.cleaned_data["until"] and form.cleaned_data["until"] < act.on:
        form.add_error("until", "结束日期不能早于今天。要马上结束，请用移除")
    if not form.is_bound or form.errors:
        context = {**_about(card, act), "form": form, "back_url": reverse("family_member", args=[bond_id])}
        return render(request, "family/end_day.html", context, status=422 if form.errors else 200)
    event = bonds.set_end(act=act, payer=act.person, bond_id=bond_id, until_on=form.cleaned_data["until"])
    return _result_or_back(request, event, bond_id)


def _result_or_back(request: HttpRequest, event: Event | None, bond_id: int) -> HttpResponse:
    """Show what was changed; where nothing was, the relative's page says so."""
    if event:
        return redirect("family_result", event.pk)
    messages.success(request, UNCHANGED)
    return redirect("family_member", bond_id)


@person_required
@require_POST
@answering
def suspend(request: HttpRequest, bond_id: int) -> HttpResponse:
    """Stop the use at once; nothing is lost by it, so there is no page in between."""
    act = own_act(request)
    event = bonds.suspend(act=act, payer=act.person, bond_id=bond_id)
    return redirect("family_result", event.pk)


@person_required
@require_POST
@answering
def resume(request: HttpRequest, bond_id: int) -> HttpResponse:
    act = own_act(request)
    event = bonds.resume(act=act, payer=act.person, bond_id=bond_id)
    return redirect("family_result", event.pk)


@never_cache
@person_required
@require_http_methods(["GET", "POST"])
@answering
def remove(request: HttpRequest, bond_id: int) -> HttpResponse:
    """Say what removing means, then do it. No reason is asked for."""
    act = own_act(request)
    card = _active(act, bond_id)
    if request.method == "POST":
        return redirect("family_result", bonds.remove(act=act, payer=act.person, bond_id=bond_id).pk)
    context = {**_about(card, act), "back_url": reverse("family_member", args=[bond_id])}
    return render(request, "family/remove.html", context)


def _active(act: OwnAct, bond_id: int) -> Card:
    """Return a bond that can still be changed. Raises Bond.DoesNotExist, ChangedError."""
    card = card_given(act.person, bond_id, act.on)
    if card.bond.has_ended:
        raise ChangedError
    return card
