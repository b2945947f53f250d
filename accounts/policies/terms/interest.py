"""计息: what a personal account earns at the end of a benefit year."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from accounts.codes import PolicyKind
from accounts.policies.terms.parameters import rate, yes_no


@dataclass(frozen=True, slots=True, kw_only=True)
class InterestTerms:
    """计息规则：当年账户按活期、历年结余按三个月定期。没有载入利率就不计息，绝不猜一个利率。"""

    kind: ClassVar[PolicyKind] = PolicyKind.INTEREST

    pays_interest: bool = yes_no("计息")
    current_rate_bp: int | None = rate("当年账户年利率", optional=True)
    carried_rate_bp: int | None = rate("历年结余年利率", optional=True)

    def problems(self) -> Iterator[tuple[str, str]]:
        """Yield (key, reason) for values that are fine alone but not together."""
        for key, value in (("current_rate", self.current_rate_bp), ("carried_rate", self.carried_rate_bp)):
            if self.pays_interest != (value is not None):
                yield key, "计息时要写两个利率，不计息时都不能写"
