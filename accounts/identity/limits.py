"""How often something may happen: decided and counted by one SQL statement, so that parallel tries cannot exceed it.

A limit is a sliding window. When the database cannot answer, the error passes through and nothing happens:
limits on codes and messages fail closed.
"""

import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection
from django.utils.crypto import salted_hmac

from accounts.errors import AccountsError
from accounts.models.identity import Allowance
from yibao.lib.clock import SHANGHAI

WIDER = ((56, 4), (48, 16))  # how much more than a /64 these may do
PERIODS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


@dataclass(frozen=True, slots=True)
class Limit:
    """At most `times` within any `within`."""

    times: int
    within: timedelta


class TooOftenError(AccountsError):
    """The limit is reached. `opens_at` is when the next one may come."""

    message = "次数太多了，请过一会儿再试"

    def __init__(self, what: str, opens_at: datetime) -> None:
        super().__init__()
        self.what, self.opens_at = what, opens_at

    def reopens(self, now: datetime) -> str:
        """Return the clock time for people, rounded up to the minute: 14:32, 明天00:10."""
        local = (self.opens_at + timedelta(seconds=59)).astimezone(SHANGHAI)
        days = (local.date() - now.astimezone(SHANGHAI).date()).days
        return f"{'' if days < 1 else '明天' if days == 1 else f'{local.month}月{local.day}日'}{local:%H:%M}"


def limits(text: str) -> tuple[Limit, ...]:
    """Return the limits written as "1/60s 5/1h 10/1d"."""
    pairs = (word.split("/") for word in text.split())
    return tuple(Limit(int(times), timedelta(**{PERIODS[within[-1]]: int(within[:-1])})) for times, within in pairs)


def digest(what: str, whose: str) -> str:
    """Return the keyed digest under which somebody is counted; numbers and addresses themselves are not kept."""
    return salted_hmac(f"accounts.allowance.{what}", whose, algorithm="sha256").hexdigest()


def plain(address: str) -> str:
    """Return an address as it is: one of IPv4 that came in the clothes of IPv6 (::ffff:a.b.c.d) without them."""
    ip = ipaddress.ip_address(address)
    return str(ip.ipv4_mapped or ip) if isinstance(ip, ipaddress.IPv6Address) else str(ip)


def network(address: str) -> str:
    """Return whom an address counts for: an IPv4 address itself, an IPv6 address its /64, which one home holds."""
    ip = ipaddress.ip_address(plain(address))
    return str(ip) if ip.version == 4 else str(ipaddress.IPv6Network((ip, 64), strict=False))


def _around(counted: str) -> list[tuple[str, int]]:
    """Return the networks around one that is counted and how many times as much they may do.

    Providers give a customer a whole /56 or /48 of IPv6: thousands of /64, and yet one somebody.
    """
    if "/" not in counted:
        return []
    home = ipaddress.IPv6Network(counted)
    return [(str(home.supernet(new_prefix=bits)), times) for bits, times in WIDER]


def use_from(what: str, counted: str, allowed: Sequence[Limit], at: datetime) -> None:
    """Count one more of `what` for whom an address counts for (`network`), and for the networks around it.

    In the caller's transaction. Raises TooOftenError, upon which the caller's transaction must not commit.
    """
    use(what, counted, allowed, at)
    for around, times in _around(counted):
        use(what, around, [Limit(limit.times * times, limit.within) for limit in allowed], at)


def use(what: str, whose: str, allowed: Sequence[Limit], at: datetime) -> None:
    """Count one more of `what` for `whose`. Raises TooOftenError, and counts nothing, where a limit is reached."""
    keep = max(limit.times for limit in allowed)
    free = " AND ".join(
        "(cardinality(kept.recent) < %s OR kept.recent[cardinality(kept.recent) - %s] <= %s)" for _ in allowed
    )
    windows = [value for limit in allowed for value in (limit.times, limit.times - 1, at - limit.within)]
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            INSERT INTO accounts_allowance AS kept (what, whose, recent) VALUES (%s, %s, ARRAY[%s::timestamptz])
            ON CONFLICT (what, whose) DO UPDATE
            SET recent = (kept.recent || EXCLUDED.recent)[greatest(1, cardinality(kept.recent) + 2 - %s):]
            WHERE {free}
            RETURNING id
            """,
            [what, digest(what, whose), at, keep, *windows],
        )
        if not cursor.fetchone():
            raise TooOftenError(what, opens_at(what, whose, allowed, at) or at)


def _recent(what: str, whose: str) -> list[datetime]:
    row = Allowance.objects.filter(what=what, whose=digest(what, whose)).values_list("recent", flat=True).first()
    return row or []


def left(what: str, whose: str, limit: Limit, at: datetime) -> int:
    """Return how many more are allowed at this instant."""
    return max(0, limit.times - sum(moment > at - limit.within for moment in _recent(what, whose)))


def opens_at(what: str, whose: str, allowed: Sequence[Limit], at: datetime) -> datetime | None:
    """Return when the next one will be allowed, or None where one is allowed now. Counts nothing."""
    recent = _recent(what, whose)
    opens = [recent[-limit.times] + limit.within for limit in allowed if len(recent) >= limit.times]
    return max((moment for moment in opens if moment > at), default=None)


def reset(what: str, whose: str) -> None:
    """Start counting anew."""
    Allowance.objects.filter(what=what, whose=digest(what, whose)).delete()


def purge(before: datetime) -> None:
    """Forget whoever did nothing since; the longest window is a day."""
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM accounts_allowance WHERE recent[cardinality(recent)] < %s", [before])
