"""办事口径: the rules of a region in force on a day, as a clerk reads them out, each with its day and document."""

from dataclasses import dataclass
from datetime import date, timedelta

from accounts.codes import PolicyKind
from accounts.policies import registry
from accounts.policies.reading import origin_in_words, values_in_words
from accounts.policies.terms import KINDS

RECENT = timedelta(days=60)  # a change of the rules is told at the counter for so long, before it comes and after


@dataclass(frozen=True, slots=True)
class Rule:
    """Rules of one kind: since when, from which documents, and each value (label, value, where it comes from)."""

    kind: PolicyKind
    from_on: date
    source: str
    values: list[tuple[str, str, str]]


def rules_in_force(region: str, day: date) -> list[Rule]:
    """Return the rules of a region in force on a day, kind by kind."""
    found = []
    for kind in PolicyKind:
        try:
            version = registry.version_on(region, KINDS[kind], day)
        except registry.NoPolicyError:
            continue
        found.append(_rule(kind, version))
    return found


def changes_of(region: str, day: date) -> list[Rule]:
    """Return the rules of a region that have changed of late or change soon, the latest first."""
    found = [
        _rule(kind, version)
        for kind in PolicyKind
        for version in registry.versions(region, KINDS[kind])
        if abs(version.effective_from - day) <= RECENT
    ]
    return sorted(found, key=lambda rule: rule.from_on, reverse=True)


def _rule(kind: PolicyKind, version: registry.Published) -> Rule:
    policy = version.policy
    words = values_in_words(kind, policy.terms).items()
    values = [(label, value, origin_in_words(policy.sources, key)) for key, (label, value) in words]
    return Rule(kind, version.effective_from, version.source, values)
