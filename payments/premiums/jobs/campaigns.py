"""Campaigns (缴费期): opened and closed by the dated rules alone, so there is nothing to switch and nothing to miss."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from accounts.policies import registry
from accounts.policies.terms.premium import DIRECT, PremiumTerms


@dataclass(frozen=True, slots=True)
class Campaign:
    """缴费期：一个参保地一个保费年度从哪天缴到哪天。"""

    region: str
    terms: PremiumTerms

    @property
    def region_name(self) -> str:
        return registry.region_name(self.region)

    @property
    def is_direct(self) -> bool:
        """Accounts pay at once, rather than giving back what was paid."""
        return self.terms.model == DIRECT

    def days_left(self, on: date) -> int:
        """Return how many days there are after this one on which it may still be paid."""
        return (self.terms.last_on - on).days


def open_on(on: date) -> Iterator[Campaign]:
    """Yield the campaigns that are open on a day, by region: those of the rules in force on it."""
    for region in sorted(registry.region_names()):
        terms = registry.premium_or_none(region, on)
        if terms is not None and terms.is_open(on):
            yield Campaign(region, terms)
