"""The book of versions: what does this region say on this day?

Published versions never change, so the book is read once and kept by the process; looking up costs no query, because
runs look up for every person. Whether something was published since is asked at most once a second, and at once
after this process has saved a version. Another process therefore sees a new version within a second, long before
the day it takes effect.
"""

import time
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import connection, transaction
from django.db.models import Count, Max, QuerySet
from django.db.models.signals import post_delete, post_save

from accounts.models import PolicyVersion, Region
from accounts.models.policy import PolicyState
from accounts.policies.terms import KIND_NAMES, CreditTerms, Terms, parse_terms

_RECHECK_SECONDS = 1.0


class NoPolicy(Exception):
    """The region has no published rules of this kind on this day."""

    def __init__(self, region: str, kind: str, day: date | None) -> None:
        self.region, self.kind, self.day = region, kind, day
        when = f"在 {day} " if day else ""
        self.message = f"统筹区 {region} {when}没有“{KIND_NAMES.get(kind, kind)}”规则，请先用 load_policies 载入"
        super().__init__(self.message)


@dataclass(frozen=True, slots=True)
class Published:
    """A published version with its terms already parsed. `source` names its documents, for people to read."""

    id: int
    policy: PolicyVersion
    terms: Any  # the Terms of its kind; callers know which kind they asked for
    source: str

    @property
    def effective_from(self) -> date:
        return self.policy.effective_from


@dataclass(frozen=True, slots=True)
class _Shelf:
    stamp: tuple[int, int | None]
    by_id: dict[int, Published]
    by_kind: dict[tuple[str, str], tuple[Published, ...]]  # newest first
    names: dict[str, str]


_shelf: _Shelf | None = None
_checked = 0.0
_unsettled = False


def terms_on(region: str, kind: str, day: date) -> Any:
    """Return the terms of a kind in force in a region on a day. Raises NoPolicy."""
    return version_on(region, kind, day).terms


def version_on(region: str, kind: str, day: date) -> Published:
    """Return the published version in force on a day: the latest that begins no later. Raises NoPolicy."""
    for published in _current().by_kind.get((region, kind), ()):
        if published.policy.effective_from <= day:
            return published
    raise NoPolicy(region, kind, day)


def version(version_id: int) -> Published:
    """Return a published version by its id, as ledger rows name it. Raises PolicyVersion.DoesNotExist."""
    published = _current().by_id.get(version_id)
    if published is None:
        raise PolicyVersion.DoesNotExist(f"no published policy version {version_id}")
    return published


def versions(region: str, kind: str) -> tuple[Published, ...]:
    """Return all published versions of a kind in a region, newest first; none is an empty tuple."""
    return _current().by_kind.get((region, kind), ())


def has_buckets(region: str) -> bool:
    """Return whether the region keeps 当年 and 历年 apart; no version of a region may change it. Raises NoPolicy."""
    found = versions(region, CreditTerms.kind)
    if not found:
        raise NoPolicy(region, CreditTerms.kind, None)
    return found[0].terms.has_buckets


def knows_region(region: str) -> bool:
    """Return whether rules for crediting accounts are loaded for the region."""
    return bool(versions(region, CreditTerms.kind))


def region_name(region: str) -> str:
    """Return the region's Chinese name for pages; its code where no rules are loaded for it."""
    return _current().names.get(region, region)


def region_names() -> dict[str, str]:
    """Return code → name of every region that rules are loaded for, by code."""
    return dict(_current().names)


def forget(**signal: object) -> None:
    """Ask the database again at the next look-up. Called whenever this process saves a version.

    Until the transaction has ended it is asked at every look-up, because what was saved may be rolled back.
    """
    global _shelf, _unsettled
    _shelf, _unsettled = None, connection.in_atomic_block
    if _unsettled:
        transaction.on_commit(_settle)


post_save.connect(forget, sender=PolicyVersion, dispatch_uid="policy_book")
post_delete.connect(forget, sender=PolicyVersion, dispatch_uid="policy_book")


def _settle() -> None:
    global _shelf, _unsettled
    _shelf, _unsettled = None, False


def _current() -> _Shelf:
    global _shelf, _checked
    if _unsettled and not connection.in_atomic_block:
        _settle()  # the transaction that saved a version was rolled back
    shelf, now = _shelf, time.monotonic()
    if shelf is not None and not _unsettled and now - _checked < _RECHECK_SECONDS:
        return shelf
    if shelf is None or shelf.stamp != _stamp():
        shelf = _read()
    _shelf, _checked = shelf, now
    return shelf


def _stamp() -> tuple[int, int | None]:
    """Return what changes whenever a version is published, or a publication is rolled back."""
    found = _published().aggregate(count=Count("id"), last=Max("id"))
    return found["count"], found["last"]


def _published() -> QuerySet[PolicyVersion]:
    return PolicyVersion.objects.filter(state=PolicyState.PUBLISHED)


def _read() -> _Shelf:
    by_id: dict[int, Published] = {}
    by_kind: dict[tuple[str, str], tuple[Published, ...]] = {}
    for policy in _published().select_related("region").order_by("region", "kind", "-effective_from"):
        terms: Terms = parse_terms(policy.kind, policy.terms, file=f"#{policy.pk}")
        published = Published(policy.pk, policy, terms, policy.source)
        by_id[policy.pk] = published
        key = (policy.region_id, policy.kind)
        by_kind[key] = (*by_kind.get(key, ()), published)
    names = dict(Region.objects.order_by("code").values_list("code", "name"))
    return _Shelf((len(by_id), max(by_id, default=None)), by_id, by_kind, names)
