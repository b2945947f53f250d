"""What the other apps have to say at a counter about a person, without accounts knowing them (see page_hooks)."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date

from accounts.models import Person


@dataclass(frozen=True, slots=True)
class SharingTie:
    """一条共济关系，或还没有答复的邀请：本人出钱还是用钱，对方是谁（隐去名字），现在怎样，额度（分，不限时为空）。"""

    is_payer: bool
    whose: str
    state: str
    tone: str
    limit_fen: int | None = None
    used_fen: int | None = None
    until_on: date | None = None
    is_declared: bool = False


SharingSource = Callable[[Person, str, date], Iterable[SharingTie]]

_sharing: list[SharingSource] = []


def sharing_source(source: SharingSource) -> SharingSource:
    """Register who yields the ties of (person, region, today), in as many queries for one as for many."""
    if source not in _sharing:
        _sharing.append(source)
    return source


def sharing_of(person: Person, region: str, today: date) -> list[SharingTie]:
    """Return with whom a person shares money of a region, either way: first whom they pay for."""
    found = [tie for source in _sharing for tie in source(person, region, today)]
    return sorted(found, key=lambda tie: not tie.is_payer)
