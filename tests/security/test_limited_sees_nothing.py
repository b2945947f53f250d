"""A sign-in that is still limited, on every address that can be opened: nothing of the person stands there."""

from dataclasses import replace
from datetime import timedelta

from django.db import transaction

from accounts.queries.page_hooks import pending_of
from tests.accounts.test_permissions_matrix import ADDRESSES, browser_of, path_of, row_of
from tests.factories.family import bond
from tests.factories.people import PersonFactory
from tests.personas import ZHOUSHAN, give
from tests.world import World, an_invitation
from yibao.lib import clock
from yibao.lib.masking import masked_certno

NAME, RELATIVE = "欧阳平安", "司徒如意"
BALANCE = 123_456_78


def with_a_life(world: World) -> World:
    """Return the world in which the limited sign-in's person has everything that pages show, and is who they ask for."""
    person = world.limited.person
    person.name, person.phone = NAME, "19900004321"
    person.save(update_fields=["name", "phone"])
    relative = PersonFactory(name=RELATIVE)
    give(person, BALANCE, on=clock.today() - timedelta(days=40), key="limited")
    bond(person, relative, ZHOUSHAN)
    an_invitation(person, relative)
    an_invitation(relative, person)
    return replace(world, users=world.users | {"citizen": world.limited})


def told(text: str, person) -> list[str]:
    secrets = [
        NAME,
        RELATIVE,
        str(person.certno),
        masked_certno(str(person.certno)),
        str(person.phone),
        "123,456",
        "123456",
    ]
    return [secret for secret in secrets if secret in text]


def test_no_page_shows_a_limited_sign_in_a_name_a_number_or_an_amount(world):
    mine = with_a_life(world)
    limited = browser_of("limited", mine)
    shown = {}
    for name, pattern in ADDRESSES.items():
        row = row_of(name)
        if row is None or name == "outbox":  # what the demo has instead of everybody's phones
            continue
        with transaction.atomic():  # what one page does must not change what the next one says
            answer = limited.get(path_of(name, pattern, row, mine))
            text = b"".join(answer).decode(errors="replace")
            transaction.set_rollback(True)
        if found := told(text, mine.limited.person):
            shown[name] = found
    assert not shown


def test_the_same_pages_do_show_it_to_the_person(world):
    mine = with_a_life(world)
    user = mine.limited
    user.tied_by = ""
    user.save(update_fields=["tied_by"])
    assert pending_of(user.person, clock.today())
    browser = browser_of("limited", mine)
    pages = {path: browser.get(path).content.decode() for path in ("/account/", "/family/", "/offices/form/")}
    assert "123,456" in pages["/account/"]
    assert RELATIVE in pages["/family/"]
    assert masked_certno(str(user.person.certno)) in pages["/offices/form/"]
