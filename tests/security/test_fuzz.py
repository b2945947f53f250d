"""Whatever is asked of whatever page, by whoever and however: no failure of ours. `make fuzz` asks 20,000 times."""

import contextlib
import os
import random
import re
import traceback
from typing import Any

import pytest
from django.core.signals import got_request_exception
from django.db import connection, transaction
from django.test import Client
from django.urls import NoReverseMatch, reverse

from tests.accounts.test_permissions_matrix import ADDRESSES, browser_of, row_of
from tests.factories.people import certno
from tests.permissions import ROLES
from tests.world import World

REQUESTS = int(os.environ.get("FUZZ", "400"))
SEED = int(os.environ.get("FUZZ_SEED", "9"))

METHODS = ["get"] * 4 + ["post"] * 5 + ["head", "put", "patch", "delete", "options"]
WORDS: list[Any] = [
    "", " ", "abc", "0", "1", "2", "5", "-1", "1.5", "100", "2026", "2026-02-30", "2026-01-01", "二月三十日", "99999999999",
    "9" * 30, "9" * 5000, "1e400", "NaN", "Infinity", "²", "１２３", "٣", "\x00", "a\x00b", "\u202e", "\u200b", "\ufffd", "😀" * 50,
    "𠮷", "a" * 5000, "陈" * 300, "<script>alert(1)</script>", "' OR 1=1 --", "%s%s%n", "{{7*7}}", "../../etc/passwd", "[]", "{}",
    "null", "true", "[" * 50_000, "on", "off", "next", "//evil.example", "javascript:x", "http://[::1", "330900", "330381", "medical", "premium",
    "record", "code", "elder", "high", "pharmacy", "GJ2026-0310-ABCDE", "entry-1", "entry-" + "9" * 18, "2026-13", "-0", "0x10",
]  # fmt: skip
# Never in an address, where nothing personal may stand.
PERSONAL = [certno(7), "19900000001", "陈晓明", "E12345678"]
QUERY = [
    "next", "page", "p", "o", "q", "e", "year", "month", "kind", "region", "skip", "about", "cancel", "limit", "until", "amount",
    "at__year", "at__month", "at__day", "at__gte", "state__exact", "kind__exact", "id__in", "_popup", "_to_field", "format", "place",
    "service", "situation", "group", "day", "scopes", "relation", "start", "end", "from", "to", "what", "where", "who", "person",
    "user", "sort", "least", "most", "pot",
]  # fmt: skip
NAMES = [*QUERY, "phone", "code", "name", "certno", "way", "answer", "back", "draft", "text", "score", "action", "reason", "body",
         "_selected_action", "document", "digest", "kept", "file", "number", "last_four", "declared", "agreed", "bond", "direction"]  # fmt: skip
IN_FORMS = [name for name in NAMES if name != "_to_field"]  # Django logs what is wrong in it
BODIES = [
    ("application/json", b'{"a": [' * 2000), ("application/json", b"\xff\xfe"), ("multipart/form-data", b"no boundary"),
    ("multipart/form-data; boundary=x", b"--x\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n"),
    ("application/x-www-form-urlencoded", b"phone=%ED%A0%80&name=%ff%fe&code=%00&limit=%"),
    ("application/x-www-form-urlencoded; charset=utf-7", b"phone=+AGEA-"), ("text/plain", b"x" * 100_000),
    ("application/x-www-form-urlencoded", b"&".join(b"a%d=1" % n for n in range(2000))),
]  # fmt: skip


