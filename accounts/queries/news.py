"""What became different for somebody lately: their status and their base, told from the facts themselves.

Nothing is stored for it, so an import of a million people writes nothing more, and a correction is told at once.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise

from accounts.codes import Capacity, EnrolmentStatus
from accounts.models import Contribution
from accounts.policies.status import Status
from accounts.queries.account import Account
from yibao.lib.days import day_words, month_words
from yibao.lib.fen import grouped
from yibao.lib.months import Month

LOOKED_BACK = timedelta(days=400)  # a year, and the month before it to compare with

_STATES = {
    EnrolmentStatus.NORMAL: "恢复参保",
    EnrolmentStatus.SUSPENDED: "停保，停保期间没有新的钱记入",
    EnrolmentStatus.ENDED: "终止参保，不再有新的钱记入",
}
_CAPACITIES = {
    Capacity.RETIREE: "按退休人员记入",
    Capacity.FLEX: "按灵活就业人员记入",
    Capacity.EMPLOYEE: "按在职职工记入",
}


@dataclass(frozen=True, slots=True)
class News:
    """One thing that is different from a day on."""

    on: date
    words: str


def news_of(account: Account) -> list[News]:
    """Return what changed in the last year, the latest first (one query)."""
    since = account.today - LOOKED_BACK
    found = [*_status_news(account.history), *_base_news(account, since)]
    return sorted((one for one in found if since < one.on <= account.today), key=lambda one: one.on, reverse=True)


def _status_news(history: tuple[Status, ...]) -> Iterator[News]:
    for before, now in pairwise(history):
        if before.status != now.status:
            yield News(now.from_on, f"{day_words(now.from_on)}起{_STATES[EnrolmentStatus(now.status)]}。")
        if before.capacity != now.capacity and now.status == EnrolmentStatus.NORMAL:
            yield News(now.from_on, f"{day_words(now.from_on)}起{_CAPACITIES[now.capacity]}。")


def _base_news(account: Account, since: date) -> Iterator[News]:
    rows = Contribution.objects.filter(person=account.person, region=account.region, month__gte=since).order_by("month")
    for before, now in pairwise(rows.only("month", "base_fen")):
        if before.base_fen != now.base_fen:
            change = f"从 {grouped(before.base_fen)} 元变成 {grouped(now.base_fen)} 元"
            yield News(now.month, f"{month_words(Month.of(now.month))}起缴费基数{change}。")
