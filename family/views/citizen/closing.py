"""关闭家庭共济 (C15): who loses what, what stands in the way, and the button."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from accounts.identity.access import person_required
from family.operations import closing
from family.queries.bonds import bonds_given
from family.queries.open_matters import open_matters
from family.views.citizen.current_account import giving_of, own_act
from family.views.citizen.home import asked_by
from family.views.citizen.labels import undo_words
from family.views.citizen.refusals import answering


@never_cache
@person_required
@require_http_methods(["GET", "POST"])
@answering
def close(request: HttpRequest) -> HttpResponse:
    """Say everything that happens at once, then do it."""
    giving, act = giving_of(request), own_act(request)
    if giving is None:
        return redirect("family_from_others")
    members = [card.called for card in bonds_given(act.person, act.on, giving.region)]
    waiting = [one.name for one in asked_by(giving, act) if one.is_waiting]
    context = {
        "giving": giving,
        "members": members,
        "waiting": waiting,
        "is_empty": not members and not waiting and not (giving.is_pool and giving.money_fen),
        "matters": open_matters(act.person, giving.region),
        "undo": undo_words(giving.terms),
        "back_url": reverse("family"),
    }
    if request.method == "GET":
        return render(request, "family/close.html", context)
    try:
        event = closing.close_family(act=act, payer=act.person, region=giving.region)
    except closing.StillOpenError as error:
        return render(request, "family/close.html", {**context, "matters": error.matters}, status=409)
    return redirect("family_result", event.pk)
