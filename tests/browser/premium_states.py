"""Premium pages in their states, made for whoever asks: /try/premium/<name>/ makes the state and leads to its page."""

from base64 import b64encode
from collections.abc import Callable
from datetime import timedelta

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from accounts.models import Person
from accounts.sealing.fields import seal
from payments.models import PremiumOrder, RefundClaim
from payments.premiums.codes import ClaimState, OrderState
from payments.premiums.queries import people_to_claim_for
from payments.views.citizen.claims import CARD
from tests.browser.family_states import given, region_of
from tests.factories import premiums
from yibao.lib import clock

State = Callable[[HttpRequest, Person], str]
STATES: dict[str, State] = {}


def state(make: State) -> State:
    STATES[make.__name__] = make
    return make


def premium_state(request: HttpRequest, name: str) -> HttpResponse:
    """An order in a state named like one of OrderState, or a page of STATES."""
    make = STATES.get(name)
    if make is not None:
        return redirect(make(request, request.user.person))
    return redirect("premium_order", order(request.user.person, OrderState(name)).no)


def order(payer: Person, state: OrderState) -> PremiumOrder:
    """Return the payer's order in a state, made once, each for a year of its own."""
    year = 2000 + list(OrderState).index(state)
    found = PremiumOrder.objects.filter(payer=payer, premium_year=year).first()
    if found is not None:
        return found
    at = clock.now() - timedelta(minutes=0 if state == OrderState.DEBITED else 30)
    facts = {"reason": "参保登记里没有这个人"} if state == OrderState.REJECTED else {}
    person = given(payer, scopes=["medical", "premium"]).user
    return premiums.order(payer, person, state, at, region=region_of(payer), premium_year=year, **facts)


@state
def choose(request: HttpRequest, person: Person) -> str:
    given(person, "欧阳晓晴", scopes=["medical", "premium"])
    given(person, "司马长青", scopes=["medical"])
    return reverse("premium")


@state
def check(request: HttpRequest, person: Person) -> str:
    user = given(person, "欧阳晓晴", scopes=["medical", "premium"]).user
    request.session["premium"] = {"people": [user.pk], "key": "0" * 32}
    return reverse("premium_check")


@state
def refund(request: HttpRequest, person: Person) -> str:
    return reverse("premium_refund", args=[order(person, OrderState.DEBITED).no])


@state
def no_refund(request: HttpRequest, person: Person) -> str:
    """Confirmed, and nothing on record for which it would be given back."""
    return reverse("premium_refund", args=[order(person, OrderState.CONFIRMED).no])


@state
def receipt(request: HttpRequest, person: Person) -> str:
    return reverse("premium_receipt", args=[order(person, OrderState.CONFIRMED).no])


@state
def history(request: HttpRequest, person: Person) -> str:
    for state in OrderState:
        if state != OrderState.CHECKED:
            order(person, state)
    return reverse("premium_history")


@state
def claim_enter(request: HttpRequest, person: Person) -> str:
    return reverse("premium_claim")


@state
def claim_check(request: HttpRequest, person: Person) -> str:
    (who, *_) = people_to_claim_for(person, clock.today())
    sealed = b64encode(seal("6222020000000000000", CARD)).decode()
    request.session["premium_claim"] = {"person": who.person.pk, "receipt_no": "341000000000000001", "card": sealed}
    return reverse("premium_claim_check")


def _claim(person: Person, state: ClaimState) -> str:
    year = 2000 + list(ClaimState).index(state)
    found = RefundClaim.objects.filter(payer=person, premium_year=year).first()
    facts = {"reason": "税票不是这个人这一年度的"} if state == ClaimState.REFUSED else {}
    user = given(person, scopes=["medical", "premium"]).user
    made = found or premiums.claim(person, user, state, clock.now(), premium_year=year, **facts)
    return reverse("premium_claim_result", args=[made.no])


@state
def claim_waiting(request: HttpRequest, person: Person) -> str:
    return _claim(person, ClaimState.WAITING)


@state
def claim_proven(request: HttpRequest, person: Person) -> str:
    return _claim(person, ClaimState.PROVEN)


@state
def claim_paid(request: HttpRequest, person: Person) -> str:
    return _claim(person, ClaimState.PAID)


@state
def claim_refused(request: HttpRequest, person: Person) -> str:
    return _claim(person, ClaimState.REFUSED)
