"""Who may open what: one row per address and, in it, one expected status per role.

An address without a row fails the suite (tests/accounts/test_permissions_matrix.py). To add one:

    "family_member": Row(PERSON, other=404, args=lambda world: {"pk": a_member_of(world.citizen.person).pk}),
    "family_remove": Row(PERSON, method="post", citizen=302, other=404, args=…),
    "counter_find": Row(COUNTER),

The key is the name of the address with its namespace. `args` makes what the address names; whatever belongs to
somebody belongs to world.citizen, and `other` is another proven citizen who must not get at it. Several acceptable
statuses are written as a tuple. Keys ending in * are for namespaces; an exact row wins.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from accounts import help as handbook
from accounts.models import Person, User
from tests.cast import ZHOUSHAN, give

ROLES = ("anonymous", "unproven", "citizen", "other", "clerk", "reviewer", "policy", "superuser")
Status = int | tuple[int, ...]


@dataclass(frozen=True)
class World:
    """One user of each role; citizen and other are tied to different people."""

    users: dict[str, User | None]

    def __getattr__(self, role: str) -> Any:
        return self.users[role]


def statuses(citizens: Status, staff: Status, **others: Status) -> dict[str, Status]:
    """Return a status for every role: one for all citizens, one for all staff, and those named otherwise."""
    of = dict.fromkeys(ROLES[1:4], citizens) | dict.fromkeys(ROLES[4:], staff) | {"anonymous": 302}
    return of | others


def an_entry_of(person: Person) -> int:
    """Return the id of an entry in this person's account."""
    voucher = give(person, 100_00, on=date(2025, 6, 1), key=f"matrix {person.pk}")
    return voucher.transfers.get().pk


PUBLIC = statuses(200, 200, anonymous=200)
SIGNED_IN = statuses(200, 200)
CITIZEN = statuses(200, 403)
PERSON = statuses(200, 403, unproven=302)
POSTED = statuses(302, 403, anonymous=401)
COUNTER = statuses(403, 403, clerk=200, reviewer=200)
NEVER = (302, 403, 404, 405)
FINE = (200, 302, 403, 404, 405)
ADMIN = statuses(NEVER, NEVER, policy=FINE, superuser=FINE)


@dataclass(frozen=True, init=False)
class Row:
    expected: dict[str, Status]
    method: str
    args: Callable[[World], dict[str, Any]]
    data: dict[str, Any] = field(default_factory=dict)

    def __init__(
        self,
        expected: dict[str, Status],
        *,
        method: str = "get",
        args: Callable[[World], dict[str, Any]] | None = None,
        data: dict[str, Any] | None = None,
        **others: Status,
    ) -> None:
        assert not (unknown := set(others) - set(ROLES)), unknown
        object.__setattr__(self, "expected", expected | others)
        object.__setattr__(self, "method", method)
        object.__setattr__(self, "args", args or (lambda world: {}))
        object.__setattr__(self, "data", data or {})


ROWS: dict[str, Row] = {
    # Sign-in
    "sign_in": Row(statuses(302, 302, anonymous=200)),
    "sign_in_code": Row(statuses(302, 302, anonymous=302)),
    "sign_in_resend": Row(statuses(302, 302, anonymous=302), method="post"),
    "account_inactive": Row(PUBLIC),
    "account_login": Row(statuses(302, 302, anonymous=200)),
    "mfa_authenticate": Row(statuses(302, 302, anonymous=302)),
    "second_factor": Row(statuses(403, 200)),
    "account_logout": Row(statuses(200, 200, anonymous=302)),
    "socialaccount_login_cancelled": Row(PUBLIC),
    "openid_connect_login": Row(statuses(404, 404, anonymous=404), args=lambda world: {"provider_id": "portal"}),
    "openid_connect_callback": Row(statuses(404, 404, anonymous=404), args=lambda world: {"provider_id": "portal"}),
    "continue_form": Row(statuses(302, 302)),
    "drop_form": Row(statuses(302, 302, anonymous=401), method="post"),
    "outbox": Row(PUBLIC),
    # Identity and settings
    "identity": Row(statuses(302, 403, unproven=200)),
    "identity_record": Row(statuses(302, 403, unproven=200)),
    "identity_code": Row(statuses(302, 403, unproven=200)),
    "identity_done": Row(PERSON),
    "settings": Row(CITIZEN),
    "settings_sign_out_others": Row(POSTED, method="post"),
    "settings_reminders": Row(POSTED, method="post"),
    # Display
    "display": Row(PUBLIC),
    "stay": Row(statuses(204, 204, anonymous=401)),
    "components": Row(statuses(403, 200)),
    # Open to everybody
    "healthz": Row(PUBLIC),
    "readyz": Row(statuses((200, 503), (200, 503), anonymous=(200, 503))),
    "home": Row(statuses((200, 302), (200, 302), anonymous=200)),
    "offices": Row(PUBLIC),
    "office_form": Row(PUBLIC),
    "help": Row(PUBLIC),
    "help_article": Row(PUBLIC, args=lambda world: {"name": handbook.articles()[0].name}),
    "feedback": Row(PUBLIC),
    "feedback_done": Row(statuses(302, 302)),
    "accessibility": Row(PUBLIC),
    # The citizen's account
    "account": Row(PERSON),
    "account_more": Row(statuses(302, 403)),
    "account_region": Row(POSTED, method="post", data={"region": ZHOUSHAN}),
    "entries": Row(PERSON),
    "entries_file": Row(PERSON),
    "entries_sheet": Row(PERSON),
    "entry": Row(PERSON, other=404, args=lambda world: {"entry_id": an_entry_of(world.citizen.person)}),
    "years": Row(PERSON),
    "cases": Row(PERSON),
    "messages": Row(PERSON),
    "messages_read": Row(POSTED, method="post"),
    # Administration
    "admin:login": Row(statuses(403, 403, anonymous=302, policy=302, superuser=302)),
    "admin:view_on_site": Row(ADMIN, args=lambda world: {"content_type_id": 0, "object_id": 1}),
    "admin:*": Row(ADMIN),
}
