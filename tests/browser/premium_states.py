"""Premium pages in their states, made for whoever asks: /try/premium/<name>/ makes the state and leads to its page."""

from collections.abc import Callable
from datetime import timedelta

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from accounts.models import Person
from payments.models import PremiumOrder
from payments.premiums.codes import OrderState
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
