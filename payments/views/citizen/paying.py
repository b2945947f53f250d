"""给家人交居民医保 (C18, C19, C20): whom for, which pots would pay, and what became of each."""

from collections.abc import Mapping, Sequence
from hashlib import sha256
from uuid import uuid4

from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from accounts.forms.kept import told
from accounts.identity import drafts
from accounts.identity.access import citizen_required, current_user, person_required
from accounts.models import Person
from family.views.citizen.current_account import OwnAct, own_act
from payments.forms.premiums import PeopleForm
from payments.models import PremiumOrder
from payments.premiums.candidates import Payable
from payments.premiums.codes import OrderState
from payments.premiums.jobs.campaigns import open_on
from payments.premiums.operations.paying import pay
from payments.premiums.queries import PremiumPlan, people_to_pay_for, plan_for
from payments.views.citizen.campaigns import campaigns_of, nothing_to_pay
from payments.views.citizen.order_words import Told
from payments.views.citizen.plan_words import shown
from payments.views.citizen.refusals import answering, changed
from payments.views.citizen.why_not import Refused, refused, refused_of
from yibao.lib import clock

CHOSEN = "premium"  # in the session: the ids of people, and the key that lets each be paid once


@never_cache
@citizen_required
def premium(request: HttpRequest) -> HttpResponse:
    """Ask whom for; to a sign-in that is limited show what is collected where, of nobody in particular."""
    if current_user(request).is_limited(clock.now()):
        return _look(request)
    return choose(request)


@require_GET
def _look(request: HttpRequest) -> HttpResponse:
    context = {"campaigns": list(open_on(clock.today())), "back_url": reverse("identity_limited")}
    return render(request, "payments/limited.html", context)


@person_required
@require_http_methods(["GET", "POST"])
@answering
def choose(request: HttpRequest) -> HttpResponse:
    """Ask whom for. Beside each name stands what is known already; who cannot be paid for is listed with every reason."""
    act = own_act(request)
    people = people_to_pay_for(act.person, act.on)
    payable = [one for one in people if one.can_pay]
    before = request.session.get(CHOSEN, {}).get("people")
    form = PeopleForm(
        request.POST if request.method == "POST" else None,
        payable=payable,
        initial={"people": before or [one.person.pk for one in payable if len(payable) == 1]},
    )
    if form.is_valid():
        request.session[CHOSEN] = {"people": form.cleaned_data["people"], "key": uuid4().hex}
        return redirect("premium_check")
    context = {
        "form": form,
        "hints": {one.person.pk: _hint(one) for one in payable},
        "payable": payable,
        "others": refused(one for one in people if not one.can_pay),
        "campaigns": campaigns_of(people),
        "plan": shown(plan_for(act.person, [one.person for one in payable], act.on), act.on) if payable else None,
        "heading": "交居民医保" if payable and all(one.card is None for one in payable) else "给家人交居民医保",
        "nothing": nothing_to_pay(people),
        "back_url": reverse("account"),
    }
    return render(request, "payments/choose.html", context, status=422 if form.errors else 200)


@drafts.keeps("premium")
def _kept(request: HttpRequest, typed: QueryDict) -> drafts.Told:
    act = own_act(request)
    payable = [one for one in people_to_pay_for(act.person, act.on) if one.can_pay]
    return told("给家人交居民医保：选给谁交", PeopleForm(typed, payable=payable))


def _hint(one: Payable) -> str:
    year = f"{one.terms.premium_year}年度，" if one.terms else ""
    return f"{year}{one.status}"


@never_cache
@person_required
@require_http_methods(["GET", "POST"])
@answering
def check(request: HttpRequest) -> HttpResponse:
    """Show which pots pay what; the button pays, and each person once whatever is clicked."""
    act, chosen = own_act(request), request.session.get(CHOSEN)
    if chosen is None:
        return redirect("premium")
    if request.method == "GET" and _orders(act.person, chosen):
        return redirect("premium_done")
    plan = plan_for(act.person, _people(act, chosen), act.on)
    if request.method == "POST":
        return _pay(request, act, chosen, plan)
    context = {
        "plan": shown(plan, act.on),
        "refused": refused_of(plan),
        "key": chosen["key"],
        "seen": _seen(plan),
        "back_url": reverse("premium"),
    }
    return render(request, "payments/check.html", context)


