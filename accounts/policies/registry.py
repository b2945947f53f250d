"""The policy registry: what does this region say on this day?

    registry.credit("330900", day).accrual
    registry.sharing_or_none(region, day)

Published versions never change, so they are read once and kept by the process; looking up costs no query, because
runs look up for every person. Whether something was published since is asked at most once a second, and at once
after this process has saved a version. Another process therefore sees a new version within a second, long before
the day it takes effect.
"""

import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace
from datetime import date
from itertools import count
from typing import Generic, TypeVar, cast

from django.db import connection, transaction
from django.db.models import Count, Max, QuerySet
from django.db.models.signals import post_delete, post_save

from accounts.codes import AREA_KINDS, PolicyKind, PolicyState
from accounts.errors import AccountsError
from accounts.models import PolicyVersion, Region
from accounts.policies.sources import source_of
from accounts.policies.terms import (
    CounterTerms,
    CreditTerms,
    InterestTerms,
    PremiumTerms,
    SharingTerms,
    SpendingTerms,
    Terms,
    parse_terms,
)

_RECHECK_SECONDS = 1.0

T = TypeVar("T", bound=Terms)
T_co = TypeVar("T_co", bound=Terms, covariant=True)


class NoPolicyError(AccountsError):
    """The region has no published rules of this kind on this day."""

    def __init__(self, region: str, kind: str, day: date | None) -> None:
        self.region, self.kind, self.day = region, kind, day
        when = f"在 {day} " if day else ""
        super().__init__(f"统筹区 {region} {when}没有“{PolicyKind(kind).label}”规则，请先用 load_policies 载入")


@dataclass(frozen=True, slots=True)
class Published(Generic[T_co]):
    """A published version with its terms already parsed. `source` names its documents, for people to read."""

    id: int
    policy: PolicyVersion
    terms: T_co
    source: str

    @property
    def effective_from(self) -> date:
        return self.policy.effective_from


@dataclass(frozen=True, slots=True)
class _Cache:
    stamp: tuple[int, int | None]
    by_id: dict[int, Published[Terms]]
    by_kind: dict[tuple[str, str], tuple[Published[Terms], ...]]  # newest first
    names: dict[str, str]


# What this thread takes for published although it is not, and numbers for it that no stored version has.
_assumed: ContextVar[_Cache | None] = ContextVar("assumed rules", default=None)
_numbers = count(-1, -1)

_cache: _Cache | None = None
_checked = 0.0
_uncommitted = False


def credit(region: str, day: date) -> CreditTerms:
    """Return how accounts are credited (划入) in a region on a day. Raises NoPolicyError, as do all that name one kind."""
    return version_on(region, CreditTerms, day).terms


def credit_or_none(region: str, day: date) -> CreditTerms | None:
    return _terms_or_none(region, CreditTerms, day)


def interest(region: str, day: date) -> InterestTerms:
    """Return what accounts earn (计息)."""
    return version_on(region, InterestTerms, day).terms


def interest_or_none(region: str, day: date) -> InterestTerms | None:
    return _terms_or_none(region, InterestTerms, day)


def sharing(region: str, day: date) -> SharingTerms:
    """Return who may share an account (家庭共济)."""
    return version_on(region, SharingTerms, day).terms


def sharing_or_none(region: str, day: date) -> SharingTerms | None:
    return _terms_or_none(region, SharingTerms, day)


def spending(region: str, day: date) -> SpendingTerms:
    """Return in which order an account is used (使用)."""
    return version_on(region, SpendingTerms, day).terms


def spending_or_none(region: str, day: date) -> SpendingTerms | None:
    return _terms_or_none(region, SpendingTerms, day)


def premium(region: str, day: date) -> PremiumTerms:
    """Return when and how much residents pay (居民医保代缴)."""
    return version_on(region, PremiumTerms, day).terms


def premium_or_none(region: str, day: date) -> PremiumTerms | None:
    return _terms_or_none(region, PremiumTerms, day)


def counter(region: str, day: date) -> CounterTerms:
    """Return how offices work (窗口)."""
    return version_on(region, CounterTerms, day).terms


def counter_or_none(region: str, day: date) -> CounterTerms | None:
    return _terms_or_none(region, CounterTerms, day)


def is_by_area(case_kind: str, region: str, day: date) -> bool:
    """Say whether only the responsible office of a region finishes cases of a kind."""
    terms = counter_or_none(region, day)
    return case_kind in AREA_KINDS and terms is not None and terms.by_area


def version_on(region: str, kind: type[T], day: date) -> Published[T]:
    """Return the published version in force on a day: the latest that begins no later. Raises NoPolicyError."""
    published = _find(region, kind, day)
    if published is None:
        raise NoPolicyError(region, kind.kind, day)
    return published


def versions(region: str, kind: type[T]) -> tuple[Published[T], ...]:
    """Return all published versions of a kind in a region, newest first; none is an empty tuple."""
    # Under a kind stand only its own terms (see _read), which a dictionary's type cannot say.
    return cast("tuple[Published[T], ...]", _current().by_kind.get((region, kind.kind), ()))


