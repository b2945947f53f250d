"""家庭共济 (C08): who may use my money, whom I have asked, whose money I may use."""

from datetime import timedelta

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from accounts.identity.access import person_required
from family.codes import InvitationState
from family.models import Invitation
from family.queries.bonds import bonds_given, bonds_received
from family.queries.eligibility import relations_offered, to_invite, to_move_in
from family.queries.invitations import draft_of, invitations_received, invitations_sent
from family.queries.undoable import undoable
from family.views.citizen.current_account import Giving, OwnAct, giving_of, own_act
from family.views.citizen.labels import Asked
from family.views.citizen.refusals import refusals_of
from family.views.citizen.result import events_shown

SHOWN_FOR = timedelta(days=30)  # how long an answer or an expiry stays on the page
_CLOSED = (InvitationState.EXPIRED, InvitationState.DECLINED)


@never_cache
@person_required
@require_GET
def family(request: HttpRequest) -> HttpResponse:
    """Show both sides of a person's sharing. Who has no account only uses others' money (C16)."""
    giving = giving_of(request)
    if giving is None:
        return redirect("family_from_others")
    act = own_act(request)
    asked = asked_by(giving, act)
    members = bonds_given(act.person, act.on, giving.region)
    refusals = refusals_of(request, to_invite(payer=act.person, region=giving.region, on=act.on))
    context = {
        "giving": giving,
        "today": act.on,
        "who_may_use": giving.who_may_use(has_members=bool(members), may_invite=not refusals),
        "refusals": refusals,
        "draft": draft_of(act.person, giving.region) if not refusals else None,
        "movable": to_move_in(payer=act.person, region=giving.region, on=act.on) if giving.is_pool else None,
        "members": members,
        "waiting": [one for one in asked if one.is_waiting],
        "closed": [one for one in asked if one.state in _CLOSED],
        "received": invitations_received(act.person, act.at),
        "payers": bonds_received(act.person, act.on),
        "undoable": events_shown(undoable(act.person, act.at), act),
        "relations": [label for _, label in relations_offered(giving.region, act.on)],
    }
    return render(request, "family/family.html", context)


def asked_by(giving: Giving, act: OwnAct) -> list[Asked]:
    """Return the invitations that still matter to the inviter: waiting, and closed in the last month."""
    rows = invitations_sent(giving.person, giving.region)
    return [Asked(one, act.at, giving.terms) for one in rows[:30] if _is_shown(one, act)]


def _is_shown(invitation: Invitation, act: OwnAct) -> bool:
    over = invitation.closed_at or invitation.expires_at
    return over is None or over > act.at - SHOWN_FOR
