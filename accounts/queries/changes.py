"""What a region's rules say now, since when, by which document, and what is different from before."""

from dataclasses import dataclass
from datetime import date

from accounts.policies import registry
from accounts.policies.registry import Published
from accounts.policies.sources import assumed_keys
from accounts.policies.terms import CreditTerms, Terms, parameters
from accounts.policies.terms.credit import SHARE_NONE

NOT_SET = "没有规定"


@dataclass(frozen=True, slots=True)
class Change:
    """One parameter that a later version says differently, in words for people."""

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


def rule_on(region: str, kind: type[Terms], day: date) -> Rule | None:
    """Return the rules of a kind in force in a region on a day, with what they changed; None where there are none."""
    try:
        published = registry.version_on(region, kind, day)
    except registry.NoPolicyError:
        return None
    earlier = [one for one in registry.versions(region, kind) if one.effective_from < published.effective_from]
    before = earlier[0] if earlier else None
    return Rule(kind.kind.label, published, before, changes(before, published) if before else [])


def changes(before: Published[Terms], after: Published[Terms]) -> list[Change]:
    """Return the parameters that two versions of one kind give differently, in reading order."""
    found = []
    for _, declared, parameter in parameters(type(after.terms)):
        old, new = getattr(before.terms, declared.name), getattr(after.terms, declared.name)
        if old != new:
            shown = [NOT_SET if value is None else parameter.show(value) for value in (old, new)]
            found.append(Change(parameter.label, *shown))
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