def version(version_id: int, kind: type[T]) -> Published[T]:
    """Return a published version of a kind by its id, as ledger rows name it. Raises PolicyVersion.DoesNotExist."""
    published = _current().by_id.get(version_id)
    if published is None or not isinstance(published.terms, kind):
        raise PolicyVersion.DoesNotExist(f"no published policy version {version_id} of kind {kind.kind}")
    return cast("Published[T]", published)


def credit_of(version_id: int | str) -> CreditTerms:
    """Return the credit terms of a version, by its id or as a span of a benefit year names it (formulas.Span)."""
    return version(int(version_id), CreditTerms).terms


def has_buckets(region: str) -> bool:
    """Return whether the region keeps 当年 and 历年 apart; no version of a region may change it. Raises NoPolicyError."""
    found = versions(region, CreditTerms)
    if not found:
        raise NoPolicyError(region, CreditTerms.kind, None)
    return found[0].terms.has_buckets


def knows_region(region: str) -> bool:
    """Return whether rules for crediting accounts are loaded for the region."""
    return bool(versions(region, CreditTerms))


def region_name(region: str) -> str:
    """Return the region's Chinese name for pages; its code where no rules are loaded for it."""
    return _current().names.get(region, region)


def region_names() -> dict[str, str]:
    """Return code → name of every region that rules are loaded for, by code."""
    return dict(_current().names)


@contextmanager
def assuming(drafts: Iterable[PolicyVersion]) -> Iterator[None]:
    """Look up, in this thread, as if these drafts were published, to compute what they would change.

    Each goes by a new negative number: what is remembered by the id of a version may not be mistaken for what a draft
    says once it is published, and no voucher can name it. Raises PolicyError for values that do not hold.
    """
    cache = _current()
    by_id, by_kind = dict(cache.by_id), dict(cache.by_kind)
    for draft in drafts:
        terms: Terms = parse_terms(draft.kind, draft.terms, file=str(draft))
        assumed = Published(next(_numbers), draft, terms, source_of(draft))
        key = (draft.region_id, draft.kind)
        by_id[assumed.id] = assumed
        by_kind[key] = tuple(sorted((*by_kind.get(key, ()), assumed), key=lambda one: one.effective_from, reverse=True))
    token = _assumed.set(replace(cache, by_id=by_id, by_kind=by_kind))
    try:
        yield
    finally:
        _assumed.reset(token)


def invalidate(**signal: object) -> None:
    """Ask the database again at the next look-up. Called whenever this process saves a version.

    Until the transaction has ended it is asked at every look-up, because what was saved may be rolled back.
    """
    global _cache, _uncommitted
    _cache, _uncommitted = None, _may_be_rolled_back()
    if _uncommitted:
        transaction.on_commit(_drop_cache)


post_save.connect(invalidate, sender=PolicyVersion, dispatch_uid="policy_registry")
post_delete.connect(invalidate, sender=PolicyVersion, dispatch_uid="policy_registry")


def _may_be_rolled_back() -> bool:
    """Say whether what is written and read now may yet be undone. A test's own transaction around it does not count."""
    return connection.in_atomic_block


def _drop_cache() -> None:
    global _cache, _uncommitted
    _cache, _uncommitted = None, False


def _find(region: str, kind: type[T], day: date) -> Published[T] | None:
    return next((one for one in versions(region, kind) if one.effective_from <= day), None)


def _terms_or_none(region: str, kind: type[T], day: date) -> T | None:
    published = _find(region, kind, day)
    return published.terms if published else None


def _current() -> _Cache:
    global _cache, _checked
    if (assumed := _assumed.get()) is not None:
        return assumed
    if _uncommitted and not _may_be_rolled_back():
        _drop_cache()  # the transaction that saved a version was rolled back
    cache, now = _cache, time.monotonic()
    if cache is not None and not _uncommitted and now - _checked < _RECHECK_SECONDS:
        return cache
    if cache is None or cache.stamp != _stamp():
        cache = _read()
    _cache, _checked = cache, now
    return cache


def _stamp() -> tuple[int, int | None]:
    """Return what changes whenever a version is published, or a publication is rolled back."""
    found = _published().aggregate(count=Count("id"), last=Max("id"))
    return found["count"], found["last"]


def _published() -> QuerySet[PolicyVersion]:
    return PolicyVersion.objects.filter(state=PolicyState.PUBLISHED)


def _read() -> _Cache:
    by_id: dict[int, Published[Terms]] = {}
    by_kind: dict[tuple[str, str], tuple[Published[Terms], ...]] = {}
    for policy in _published().select_related("region").order_by("region", "kind", "-effective_from"):
        terms: Terms = parse_terms(policy.kind, policy.terms, file=f"#{policy.pk}")
        published = Published(policy.pk, policy, terms, source_of(policy))
        by_id[policy.pk] = published
        key = (policy.region_id, policy.kind)
        by_kind[key] = (*by_kind.get(key, ()), published)
    names = dict(Region.objects.order_by("code").values_list("code", "name"))
    return _Cache((len(by_id), max(by_id, default=None)), by_id, by_kind, names)