def _pay(request: HttpRequest, act: OwnAct, chosen: Mapping, plan: PremiumPlan) -> HttpResponse:
    """Pay what was consented to, and nothing else; after the first of two clicks its result is shown, and nothing paid."""
    key = chosen["key"]
    if request.POST.get("key") != key:
        return changed(request)
    if request.POST.get("seen") != _seen(plan):
        is_second = bool(_orders(act.person, chosen))
        return redirect("premium_done") if is_second else _has_changed(request, refused_of(plan))
    people = [one.who.person for one in plan.people if not one.reasons]
    pay(act=act, payer=act.person, people=people, key=key)
    return redirect("premium_done")


def _has_changed(request: HttpRequest, now_refused: Sequence[Refused]) -> HttpResponse:
    facts = [(one.called, "；".join(f"{reason.why}，{reason.found}" for reason in one.reasons)) for one in now_refused]
    text = "核对以后情况变了。" if facts else "核对以后，账户里的钱变了，出钱的办法和您看到的不一样了。"
    return changed(request, text=text, facts=facts)


@never_cache
@person_required
@require_GET
@answering
def done(request: HttpRequest) -> HttpResponse:
    """Tell what became of everybody chosen: all, some, none. One alone has the page of the order."""
    act, chosen = own_act(request), request.session.get(CHOSEN)
    if chosen is None:
        return redirect("premium")
    orders = _orders(act.person, chosen)
    if len(orders) == len(chosen["people"]) == 1:
        return redirect("premium_order", orders[0].no)
    ordered = {order.person_id for order in orders}
    rest = [person for person in _people(act, chosen) if person.pk not in ordered]
    told = [Told(order, act.person, act.at) for order in orders]
    paid = [one for one in told if not one.is_back]
    failed = refused_of(plan_for(act.person, rest, act.on), everybody=True)
    waits = any(one.state != OrderState.CONFIRMED for one in paid)
    context = {
        "title": _title(told, paid, failed, waits=waits),
        "told": told,
        "paid": paid,
        "back": len(told) - len(paid),
        "waits": waits,
        "total_fen": sum(one.order.amount_fen for one in paid),
        "failed": failed,
    }
    return render(request, "payments/done.html", context)


def _title(told: Sequence[Told], paid: Sequence[Told], failed: Sequence[Refused], *, waits: bool) -> str:
    """Return what became of a choice as things stand: its page can be opened again after some were taken back."""
    if not told:
        return "没有交成，钱没有动"
    if not paid:
        return "没有交，钱退回来了"
    if failed:
        return "有的交了，有的没有交成"
    return "已扣款" if waits else "都交好了"


def _orders(payer: Person, chosen: Mapping) -> list[PremiumOrder]:
    """Return what was paid of a choice already."""
    keys = [f"{chosen['key']}:{pk}" for pk in chosen["people"]]
    rows = PremiumOrder.objects.filter(payer=payer, key__in=keys).select_related("payer", "person")
    return list(rows.order_by("pk"))


def _people(act: OwnAct, chosen: Mapping) -> list[Person]:
    """Return who was chosen, as far as they are still the payer's relatives, in the order of the choice."""
    found = {one.person.pk: one.person for one in people_to_pay_for(act.person, act.on)}
    return [found[pk] for pk in chosen["people"] if pk in found]


def _seen(plan: PremiumPlan) -> str:
    """Return a mark of what is consented to: who, how much, from which pots and what is left."""
    lines = [
        (one.who.person.pk, [(line.pot, line.region, line.amount_fen, line.called) for line in one.lines])
        for one in plan.people
    ]
    return sha256(repr((lines, [(pot.pot, pot.region, pot.after_fen) for pot in plan.pots])).encode()).hexdigest()
