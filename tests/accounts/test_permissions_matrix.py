"""Every address of the site, opened by every role: nobody gets further than tests/permissions.py says."""

import contextlib
import copy
from collections.abc import Iterator
from fnmatch import fnmatchcase
from typing import Any

import pytest
from django.db import transaction
from django.test import Client
from django.urls import NoReverseMatch, URLPattern, URLResolver, get_resolver, reverse

from accounts.models import User
from tests.factories.people import certno
from tests.factories.users import citizen, limited, official, signed_in
from tests.permissions import ROLES, ROWS, Row
from tests.personas import insured
from tests.world import World


def addresses(patterns: list[Any] | None = None, namespace: str = "") -> Iterator[tuple[str, URLPattern]]:
    """Yield every address with its name; one without a name by its pattern."""
    for entry in get_resolver().url_patterns if patterns is None else patterns:
        if isinstance(entry, URLResolver):
            inner = f"{namespace}{entry.namespace}:" if entry.namespace else namespace
            yield from addresses(entry.url_patterns, inner)
        else:
            if entry.name or not namespace:  # the admin's catch-alls have no name and only redirect
                yield namespace + (entry.name or str(entry.pattern)), entry


def row_of(name: str) -> Row | None:
    if name in ROWS:
        return ROWS[name]
    return next((row for key, row in ROWS.items() if key.endswith("*") and fnmatchcase(name, key)), None)


ADDRESSES = dict(addresses())


@pytest.fixture
def world(policies_loaded) -> World:
    me, somebody = insured(), insured()
    return World(
        {
            "anonymous": None,
            "unproven": citizen("19900009000"),
            "limited": limited("19900009003", insured()),
            "citizen": citizen("19900009001", me),
            "other": citizen("19900009002", somebody),
            "clerk": official("clerk", certno=certno(900_003)),
            "reviewer": official("reviewer", certno=certno(800_001)),
            "policy": official("policy", certno=certno(900_001)),
            "approver": official("approver", certno=certno(900_002)),
            "superuser": User.objects.create_superuser("root"),
        }
    )


def path_of(name: str, pattern: URLPattern, row: Row, world: World) -> str:
    """Return an address to open: its parameters made by the row, or the first that fit where a namespace has one."""
    if not pattern.name:
        return "/" + str(pattern.pattern).strip("^$")
    guesses: list[Any] = [row.args(world)]
    if name not in ROWS:
        guesses = [dict.fromkeys(pattern.pattern.converters, 1), {"app_label": "accounts"}, [1], [1, 1]]
    for guess in guesses:
        with contextlib.suppress(NoReverseMatch):
            given = {"kwargs": guess} if isinstance(guess, dict) else {"args": guess}
            return reverse(name, **given)
    raise AssertionError(f"{name}: the row's args do not make an address")


def browser_of(role: str, world: World, **options: Any) -> Client:
    client = Client(raise_request_exception=False, **options)
    return signed_in(world.users[role], client) if world.users[role] else client


def test_every_address_has_a_row():
    assert not [name for name in ADDRESSES if row_of(name) is None], "add them to tests/permissions.py"


def test_every_row_has_an_address_and_every_role():
    assert not [key for key in ROWS if not key.endswith("*") and key not in ADDRESSES]
    assert all(set(row.expected) == set(ROLES) for row in ROWS.values())


def test_nobody_gets_further_than_the_table_says(november, world):
    surprises = []
    browsers = {role: browser_of(role, world) for role in ROLES}
    for browser in browsers.values():
        browser.get("/")  # notes in the session that somebody is there, once and not with every address
    cookies = {role: copy.deepcopy(browser.cookies) for role, browser in browsers.items()}
    for name, pattern in ADDRESSES.items():
        if (row := row_of(name)) is None:
            continue
        path = path_of(name, pattern, row, world)
        for role, browser in browsers.items():
            expected = row.expected[role]
            around = transaction.atomic()
            around._from_testcase = True  # what is durable in production is let in
            with around:  # what one page does must not change what the next one says
                browser.cookies = copy.deepcopy(cookies[role])
                response = getattr(browser, row.method)(path, row.data)
                transaction.set_rollback(True)
            if response.status_code not in (expected if isinstance(expected, tuple) else (expected,)):
                surprises.append(f"{role}, {name}: {row.method} {path} gave {response.status_code}, not {expected}")
            elif response.status_code == 200 and world.users[role] and response["Cache-Control"] != "no-store":
                surprises.append(f"{role}, {name}: {path} may be cached")
    assert not surprises


def test_what_changes_something_wants_a_post_with_a_token(world):
    surprises = []
    roles = ("citizen", "clerk", "reviewer", "policy", "approver")
    browsers = {role: browser_of(role, world, enforce_csrf_checks=True) for role in roles}
    for name, row in ROWS.items():
        if row.method != "post":
            continue
        path = path_of(name, ADDRESSES[name], row, world)
        role = next((role for role in roles if row.expected[role] in (200, 302, 303)), "citizen")
        opened = browsers[role].get(path)
        if opened.status_code != 405 or "这个地址不能直接打开" not in opened.content.decode():
            surprises.append(f"{name}: {path} opened gave {opened.status_code}")
        if (status := browsers[role].post(path, row.data).status_code) != 403:
            surprises.append(f"{name}: {path} posted without a token gave {status}")
    assert not surprises
