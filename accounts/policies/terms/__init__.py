"""What a region's rules say, one frozen dataclass per kind. Plain values, validated once, never changed.

Read from files by `parse_terms`; a value that makes no sense never becomes terms.
"""

from collections.abc import Mapping

from accounts.policies.terms.counter import CounterTerms
from accounts.policies.terms.credit import CreditTerms
from accounts.policies.terms.interest import InterestTerms
from accounts.policies.terms.parameters import AgeTier, PolicyError, Problem, parameters, percent, read_values
from accounts.policies.terms.premium import PremiumTerms
from accounts.policies.terms.sharing import SharingTerms
from accounts.policies.terms.spending import SpendingTerms

Terms = CreditTerms | InterestTerms | SharingTerms | SpendingTerms | PremiumTerms | CounterTerms

KINDS: dict[str, type[Terms]] = {
    cls.kind: cls for cls in (CreditTerms, InterestTerms, SharingTerms, SpendingTerms, PremiumTerms, CounterTerms)
}

__all__ = [
    "KINDS",
    "AgeTier",
    "CounterTerms",
    "CreditTerms",
    "InterestTerms",
    "PolicyError",
    "PremiumTerms",
    "Problem",
    "SharingTerms",
    "SpendingTerms",
    "Terms",
    "keys_of",
    "parameters",
    "parse_terms",
    "percent",
]


def parse_terms(kind: str, values: Mapping[str, object], *, file: str = "", where: str = "") -> Terms:
    """Return the terms of one kind from raw values ("2%", "4462.00", …).

    Raises PolicyError with every problem, each naming file, dotted key (under `where`) and a reason in Chinese.
    """
    cls = KINDS[kind]
    arguments, found = read_values(cls, values)
    terms = None
    if not found:
        terms = cls(**arguments)
        found = list(terms.problems())
    if found or terms is None:
        prefix = where or kind
        raise PolicyError([Problem(file, f"{prefix}.{key}", reason) for key, reason in found])
    return terms


def keys_of(cls: type[Terms]) -> list[str]:
    """Return the keys a kind of terms has in files, in reading order."""
    return [key for key, _, _ in parameters(cls)]
