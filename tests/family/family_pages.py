"""Relatives in their own browsers, and what their family pages say."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime

import pytest
from django.test import Client

from accounts.models import Person
from family.codes import EventKind
from family.models import Bond, Event
from family.operations import accepting
from tests.accounts.citizen_pages import browser_of, words
from tests.factories.family import ACT, QUANZHOU, RUIAN, insured, invited
from yibao.lib import clock


@contextmanager
def at(moment: datetime) -> Iterator[None]:
    """Let every door believe that it is this moment; sessions and the database keep the real time."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(clock, "now", lambda: moment)
        yield


def page(browser: Client, path: str, **query) -> str:
    """Return what a page says; it must be there."""
    response = browser.get(path, query)
    assert response.status_code == 200, (path, response.status_code)
    return words(response)


def chen(**facts) -> Person:
    """Return an employee of 瑞安 with 3,594.26 of earlier years, enough for the gate."""
    return insured(carried=359_426, **{"name": "陈静", "gender": 2, **facts})


def daughter(**facts) -> Person:
    """Return a resident of 瑞安 who is old enough to answer for herself and young enough to be 陈静's child."""
    return insured(resident=True, **{"name": "林小雨", "gender": 2, "birth_on": date(2000, 5, 1), **facts})


def huang(**facts) -> Person:
    """Return an employee of 泉州 with 3,500.00, of which 1,500.00 may be moved into the pool."""
    return insured(QUANZHOU, carried=350_000, **{"name": "黄建国", "gender": 1, **facts})


def bound(payer: Person, user: Person, region: str = RUIAN, **terms) -> Bond:
    """Return a bond that was asked for and agreed to."""
    sent = invited(payer, user, region, **terms)
    return accepting.accept(act=ACT, user=user, number=sent.invitation.number)


def fill(browser: Client, relation: str, relative: Person, **more: str) -> None:
    """Go through the first two pages of inviting."""
    assert browser.post("/family/invite/relation/", {"relation": relation}).status_code == 302
    who = {"name": relative.name, "certno": str(relative.certno), "no_phone": "on", "limit": "none", **more}
    assert browser.post("/family/invite/person/", who).url == "/family/invite/check/"


def send(browser: Client) -> str:
    """Send what was filled in, as the check page's own form would; return the number."""
    response = browser.get("/family/invite/check/")
    draft = re.search(rb'name="draft" value="(\d+)"', response.content)[1].decode()
    sent = browser.post("/family/invite/check/", {"draft": draft, "agree": "on"})
    return re.fullmatch("/family/invitations/(.+)/sent/", sent.url)[1]


def last_event(kind: EventKind) -> Event:
    return Event.objects.filter(kind=kind).latest("pk")


__all__ = ["at", "bound", "browser_of", "chen", "fill", "huang", "last_event", "page", "send", "words"]
