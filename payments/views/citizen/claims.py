"""凭税票申请返还: where premiums are paid in cash first. Enter the receipt, check, claim; then how far it is."""

from base64 import b64decode, b64encode

from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from accounts.forms.kept import told
from accounts.identity.access import current_person, person_required
from accounts.identity.drafts import Told, keeps
from accounts.models import Person
from accounts.sealing.fields import seal, unseal
from family.views.citizen.current_account import OwnAct, own_act
from payments.forms.premiums import ClaimForm
from payments.models import RefundClaim
from payments.premiums.candidates import Payable
from payments.premiums.codes import LIVE_CLAIMS, ClaimState
from payments.premiums.operations import claiming
from payments.premiums.queries import claims_of, is_claimed_by, people_to_claim_for, plan_for
from payments.views.citizen.claim_words import ToldClaim
from payments.views.citizen.plan_words import shown
from payments.views.citizen.refusals import answering
from payments.views.citizen.why_not import refused_of
from yibao.lib import clock

ENTERED = "premium_claim"  # in the session: person, receipt, and the card, sealed
CARD = "premium_claim:card"


@never_cache
@person_required
@require_http_methods(["GET", "POST"])
@answering
def enter(request: HttpRequest) -> HttpResponse:
    """Ask for the receipt of what was paid, and for the card that the money goes to."""
    act = own_act(request)
    people = people_to_claim_for(act.person, act.on)
    entered = request.session.get(ENTERED)
    before = (
        {"person": entered["person"], "receipt_no": entered["receipt_no"], "bank_card": _card(entered)}
        if entered
        else {}
    )
    form = ClaimForm(
        request.POST if request.method == "POST" else None, people=people, is_used=is_claimed_by, initial=before
    )
    if form.is_valid():
        given = form.cleaned_data
        sealed = b64encode(seal(given["bank_card"], CARD)).decode()
        request.session[ENTERED] = {"person": given["person"], "receipt_no": given["receipt_no"], "card": sealed}
        return redirect("premium_claim_check")
    context = {"form": form, "people": people, "back_url": reverse("premium")}
    return render(request, "payments/claim_enter.html", context, status=422 if form.errors else 200)


@keeps("premium_claim")
def _kept(request: HttpRequest, typed: QueryDict) -> Told:
    act = own_act(request)
    return told(
        "凭税票申请返还：填税票",
        ClaimForm(typed, people=people_to_claim_for(act.person, act.on), is_used=is_claimed_by),
    )


@never_cache
@person_required
@require_http_methods(["GET", "POST"])
@answering
def check(request: HttpRequest) -> HttpResponse:
    """Show it once more, and which pots would pay; the button claims."""
    act, entered = own_act(request), request.session.get(ENTERED)
    if entered is None:
        return redirect("premium_claim")
    if made := _made(act.person, entered["receipt_no"]):
        return redirect("premium_claim_result", made.no)
    if (who := _chosen(act, entered["person"])) is None:
        return redirect("premium_claim")
    card = _card(entered)
    if request.method == "POST":
        return _claim(request, act, who.person, entered["receipt_no"], card)
    plan = plan_for(act.person, [who.person], act.on, claimed=True)
    context = {
        "plan": shown(plan, act.on),
        "refused": refused_of(plan),
        "receipt_no": entered["receipt_no"],
        "card": f"尾号 {card[-4:]}",
        "back_url": reverse("premium_claim"),
    }
    return render(request, "payments/claim_check.html", context)


def _claim(request: HttpRequest, act: OwnAct, person: Person, receipt_no: str, card: str) -> HttpResponse:
    made = claiming.claim(act=act, payer=act.person, person=person, receipt_no=receipt_no, bank_card=card)
    return redirect("premium_claim_result", made.no)


def _made(payer: Person, receipt_no: str) -> RefundClaim | None:
    """Return the claim that one has made of a receipt; one that was refused may be made again."""
    return claims_of(payer).filter(payer=payer, receipt_no=receipt_no, state__in=LIVE_CLAIMS).first()


def _chosen(act: OwnAct, person_id: int) -> Payable | None:
    return next((one for one in people_to_claim_for(act.person, act.on) if one.person.pk == person_id), None)


def _card(entered: dict[str, str]) -> str:
    return str(unseal(b64decode(entered["card"]), CARD))


@never_cache
@person_required
@require_GET
def claim(request: HttpRequest, no: str) -> HttpResponse:
    """Show how far a claim is, to the one who made it and the one it is for."""
    person = current_person(request)
    found = claims_of(person).filter(no=no).first()
    if found is None:
        raise Http404
    claimable = people_to_claim_for(person, clock.today()) if found.state == ClaimState.REFUSED else []
    may_again = any(one.stands_for(found) for one in claimable)
    return render(request, "payments/claim.html", {"told": ToldClaim(found, person, may_again=may_again)})
