"""Looking for entries: who used the money, where, what it was, and how much.

Places are chosen from those somebody has been to, never typed: what is typed into an address ends in logs and
histories, and a place one was treated at is nobody's business.
"""

from collections import Counter
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from datetime import date

from django.db import connection
from django.db.models import Q

from accounts.codes import USE_KINDS, PotKind
from accounts.ledger.legs import LEGS
from accounts.queries import page_hooks
from accounts.queries.account import Account
from accounts.queries.lines import Line, lines_of
from accounts.queries.statement import Sum, entries_between
from yibao.lib.codes import TextCode
from yibao.lib.fen import grouped, signed


class Sort(TextCode):
    """What an entry was, as people look for it: coarser than the word that stands in its line."""

    CREDITED = "credited", "记入"
    USED = "used", "使用"
    RETURNED = "returned", "退回"
    TAKEN = "taken", "收回和追回"
    MOVED = "moved", "转账"
    OTHER = "other", "其他（期初、调账）"


_SORTS = {
    "记入": Sort.CREDITED,
    "使用": Sort.USED,
    "退回": Sort.RETURNED,
    "收回": Sort.TAKEN,
    "待追回": Sort.TAKEN,
    "还清": Sort.TAKEN,
    "核销": Sort.TAKEN,
    "转账": Sort.MOVED,
    "转入": Sort.MOVED,
    "转出": Sort.MOVED,
}  # any other word: Sort.OTHER


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the entries looked for have in common; None is any. `user` is a person's key, amounts are fen without sign."""

    user: int | None = None
    place: str | None = None
    sort: Sort | None = None
    least_fen: int | None = None
    most_fen: int | None = None

    def __bool__(self) -> bool:
        return any(value is not None for value in (self.user, self.place, self.sort, self.least_fen, self.most_fen))

    @property
    def amount_words(self) -> str:
        """The bounds of the amount, both of them included: 10.00 元到 50.00 元."""
        least = "" if self.least_fen is None else f"{grouped(self.least_fen)} 元"
        most = "" if self.most_fen is None else f"{grouped(self.most_fen)} 元"
        if least and most:
            return f"{least}到 {most}"
        return f"{least}以上" if least else f"{most}以下" if most else ""


def users_of(account: Account, sums: Iterable[Sum]) -> dict[int, str]:
    """Return who used the account, by key, the owner first and each as the owner's pages call them."""
    users = {one.user for one in sums if one.user is not None}
    others = users - {account.person.pk}
    names = {person: "家人" for person in others} | page_hooks.names_of(account.person, others)
    mine = {account.person.pk: "本人"} if account.person.pk in users else {}
    return mine | dict(sorted(names.items(), key=lambda named: named[1]))


# The name for one's own use, the kind of place for anybody else's: as in the lines (`lines.place_of`).
_PLACES = f"""
    SELECT place, min(id) FROM (
        SELECT leg.id, CASE WHEN coalesce(v.subject_id, %(person)s) = %(person)s THEN v.place
                            ELSE v.place_kind END AS place
        FROM ({LEGS}) leg JOIN accounts_voucher v ON v.id = leg.voucher_id
        WHERE leg.pot = ANY(%(own)s)
    ) used WHERE place <> '' GROUP BY place ORDER BY place
"""


def places_of(account: Account) -> dict[int, str]:
    """Return the places that the lines of an account name, each by the first entry that names it (one query)."""
    own = [pot.pk for pot in account.pots.values()]
    if not own:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(_PLACES, {"own": own, "person": account.person.pk})
        return {first: place for place, first in cursor.fetchall()}


def lines_found(
    account: Account,
    wanted: Wanted,
    first: date,
    until: date,
    *,
    pots: Collection[PotKind],
    url: Callable[[int], str],
) -> list[Line]:
    """Return the lines looked for of the days from `first` to before `until`, in the order of a statement.

    They carry no balances: those between two of them are of other entries.
    """
    entries = [
        one for one in entries_between(account, first, until, where=_matching(account, wanted)) if one.pot in pots
    ]
    lines = lines_of(account, entries, url=url, apart=len(pots) == 1)
    return [line for line in lines if wanted.sort in (None, _SORTS.get(line.sort, Sort.OTHER))]


def _matching(account: Account, wanted: Wanted) -> Q:
    person = account.person.pk
    is_own = Q(voucher__subject=person) | Q(voucher__subject__isnull=True)
    matching = Q()
    if wanted.user is not None:
        is_use = Q(voucher__kind__in=USE_KINDS) | Q(voucher__reverses__kind__in=USE_KINDS)
        matching &= is_use & (is_own if wanted.user == person else Q(voucher__subject=wanted.user))
    if wanted.place is not None:
        matching &= is_own & Q(voucher__place=wanted.place) | ~is_own & Q(voucher__place_kind=wanted.place)
    if wanted.least_fen is not None:
        matching &= Q(amount_fen__gte=wanted.least_fen)
    if wanted.most_fen is not None:
        matching &= Q(amount_fen__lte=wanted.most_fen)
    return matching


def found_words(lines: Collection[Line]) -> str:
    """Say how many lines were found and what they come to, each sort by itself: 找到3笔：使用 −150.00 元，退回 +50.00 元。"""
    if not lines:
        return "找到0笔记录。"
    sums: Counter[str] = Counter()
    for line in lines:
        sums[line.sort] += line.fen
    moved = {line.sort for line in lines if line.moved}
    parts = (f"{sort} {grouped(fen) if sort in moved else signed(fen)} 元" for sort, fen in sums.items())
    return f"找到{len(lines)}笔记录：{'，'.join(parts)}。"
