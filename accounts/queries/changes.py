"""What a region's rules say now, since when, by which document, and what is different from before."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date

from accounts.policies import registry
from accounts.policies.registry import Published
from accounts.policies.sources import assumed_keys
from accounts.policies.terms import KINDS, CreditTerms, SharingTerms, Terms, parameters
from accounts.policies.terms.credit import SHARE_NONE

# Where a region does not name one of these, nobody is limited; any other term that is not named does not apply.
NOT_LIMITED = {SharingTerms.kind: "不限"}


@dataclass(frozen=True, slots=True)
class Change:
    """One parameter that a later version says differently, in words for people; `before` is empty where it is new."""

    label: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Rule:
    """The rules of one kind in force on a day, and what they changed."""

    name: str
    published: Published[Terms]
    earlier: Published[Terms] | None
    changes: list[Change]
    shown: list[tuple[str, str]]  # label and value of the terms asked for, as far as they apply

    @property
    def effective_from(self) -> date:
        return self.published.effective_from

    @property
    def source(self) -> str:
        return self.published.source

    @property
    def assumed(self) -> bool:
        """Whether some value in it stands in no document we have."""
        return bool(assumed_keys(self.published.policy))


def rule_on(region: str, kind: type[Terms], day: date, keys: Collection[str]) -> Rule | None:
    """Return the rules of a kind in force in a region on a day, as far as these terms go, and what they changed.

    `keys` are those of files, in the order in which they are shown. None where there are no rules.
    """
    try:
        published = registry.version_on(region, kind, day)
    except registry.NoPolicyError:
        return None
    earlier = [one for one in registry.versions(region, kind) if one.effective_from < published.effective_from]
    before = earlier[0] if earlier else None
    changed = changes(before, published, keys) if before else []
    return Rule(kind.kind.label, published, before, changed, _shown(published, keys))


def _shown(published: Published[Terms], keys: Collection[str]) -> list[tuple[str, str]]:
    found = {
        key: (parameter.label, parameter.show(value))
        for key, declared, parameter in parameters(type(published.terms))
        if (value := getattr(published.terms, declared.name)) is not None
    }
    return [found[key] for key in keys if key in found]


def is_so(region: str, day: date, where: Mapping[str, object]) -> bool:
    """Say whether a region's rules on a day say all of this: {"credit.accrual": "yearly"}, as files write it."""
    for name, wanted in where.items():
        kind, _, key = name.partition(".")
        try:
            terms = registry.version_on(region, KINDS[kind], day).terms
        except registry.NoPolicyError:
            return False
        if [getattr(terms, declared.name) for each, declared, _ in parameters(type(terms)) if each == key] != [wanted]:
            return False
    return True


def changes(before: Published[Terms], after: Published[Terms], keys: Collection[str] | None = None) -> list[Change]:
    """Return the parameters (of these keys) that two versions of one kind give differently, in reading order.

    One that does not apply any more is left out: what took its place is named, and nobody reads that it was abolished.
    """
    absent = NOT_LIMITED.get(after.terms.kind, "")
    found = []
    for key, declared, parameter in parameters(type(after.terms)):
        old, new = getattr(before.terms, declared.name), getattr(after.terms, declared.name)
        if old == new or (keys is not None and key not in keys):
            continue
        was, now = (absent if value is None else parameter.show(value) for value in (old, new))
        if now:
            found.append(Change(parameter.label, was, now))
    return found


def employer_part_ended_on(region: str, day: date) -> date | None:
    """Return since when the employer's part no longer goes into personal accounts; None if it does, or never did."""
    versions = [one for one in registry.versions(region, CreditTerms) if one.effective_from <= day]
    for newer, older in zip(versions, versions[1:], strict=False):
        if newer.terms.employer_share_of != SHARE_NONE:
            return None
        if older.terms.employer_share_of != SHARE_NONE:
            return newer.effective_from
    return None
