"""收到邀请 (C11): what it means for me, 同意 and 不同意 with equal weight; and coming to it with a code from paper."""

from datetime import datetime

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from accounts.codes import Relation, Scope
from accounts.identity.access import person_required
from accounts.ledger.pots import regions_of
from accounts.policies import registry
from accounts.policies.formulas import age_on
from family.codes import EventKind
from family.forms.answering import RefusalForm
from family.models import Event, Invitation
from family.operations import accepting, invitations
from family.queries.bonds import bonds_received
from family.queries.eligibility import to_bind
from family.queries.facts import funds_name, is_pool
from family.queries.invitations import invitation_received
from family.rules.reasons import for_user
from family.views.citizen import share_sheet
from family.views.citizen.current_account import OwnAct, own_act
from family.views.citizen.labels import pronoun, scope_words, undo_words
from family.views.citizen.refusals import answering
from yibao.lib.clock import SHANGHAI


@never_cache
@person_required
@require_http_methods(["GET", "POST"])
@answering
def answer(request: HttpRequest, number: str) -> HttpResponse:
    """Show the invited person everything that counts, and take their yes. Opening it notes that they have looked."""
    act = own_act(request)
    found = invitation_received(act.person, number)
    if not is_open(found, act.at):
        return _already_closed(request, act, found)
    if request.method == "POST":
        bond = accepting.accept(act=act, user=act.person, number=number)
        return redirect("family_result", first_event(bond_id=bond.pk).pk)
    found = invitations.mark_seen(act=act, user=act.person, number=number)
    mine = meaning(found, act, own_first=bool(regions_of(act.person.pk)))
    if is_minor(found, act):
        return render(request, "family/answer_minor.html", {**mine, "back_url": reverse("family")})
    reasons = to_bind(
        payer=found.payer, user=act.person, region=found.region, relation=found.relation,
        scopes=tuple(found.scopes), on=act.on, limit_fen=found.limit_fen, until_on=found.until_on,
    )  # fmt: skip
    context = {
        **mine,
        "reasons": for_user(reasons),
        "earlier": [card.other.name for card in bonds_received(act.person, act.on)],
        "back_url": reverse("family"),
    }
    return render(request, "family/answer.html", context)


def meaning(invitation: Invitation, act: OwnAct, *, own_first: bool | None = None) -> dict:
    """Return what an invitation means for the one invited, for every page on which somebody agrees.

    `own_first`: whether they have an account of their own; None where somebody else looks, who must not learn it.
    """
    payer, pool = invitation.payer, is_pool(invitation.region, act.on)
    return {
        "invitation": invitation,
        "payer": payer,
        "they": pronoun(payer.gender),
        "kin": Relation(invitation.relation).inverse.word(payer.gender),
        "is_pool": pool,
        "money": funds_name(invitation.region, act.on),
        "scopes": scope_words(invitation.scopes),
        "last_day": invitation.expires_at and invitation.expires_at.astimezone(SHANGHAI).date(),
        "today": act.on,
        "terms": registry.sharing_or_none(invitation.region, act.on),
        "undo": undo_words(registry.sharing_or_none(invitation.region, act.on)),
        "own_first": own_first,
        "is_medical": Scope.MEDICAL in invitation.scopes,
    }


def is_open(invitation: Invitation, at: datetime) -> bool:
    return (
        invitation.is_open
        and not invitation.sender_unknown
        and (invitation.expires_at is None or invitation.expires_at > at)
    )


def is_minor(invitation: Invitation, act: OwnAct) -> bool:
    """Return whether the person is too young on this day to agree alone."""
    terms = registry.sharing_or_none(invitation.region, act.on)
    return terms is not None and age_on(act.person.birth_on, act.on) < terms.minor_age


def _already_closed(request: HttpRequest, act: OwnAct, invitation: Invitation) -> HttpResponse:
    """Say how an invitation ended that can no longer be answered."""
    event = Event.objects.filter(
        invitation=invitation, by=act.person, kind__in=(EventKind.ACCEPTED, EventKind.DECLINED), undone_by=None
    ).last()
    context = {**meaning(invitation, act), "event": event, "back_url": reverse("family")}
    return render(request, "family/answer_closed.html", context, status=200 if request.method == "GET" else 409)


@never_cache
@person_required
@require_http_methods(["GET", "POST"])
@answering
def refuse(request: HttpRequest, number: str) -> HttpResponse:
    """「不同意」: on its own page, with room for a word to the relative if one wants to."""
    act = own_act(request)
    found = invitation_received(act.person, number)
    if not is_open(found, act.at):
        return _already_closed(request, act, found)
    form = RefusalForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        event = invitations.decline(act=act, user=act.person, number=number, answer=form.cleaned_data["answer"])
        return redirect("family_result", event.pk)
    context = {**meaning(found, act), "form": form, "back_url": reverse("family_answer", args=[number])}
    return render(request, "family/refuse.html", context, status=422 if form.errors else 200)


@never_cache
@person_required
@require_http_methods(["GET", "POST"])
@answering
def report_unknown_sender(request: HttpRequest, number: str) -> HttpResponse:
    """「这不是我的家人」: the inviter is told nothing, the invitation just expires for them."""
    act = own_act(request)
    found = invitation_received(act.person, number)
    if not is_open(found, act.at):
        return _already_closed(request, act, found)
    if request.method == "POST":
        event = invitations.decline(act=act, user=act.person, number=number, not_family=True)
        return redirect("family_result", event.pk)
    context = {**meaning(found, act), "back_url": reverse("family_answer", args=[number])}
    return render(request, "family/report_unknown_sender.html", context)


def first_event(*, bond_id: int) -> Event:
    """Return the event with which a bond began."""
    return Event.objects.get(bond_id=bond_id, kind__in=(EventKind.ACCEPTED, EventKind.BOUND), undoes=None)


@login_not_required
@never_cache
@require_GET
def land(request: HttpRequest, token: str) -> HttpResponse:
    """Take the secret out of the address at once; nothing is looked up before somebody is signed in."""
    share_sheet.take(request, token)
    return redirect("family_landed")


@never_cache
@person_required
@require_GET
def landed(request: HttpRequest) -> HttpResponse:
    """Open the invitation that the secret belongs to, for the invited person only."""
    act = own_act(request)
    token = share_sheet.taken(request)
    if not token:
        return redirect("family")
    try:
        found = invitations.open_token(act=act, user=act.person, token=token)
    except Invitation.DoesNotExist:
        return render(request, "family/not_for_you.html", {"back_url": reverse("family")}, status=404)
    return redirect("family_answer", found.number)
