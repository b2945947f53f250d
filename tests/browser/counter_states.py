"""Counter pages in their states, made for the clerk who asks: /try/counter/<name>/ makes the state and leads to its page.

A kind of case by name is one of that kind just opened; a clerk of the demo works on it for a synthetic person.
"""

from collections.abc import Callable, Collection
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from accounts.codes import CaseKind
from accounts.ledger.pots import open_missing
from accounts.models import Case, Office, Person, User
from accounts.operations.cases import deciding, desk
from tests.browser.family_states import given
from tests.factories.counter import act_of, insured_here, looked_up
from yibao.lib import clock

State = Callable[[User], str]
STATES: dict[str, State] = {}
CLERK, WHO = "clerk1", "尉迟安康"


def state(make: State) -> State:
    STATES[make.__name__] = make
    return make


def counter_state(request: HttpRequest, name: str) -> HttpResponse:
    clerk = User.objects.get(username=CLERK)  # a reviewer is shown what a clerk did
    make = STATES.get(name)
    return redirect(make(clerk) if make else page_of(opened(clerk, CaseKind(name))))


def page_of(case: Case) -> str:
    return reverse("counter_case", args=[case.number])


def insured(clerk: User) -> Person:
    """Return the one person who comes, whose money a relative uses."""
    found = Person.objects.filter(name=WHO).first()
    if found is None:
        region = Office.objects.get(code=clerk.office).region
        found = insured_here(region, name=WHO, serial=790_000)
        open_missing([region])  # the relative may be there already, made for a page of somebody else
        given(found)
    return found


def opened(clerk: User, kind: CaseKind, **asked: Any) -> Case:
    region = Office.objects.get(code=clerk.office).region
    case = desk.open_case(act=act_of(clerk), kind=kind, subject=insured(clerk), region=region)
    return desk.save(act=act_of(clerk), number=case.number, version=case.version, asked=asked) if asked else case


def seen(clerk: User, case: Case, codes: Collection[str]) -> Case:
    papers = [{"code": code, "number": "2026-1"} for code in codes]
    act = act_of(clerk)
    return desk.save(act=act, number=case.number, version=case.version, identities_checked=True, papers=papers)


def submitted(clerk: User, case: Case) -> Case:
    digest = deciding.digest_of(case, deciding.assess(act_of(clerk), case))
    return deciding.submit(act=act_of(clerk), number=case.number, version=case.version, digest=digest).case


@state
def person(clerk: User) -> str:
    return reverse(
        "counter_person", args=[looked_up(clerk, insured(clerk), Office.objects.get(code=clerk.office).region).token]
    )


@state
def parked(clerk: User) -> str:
    """What is missing is written on the sheet that the person takes home."""
    case = opened(clerk, CaseKind.IDENTITY_CODE)
    return page_of(desk.park(act=act_of(clerk), number=case.number, version=case.version))


@state
def done(clerk: User) -> str:
    return page_of(submitted(clerk, seen(clerk, opened(clerk, CaseKind.IDENTITY_CODE), ["own_card"])))


@state
def sheets(clerk: User) -> str:
    case = submitted(clerk, seen(clerk, opened(clerk, CaseKind.IDENTITY_CODE), ["own_card"]))
    return reverse("counter_case_print", args=[case.number])


@state
def check(clerk: User) -> str:
    """Waiting for the second person."""
    asked = {"on": f"{clock.today()}", "reason": "本人要求", "proof": "application", "came": "subject"}
    case = opened(clerk, CaseKind.FREEZE, **asked)
    papers = [paper.code for paper in deciding.assess(act_of(clerk), case).papers]
    waiting = submitted(clerk, seen(clerk, case, ["own_card", *papers]))
    return reverse("counter_check", args=[waiting.number])
