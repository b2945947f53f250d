"""窗口: how offices work: what takes a second person, whether each serves its own area, how long a case waits."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from accounts.codes import CaseKind, PolicyKind
from accounts.policies.terms.parameters import several_of, whole, yes_no

# Of the others some always take two people, and a code for the portal is shown once to the clerk who gives it.
_ALWAYS = (CaseKind.CORRECTION, CaseKind.ALIVE, CaseKind.TRANSFER, CaseKind.INHERIT, CaseKind.LEAVE)
MAY_BE_REVIEWED = {kind: kind.label for kind in CaseKind if kind not in (CaseKind.IDENTITY_CODE, *_ALWAYS)}


@dataclass(frozen=True, slots=True, kw_only=True)
class CounterTerms:
    """窗口规则：哪些业务要复核岗通过才生效，网点分不分辖区，缺材料的业务等几天。"""

    kind: ClassVar[PolicyKind] = PolicyKind.COUNTER

    reviewed: tuple[str, ...] = several_of("要复核的业务", MAY_BE_REVIEWED)
    reviewed_agent: bool = yes_no("代办的都要复核")
    by_area: bool = yes_no("网点分辖区受理")
    parked_days: int = whole("挂起的业务等几天", 1, 365, "天")

    def problems(self) -> Iterator[tuple[str, str]]:
        """Yield (key, reason) for values that are fine alone but not together: there are none."""
        yield from ()
