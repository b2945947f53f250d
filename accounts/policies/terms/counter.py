"""窗口: how offices work: what takes a second person, whether each serves its own area, how long a case waits."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from accounts.codes import CaseKind, PaperKind, PolicyKind
from accounts.policies.terms.parameters import several_of, whole, yes_no

# Of the others some always take two people (死亡登记 does too; terms may still name it), and a code for the portal is shown once to the clerk who gives it.
_ALWAYS = (CaseKind.CORRECTION, CaseKind.ALIVE, CaseKind.TRANSFER, CaseKind.INHERIT, CaseKind.LEAVE)
MAY_BE_REVIEWED = {kind: kind.label for kind in CaseKind if kind not in (CaseKind.IDENTITY_CODE, *_ALWAYS)}


@dataclass(frozen=True, slots=True, kw_only=True)
class CounterTerms:
    """窗口规则：哪些业务要复核岗通过才生效，网点分不分辖区，缺材料的业务等几天，材料影像留不留、留几天。"""

    kind: ClassVar[PolicyKind] = PolicyKind.COUNTER

    reviewed: tuple[str, ...] = several_of("要复核的业务", MAY_BE_REVIEWED)
    reviewed_agent: bool = yes_no("代办的都要复核")
    by_area: bool = yes_no("网点分辖区受理")
    parked_days: int = whole("挂起的业务等几天", 1, 365, "天")
    # Only of cases that a second person checks: nobody else looks at a picture.
    scanned: tuple[str, ...] | None = several_of(
        "复核前要留影像的材料", {kind: kind.label for kind in PaperKind}, optional=True
    )
    scan_days: int | None = whole("材料影像在业务办结后留几天", 1, 3650, "天", optional=True)
    result_days: int | None = whole("要复核的业务几天内有结果", 1, 90, "天", optional=True)

    def problems(self) -> Iterator[tuple[str, str]]:
        """Yield (key, reason) for values that are fine alone but not together."""
        if self.scanned and self.scan_days is None:
            yield "scan_days", "要留影像的，要写影像在业务办结后留几天"
