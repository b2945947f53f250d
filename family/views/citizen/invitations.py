"""邀请详情 (C10): what has happened, what comes next; sending again, taking back, a sheet for the relative."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from accounts.identity.access import person_required
from accounts.policies import registry
from family.models import Bond
from family.operations import invitations
from family.queries.facts import funds_name, is_pool
from family.queries.invitations import invitation_sent, timeline
from family.views.citizen import share_sheet
from family.views.citizen.current_account import OwnAct, giving_of, own_act
from family.views.citizen.home import asked_by
from family.views.citizen.labels import Asked, pronoun
from family.views.citizen.refusals import answering
from yibao.lib.days import short_day_words


@never_cache
@person_required
@require_GET
@answering
def invitation(request: HttpRequest, number: str) -> HttpResponse:
    """Show one's own invitation. With HTMX (「看看有没有新情况」) only where it stands."""
    context = _context(own_act(request), number)
    if request.htmx:
        return render(request, "family/_invitation.html", {**context, "announcement": "已更新。"})
    return render(request, "family/invitation.html", {**context, "back_url": reverse("family")})


@never_cache
@person_required
@require_GET
@answering
def sent(request: HttpRequest, number: str) -> HttpResponse:
    """Say that it has gone out, and what comes next."""
    context = _context(own_act(request), number)
    if not context["asked"].is_waiting:
        return redirect("family_invitation", number)
    context["was_texted"] = share_sheet.was_texted(request, number)
    return render(request, "family/invite_sent.html", context)


@never_cache
@person_required
@require_GET
@answering
def sheet(request: HttpRequest, number: str) -> HttpResponse:
    """Show a sheet to print for the relative: how to agree, and, in the session that sent it, a code to scan."""
    act = own_act(request)
    context = _context(act, number)
    if not context["asked"].is_waiting:
        return redirect("family_invitation", number)
    landing = share_sheet.landing_of(request, number)
    context |= {
        "picture": share_sheet.picture(landing) if landing else "",
        "money": funds_name(context["asked"].invitation.region, act.on),
        "payer_they": pronoun(context["asked"].invitation.payer.gender),
        "whose": "孩子" if context["asked"].is_child else "您",
        "address": request.build_absolute_uri("/"),
        "back_url": reverse("family_invitation", args=[number]),
    }
    return render(request, "family/invitation_sheet.html", context)


def _context(act: OwnAct, number: str) -> dict:
    found = invitation_sent(act.person, number)
    asked = Asked(found, act.at, registry.sharing_or_none(found.region, act.on))
    return {
        "asked": asked,
        "today": act.on,
        "events": _marks(asked),
        "bond": Bond.objects.filter(invitation=found, payer=act.person).order_by("-pk").first(),
        "is_pool": is_pool(found.region, act.on),
    }


def _marks(asked: Asked) -> list[dict]:
    """Return what has happened, and the end that is still open, for components/timeline.html."""
    marks = [
        {"name": mark.words, "state": "done", "at": mark.at} for mark in timeline(asked.invitation, for_payer=True)
    ]
    if asked.is_waiting:
        marks.append({"name": "等对方同意", "state": "now", "note": f"有效到{short_day_words(asked.last_day)}"})
    return marks


@person_required
@require_POST
@answering
def resend(request: HttpRequest, number: str) -> HttpResponse:
    """Send it once more. With HTMX the answer is its card."""
    act = own_act(request)
    again = invitations.resend(act=act, payer=act.person, number=number)
    share_sheet.keep(request, again)
    asked = Asked(again.invitation, act.at)
    words = f"给{asked.name}的邀请已重新发出，有效到{short_day_words(asked.last_day)}。"
    if again.invitation.invitee_phone and not again.is_texted:
        words += f"今天不能再发短信提醒，请您告诉{asked.they}。"
    if request.htmx:
        return _card(request, act, asked, words)
    messages.success(request, words)
    return redirect("family_invitation", number)


@person_required
@require_POST
@answering
def withdraw(request: HttpRequest, number: str) -> HttpResponse:
    """Take it back. With HTMX the answer is what is left of its card, and how many still wait."""
    act = own_act(request)
    asked = Asked(invitations.withdraw(act=act, payer=act.person, number=number), act.at)
    words = f"已撤回给{asked.name}的邀请，没有用到您的钱。"
    if request.htmx:
        return _card(request, act, asked, words)
    messages.success(request, words)
    return redirect("family")


def _card(request: HttpRequest, act: OwnAct, asked: Asked, words: str) -> HttpResponse:
    giving = giving_of(request)
    if giving is None:
        raise Http404
    waiting = [one for one in asked_by(giving, act) if one.is_waiting]
    context = {"asked": asked, "today": act.on, "announcement": words, "count": len(waiting)}
    return render(request, "family/_asked.html", context)
