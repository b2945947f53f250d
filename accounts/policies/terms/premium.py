"""代缴: what a resident's premium costs in one premium year, and who may have it paid from an account."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import ClassVar

from accounts.codes import PolicyKind
from accounts.policies.terms.parameters import day, money, one_of, several_of, whole, yes_no

DIRECT, REFUND = "direct", "refund"
MODELS = {DIRECT: "直接从账户扣缴", REFUND: "先缴费，再申请返还"}

BANK_CARD, SOCIAL_CARD = "bank_card", "social_card"
PAYOUTS = {BANK_CARD: "本人的银行卡", SOCIAL_CARD: "社会保障卡的银行账户"}

GROUPS = {
    "partial_relief": "需部分缴费的医疗救助人员",
    "newborn": "新生儿",
    "special": "其他特殊缴费方式人员",
    "first_time": "上一年度没有参保的人",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class PremiumTerms:
    """居民医保代缴规则，一个保费年度一版。"""

    kind: ClassVar[PolicyKind] = PolicyKind.PREMIUM

    premium_year: int = whole("保费年度", 2000, 2100, "年度")
    model: str = one_of("代缴方式", MODELS)
    amount_fen: int = money("个人缴费标准")
    # A floor set by the finance notices, not an exact sum (TV-07): never shown as "the" subsidy.
    subsidy_floor_fen: int = money("财政补助标准（不低于）")
    opens_on: date = day("开始缴费")
    last_on: date = day("最后一天")
    excluded_groups: tuple[str, ...] = several_of("不能代缴的人", GROUPS)
    prior_year_required: bool = yes_no("上一年度正常参保才能代缴")
    own_account_first: bool = yes_no("给自己缴时先用自己的账户")
    late_wait_months: int | None = whole("错过缴费期的等待期", 1, 36, "个月", optional=True)
    budget_paid_age: int | None = whole("多少周岁起由财政代缴", 1, 120, "周岁", optional=True)
    undo_minutes: int | None = whole("扣款后多久内可以撤回", 1, 60, "分钟", optional=True)
    answer_days: int | None = whole("税务多少天不答复要查清", 1, 60, "天", optional=True)
    refund_last_on: date | None = day("可以申请退费的最后一天", optional=True)
    payout: str | None = one_of("返还的钱付到", PAYOUTS, optional=True)

    @property
    def total_floor_fen(self) -> int:
        """What one person's cover costs at least, in fen: own payment and subsidy."""
        return self.amount_fen + self.subsidy_floor_fen

    def is_open(self, day: date) -> bool:
        return self.opens_on <= day <= self.last_on

    def problems(self) -> Iterator[tuple[str, str]]:
        """Yield (key, reason) for values that are fine alone but not together."""
        if self.last_on < self.opens_on:
            yield "last_on", "最后一天早于开始缴费"
        if self.refund_last_on is not None and self.refund_last_on < self.opens_on:
            yield "refund_last_on", "退费的最后一天早于开始缴费"
        if (self.payout is None) == (self.model == REFUND):
            yield "payout", "先缴费再返还的要写明付到哪里，直接扣缴的不写"
        if self.amount_fen == 0:
            yield "amount", "个人缴费标准不能为 0"
        if not self.premium_year - 2 < self.opens_on.year <= self.premium_year:
            yield "opens_on", "开始缴费应在保费年度当年或上一年"
