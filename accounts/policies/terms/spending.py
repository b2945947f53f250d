"""使用: in which order money is used, and for what."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from accounts.codes import PolicyKind, PotKind
from accounts.policies.terms.parameters import one_of, several_of, yes_no

SHARED = "shared"
ORDER = {
    PotKind.CURRENT: "本人当年账户",
    PotKind.CARRIED: "本人历年结余（或个人账户余额）",
    SHARED: "家人共济的钱",
}

BY_USER, BY_BINDING = "user", "binding"
PAYER_ORDERS = {BY_USER: "使用人自己排的先后", BY_BINDING: "绑定的先后"}

COSTS = {"partial": "自理", "copay": "自付", "own": "自费"}
TREATMENT, DRUGS, VACCINE = "treatment", "pharmacy", "vaccine"
USES = {
    TREATMENT: "定点医疗机构由个人负担的医疗费用",
    DRUGS: "定点零售药店的药品、医疗器械、医用耗材",
    VACCINE: "国家免疫规划以外的预防性疫苗",
}
CASH = "cash"  # no region's to allow: an account is never paid out at a counter of an institution
EXCLUDED = {
    "public_health": "公共卫生",
    "fitness": "体育健身",
    "wellness": "养生保健",
    "cosmetic": "整形美容",
    CASH: "提取现金",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class SpendingTerms:
    """使用规则：一笔个人负担先用哪份钱；几个人的钱依次用，不同时用；最后是现金。"""

    kind: ClassVar[PolicyKind] = PolicyKind.SPENDING

    order: tuple[str, ...] = several_of("使用先后（最后是现金）", ORDER)
    payer_order: str = one_of("几个家人的先后", PAYER_ORDERS)
    uses: tuple[str, ...] = several_of("可以支付", USES)
    costs: tuple[str, ...] = several_of("可以支付的费用", COSTS)
    excluded: tuple[str, ...] = several_of("不能支付", EXCLUDED)
    usable_when_suspended: bool = yes_no("停保后自己还能用余额")

    def problems(self) -> Iterator[tuple[str, str]]:
        """Yield (key, reason) for values that are fine alone but not together."""
        if PotKind.CARRIED not in self.order:
            yield "order", "使用先后里至少要有 carried"
        if SHARED in self.order and self.order[-1] != SHARED:
            yield "order", "先用自己的钱，再用家人的钱"
        for key in ("uses", "costs"):
            if not getattr(self, key):
                yield key, "至少要有一项"