class Fuzz:
    """Makes requests at random from a seed, and keeps what failed."""

    def __init__(self, world: World) -> None:
        self.chance = random.Random(SEED)
        self.world = world
        self.fields: dict[str, list[str]] = {}
        self.failed: list[str] = []
        self.errors: list[str] = []

    def path(self, name: str) -> str:
        pattern, row = ADDRESSES[name], row_of(name)
        if not pattern.name:
            return "/" + str(pattern.pattern).strip("^$")
        given: list[Any] = [{key: self.argument(kind) for key, kind in pattern.pattern.converters.items()}]
        if row is not None and self.chance.random() < 0.7:
            with contextlib.suppress(Exception):
                given.insert(0, row.args(self.world))
        for guess in (*given, {"app_label": "accounts"}, [1], [1, 1]):
            with contextlib.suppress(NoReverseMatch):
                return reverse(name, **({"kwargs": guess} if isinstance(guess, dict) else {"args": guess}))
        return "/" + name

    def argument(self, kind: Any) -> Any:
        if type(kind).__name__ == "IntConverter":
            return self.chance.choice([0, 1, 2, 10**9, 10**18, 10**30])
        return self.chance.choice(["1", "x", "abc-def", "9" * 40, "GJ2026-0310-ABCDE", "portal", "_3A"])

    def values(self, names: list[str], words: list[Any]) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for _ in range(self.chance.randrange(1, 7)):
            several = [self.chance.choice(words) for _ in range(self.chance.choice([1, 1, 1, 3]))]
            found[self.chance.choice(names)] = several if len(several) > 1 else several[0]
        return found

    def ask(self, browser: Client, name: str) -> None:
        path = self.path(name)
        if self.chance.random() < 0.5:
            path += "?" + "&".join(f"{k}={_quoted(v)}" for k, v in self.values(QUERY, WORDS).items())
        method = self.chance.choice(METHODS)
        headers = {"HX-Request": "true"} if self.chance.random() < 0.2 else {}
        given: dict[str, Any] = {"headers": headers, "REMOTE_ADDR": f"10.{self.chance.randrange(256)}.0.1"}
        if method == "post" and self.chance.random() < 0.15:
            given["content_type"], given["data"] = self.chance.choice(BODIES)
        elif method in ("post", "put", "patch"):
            data = self.values([*IN_FORMS, *self.fields.get(name, []) * 5], [*WORDS, *PERSONAL * 3])
            given["data"] = data if method == "post" else b"x=1"
        self.errors.clear()
        answer = getattr(browser, method)(path, **given)
        if method == "get" and answer.status_code == 200 and not answer.streaming:
            seen = re.findall(rb'name="([\w-]{1,40})"', answer.content)
            self.fields[name] = sorted({field.decode() for field in seen} - {"csrfmiddlewaretoken", "viewport"})
        if answer.status_code >= 500 and not (name == "readyz" and answer.status_code == 503):
            why = self.errors[-1] if self.errors else ""
            self.failed.append(f"{method} {path[:300]} {str(given)[:600]} gave {answer.status_code}: {why}")


def _quoted(value: Any) -> str:
    from urllib.parse import quote

    return quote(str(value[0] if isinstance(value, list) else value)[:3000], safe="")


@pytest.fixture
def inside(world) -> None:
    """Let durable transactions stand inside that of the test, as in a TestCase."""
    for block in connection.atomic_blocks:
        block._from_testcase = True


@pytest.mark.usefixtures("inside")
def test_no_request_makes_the_site_fail(world):
    fuzz = Fuzz(world)

    def note(sender: Any, **signal: Any) -> None:
        fuzz.errors.append(traceback.format_exc(limit=-4))

    got_request_exception.connect(note)
    try:
        names = [name for name in ADDRESSES if not name.startswith("admin:jsi18n")]
        browsers = {role: browser_of(role, world) for role in ROLES}
        kept = {
            role: {key: morsel.value for key, morsel in browser.cookies.items()} for role, browser in browsers.items()
        }
        for _ in range(REQUESTS):
            role = fuzz.chance.choice(ROLES)
            browser = browsers[role]
            browser.cookies.clear()
            for key, value in kept[role].items():
                browser.cookies[key] = value
            with transaction.atomic():  # what one request does must not change what the next one meets
                connection.atomic_blocks[-1]._from_testcase = True
                fuzz.ask(browser, fuzz.chance.choice(names))
                transaction.set_rollback(True)
    finally:
        got_request_exception.disconnect(note)
    assert not fuzz.failed, f"seed {SEED}: {len(fuzz.failed)} of {REQUESTS}\n" + "\n".join(fuzz.failed[:20])
