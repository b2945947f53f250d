"""What the other apps have to say on a citizen's pages, without accounts knowing them.

An app registers functions here when it starts (its AppConfig.ready imports the module that holds them):

    @page_hooks.pending_source
    def invitations_waiting(person, today): yield Pending("陈静邀请您用她的历年结余", url, "去看看", by_on=...)

A source asks the database as often for one row as for a hundred: these pages have a fixed number of queries.
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from accounts.models import Person, Voucher

MOST_PENDING = 3


@dataclass(frozen=True, slots=True)
class Pending:
    """待办：等这个人自己做的一件事。最急的排在前面：先看期限，没有期限的在后。"""

    text: str
    url: str
    action: str
    by_on: date | None = None


@dataclass(frozen=True, slots=True)
class Progress:
    """办事进度里的一行：什么事、到哪一步、谁在办、什么时候前。tone 是状态标签的颜色（ok、pend、warn、err 或空）。"""

    number: str
    name: str
    stage: str
    tone: str
    at: datetime
    url: str = ""
    next_step: str = ""
    holder: str = ""
    by_on: date | None = None
    needs_you: bool = False


@dataclass(frozen=True, slots=True)
class OthersMoney:
    """家人的钱里本人能用的：谁的；今年还能用多少（分），不限额度时为空；今年用完了的，什么时候重新算。"""

    whose: str
    left_fen: int | None
    state: str = ""


@dataclass(frozen=True, slots=True)
class UserOfMine:
    """能用本人的钱的一位家人：谁；今年用了多少、最多用多少（分，不限额度时为空）；现在不能用时是什么状态。"""

    whose: str
    used_fen: int
    limit_fen: int | None
    state: str = ""


@dataclass(frozen=True, slots=True)
class MainAct:
    """我的账户页上最显眼的那个按钮。"""

    text: str
    url: str


@dataclass(frozen=True, slots=True)
class WhyNot:
    """现在还不能给家人用的原因：为什么、查到的情况和下一步。"""

    words: str


@dataclass(frozen=True, slots=True)
class Link:
    """通知下面的一个去处：能对这件事做什么。"""

    text: str
    url: str


PendingSource = Callable[[Person, date], Iterable[Pending]]
ProgressSource = Callable[[Person, date], Iterable[Progress]]
ActSource = Callable[[Person, str, date], MainAct | WhyNot | None]
OthersMoneySource = Callable[[Person, date], Iterable[OthersMoney]]
UserSource = Callable[[Person, str, date], Iterable[UserOfMine]]
NoticeLinkSource = Callable[[Person, Collection[str], datetime], Mapping[str, Link]]
EntrySource = Callable[[Person, Voucher], Iterable[tuple[str, str]]]
KinSource = Callable[[Person, Collection[int]], Mapping[int, str]]

_pending: list[PendingSource] = []
_progress: list[ProgressSource] = []
_acts: list[ActSource] = []
_last_acts: list[ActSource] = []
_entries: list[EntrySource] = []
_kin: list[KinSource] = []
_notice_links: list[NoticeLinkSource] = []
_others_money: list[OthersMoneySource] = []
_users: list[UserSource] = []


def pending_source(source: PendingSource) -> PendingSource:
    """Register who yields Pending for (person, today)."""
    return _registered(_pending, source)


def progress_source(source: ProgressSource) -> ProgressSource:
    """Register who yields Progress for (person, today), from the web and the counter alike."""
    return _registered(_progress, source)


def act_source(source: ActSource) -> ActSource:
    """Register who may offer the main act for (person, region, today); the first answer that is not None counts."""
    return _registered(_acts, source)


def last_act_source(source: ActSource) -> ActSource:
    """Register who may offer the main act where no act_source has anything to say."""
    return _registered(_last_acts, source)


def entry_source(source: EntrySource) -> EntrySource:
    """Register who knows more of one entry of (person, its voucher) than the books: label and words."""
    return _registered(_entries, source)


def kin_source(source: KinSource) -> KinSource:
    """Register who names relatives for (person, ids of people): {12: "陈伟（父亲）"}."""
    return _registered(_kin, source)


def others_money_source(source: OthersMoneySource) -> OthersMoneySource:
    """Register who yields the money of others that (person, today) may use."""
    return _registered(_others_money, source)


def user_source(source: UserSource) -> UserSource:
    """Register who yields those who may use the money that (person, region, today) has there."""
    return _registered(_users, source)


def notice_link_source(source: NoticeLinkSource) -> NoticeLinkSource:
    """Register who knows where notices of (person) lead, by what they are about, at an instant: {"bond:12": Link}."""
    return _registered(_notice_links, source)


def _registered(sources: list, source):
    if source not in sources:
        sources.append(source)
    return source


def pending_of(person: Person, today: date) -> list[Pending]:
    """Return what waits for this person, the most urgent first, at most three."""
    found = [one for source in _pending for one in source(person, today)]
    return sorted(found, key=lambda one: one.by_on or date.max)[:MOST_PENDING]


def progress_of(person: Person, today: date) -> list[Progress]:
    """Return everything this person has under way or behind them: what needs them first, then the latest first."""
    found = [one for source in _progress for one in source(person, today)]
    return sorted(found, key=lambda one: (not one.needs_you, -one.at.timestamp()))


def others_money(person: Person, today: date) -> list[OthersMoney]:
    """Return whose money besides their own this person may use today, in the order in which it is used."""
    return [one for source in _others_money for one in source(person, today)]


def users_of(person: Person, region: str, today: date) -> list[UserOfMine]:
    """Return who besides this person may use the account in a region, in the order in which they were let."""
    return [one for source in _users for one in source(person, region, today)]


def facts_of_entry(person: Person, voucher: Voucher) -> list[tuple[str, str]]:
    """Return what else is known of an entry of this person's, label and words."""
    return [fact for source in _entries for fact in source(person, voucher)]


def main_act_of(person: Person, region: str, today: date) -> MainAct | WhyNot | None:
    """Return what this person most likely wants to do next with the account, or why they cannot; None: nothing to offer."""
    offers = (source(person, region, today) for source in (*_acts, *_last_acts))
    return next((act for act in offers if act is not None), None)


def notice_links(person: Person, abouts: Collection[str], at: datetime) -> dict[str, Link]:
    """Return where this person's notices lead; where nothing can be done any more, nowhere."""
    links: dict[str, Link] = {}
    for source in _notice_links if abouts else ():
        links.update(source(person, abouts, at))
    return links


def names_of(person: Person, ids: Collection[int]) -> dict[int, str]:
    """Return how this person's pages call these people: 陈伟（父亲）. Who is no relative is left out."""
    names: dict[int, str] = {}
    if ids:
        for source in _kin:
            names.update(source(person, ids))
    return names
