"""Every page of the site that a citizen may look at, opened as somebody of the demo; and what is so of them."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.db.models import Q
from django.urls import reverse

from accounts import help as handbook
from accounts.codes import EnrolmentStatus, PersonType, PotKind
from accounts.models import Person, Pot, Transfer
from accounts.queries.answers import QUESTIONS
from family.codes import OPEN, BondState
from family.models import Bond, Event, Invitation
from payments.demo.families import person as person_of
from payments.demo.personas import PERSONAS, QUANZHOU, RUIAN, ZHOUSHAN, Member
from payments.models import PremiumOrder, RefundClaim
from payments.premiums.codes import OrderState
from tests.accounts.citizen_pages import browser_of, words
from tests.accounts.test_permissions_matrix import ADDRESSES
from tests.permissions import ROWS, Row
from yibao.lib import clock

NOT_ABOUT_PEOPLE = {"healthz", "readyz", "outbox"}
# Pages that say the same to everybody of a region: the first one looks at them.
FOR_EVERYBODY = {"account_inactive", "new_password", "counter_displays", "counter_display", "display", "accessibility"}
SHOWN = (200, 409, 422)  # a filter that is not understood is a page too


@dataclass(frozen=True)
class Facts:
    """What is so of somebody, from the tables: no page and no query of a page is asked."""

    member: Member
    person: Person

    def __post_init__(self) -> None:
        mine = Transfer.objects.filter(source__person=self.person) | Transfer.objects.filter(target__person=self.person)
        transfers = list(mine.select_related("voucher", "source", "target"))
        received = list(Bond.objects.filter(user=self.person).select_related("payer"))
        given = list(Bond.objects.filter(payer=self.person).select_related("user"))
        mine_paid = PremiumOrder.objects.filter(Q(payer=self.person) | Q(person=self.person))
        this_year = str(clock.today().year)
        facts = {
            "has_account": bool(transfers),
            "is_retired": self.member.since[-1].what == PersonType.RETIRED,
            "is_suspended": self.member.since[-1].status == EnrolmentStatus.SUSPENDED,
            "is_yearly": self.member.region in (RUIAN, ZHOUSHAN),
            "is_pool": self.member.region == QUANZHOU,
            "has_used": any(row.kind == "spending" and row.source.person_id == self.person.pk for row in transfers),
            "credited_fen": sum(
                row.amount_fen if row.target.person_id == self.person.pk else -row.amount_fen
                for row in transfers
                if row.voucher.kind in ("precredit", "adjustment", "trueup") and row.period.startswith(this_year)
                and "receivable" not in (row.source.kind, row.target.kind)
            ),
            "payers": {bond.payer.name for bond in received if bond.state == BondState.ACTIVE},
            "ended": {bond.user.name for bond in given if bond.state == BondState.ENDED},
            "suspended": {bond.payer.name for bond in received if bond.state == BondState.SUSPENDED}
            | {bond.user.name for bond in given if bond.state == BondState.SUSPENDED},
            "gives_nothing": not any(bond.state != BondState.ENDED for bond in given)
            and not Invitation.objects.filter(payer=self.person, state__in=OPEN).exists()
            and not Pot.objects.filter(person=self.person, kind=PotKind.POOL, balance_fen__gt=0).exists(),
            "confirmed": mine_paid.filter(state=OrderState.CONFIRMED).exists(),
            "undoable": Event.objects.filter(by=self.person, undo_until__gt=clock.now()).count()
            + mine_paid.filter(state=OrderState.DEBITED, undo_until__gt=clock.now()).count(),
        }  # fmt: skip
        for name, value in facts.items():
            object.__setattr__(self, name, value)

    def __getattr__(self, name: str) -> Any:
        raise AttributeError(name)


@dataclass(frozen=True, slots=True)
class Page:
    """What a page says to somebody, without any space."""

    facts: Facts
    name: str
    path: str
    title: str
    words: str


def pages_of(member: Member) -> Iterator[Page]:
    """Yield every page that opens for this person."""
    person = person_of(member.serial)
    browser, facts = browser_of(person), Facts(member, person)
    for name, path in dict.fromkeys(_paths(member, person)):
        response = browser.get(path)
        assert response.status_code < 500, path
        if response.status_code in SHOWN and response["Content-Type"].startswith("text/html"):
            title = re.search(r"<title>(.*?)</title>", response.content.decode(), re.DOTALL)
            yield Page(facts, name, path, title[1] if title else "", words(response))


def _paths(member: Member, person: Person) -> Iterator[tuple[str, str]]:
    """Yield the name and the address of each page that may open: of all that is the person's, and with filters."""
    for name, row in ROWS.items():
        if _may_open(name, row) and (name not in FOR_EVERYBODY or _is_first_of_region(member)):
            for given in _arguments(name, member, person):
                yield name, reverse(name, kwargs=given)
    for bond in Bond.objects.filter(payer=person):
        yield "family_usage", f"{reverse('family_usage')}?person={bond.user_id}"
    yield "entries", f"{reverse('entries')}?month=11"
    yield "family_usage", f"{reverse('family_usage')}?person=nobody"


def _may_open(name: str, row: Row) -> bool:
    """Say whether it may be a page for a citizen: no file, and nothing that turns away whoever is signed in."""
    signed_in = {status for role, status in row.expected.items() if role != "anonymous"}
    is_page = row.method == "get" and not name.endswith("_file") and signed_in not in ({302}, {404})
    return is_page and name not in NOT_ABOUT_PEOPLE and row.expected["citizen"] in (200, 302, 404)


def _is_first_of_region(member: Member) -> bool:
    return next(one for one in PERSONAS if one.region == member.region) is member


def _arguments(name: str, member: Member, person: Person) -> Iterator[dict[str, Any]]:
    """Yield what an address may be made with; of the entries one of each kind, and an article once for whom it is one."""
    theirs = Q(payer=person) | Q(user=person)
    wanted = next(iter(ADDRESSES[name].pattern.converters), None)
    if wanted is None:
        yield {}
    elif wanted == "name":
        everything = _is_first_of_region(member)
        shown = (article.name for article in handbook.articles() if everything or article.name in QUESTIONS)
        yield from ({"name": article} for article in shown)
    elif wanted == "entry_id":
        mine = Transfer.objects.filter(Q(source__person=person) | Q(target__person=person))
        yield from ({"entry_id": entry.pk} for entry in mine.order_by("kind", "-pk").distinct("kind"))
    elif wanted == "bond_id":
        yield from ({"bond_id": bond.pk} for bond in Bond.objects.filter(theirs))
    elif wanted == "event_id":
        yield from ({"event_id": event.pk} for event in Event.objects.filter(by=person).order_by("-pk")[:3])
    elif wanted == "no":
        source = RefundClaim if "claim" in name else PremiumOrder
        mine = source.objects.filter(Q(payer=person) | Q(person=person))
        yield from ({"no": row.no} for row in mine.order_by("pk"))
    elif wanted == "number":
        sent = Invitation.objects.filter(Q(payer=person) | Q(bonds__user=person)).distinct()
        yield from ({"number": invitation.number} for invitation in sent)
