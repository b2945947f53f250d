"""划入: what is put into a personal account, when, and what a benefit year is."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from accounts.codes import PolicyKind
from accounts.policies.terms.parameters import (
    AgeTier,
    amounts_by_age,
    money,
    one_of,
    rate,
    rates_by_age,
    text,
    whole,
    yes_no,
)

MONTHLY, YEARLY = "monthly", "yearly"
ACCRUALS = {MONTHLY: "收到缴费后按月记入", YEARLY: "年度开始时一次记入（预划）"}

ROUND_MONTH, ROUND_YEAR = "month", "year"
ROUNDINGS = {ROUND_MONTH: "每个月四舍五入到分", ROUND_YEAR: "全年合计后四舍五入到分"}

SHARE_NONE, SHARE_OF_BASE, SHARE_OF_EMPLOYER = "none", "base", "employer"
SHARES = {
    SHARE_NONE: "不划入，全部记入统筹基金",
    SHARE_OF_BASE: "按缴费基数的比例划入",
    SHARE_OF_EMPLOYER: "按单位缴费的比例划入",
}

FIXED_YEARLY, FIXED_MONTHLY = "fixed_yearly", "fixed_monthly"
PCT_AVERAGE_PENSION, PCT_OWN_PENSION = "pct_avg_pension_at_reform", "pct_own_pension"
RETIREE_MODES = {
    FIXED_YEARLY: "每年定额",
    FIXED_MONTHLY: "每月定额",
    PCT_AVERAGE_PENSION: "按改革当年基本养老金平均水平的比例定额",
    PCT_OWN_PENSION: "按本人月平均养老金的比例",
}

CREDIT_DAY = 20  # where a region's terms name no day: "每月20号左右" (seed S4)

LIST_UNPAID, TAKE_BACK_UNPAID = "list", "take_back"
UNPAID_MONTHS = {LIST_UNPAID: "只列出，不追回", TAKE_BACK_UNPAID: "年度结算时追回"}
PAID_WITHIN = 3  # months; assumed where a region's terms name none


@dataclass(frozen=True, slots=True, kw_only=True)
class CreditTerms:
    """划入规则：谁、按什么基数和比例、什么时候记入个人账户。"""

    kind: ClassVar[PolicyKind] = PolicyKind.CREDIT

    accrual: str = one_of("记入方式", ACCRUALS)
    year_start_month: int = whole("年度起始月", 1, 12, "月")
    has_buckets: bool = yes_no("分当年账户和历年结余")
    rounding: str = one_of("舍入方式", ROUNDINGS)
    employee_rate_bp: int = rate("在职个人缴费划入比例")
    flex_rate_bp: int = rate("灵活就业人员划入比例")
    employer_rate_bp: int | None = rate("单位缴费比例", optional=True)
    employer_share_of: str = one_of("单位缴费划入方式", SHARES)
    employer_share: tuple[AgeTier, ...] | None = rates_by_age("单位缴费划入比例（按年龄）", optional=True)
    base_floor_fen: int | None = money("缴费基数下限", optional=True)
    base_ceiling_fen: int | None = money("缴费基数上限", optional=True)
    # The flexible workers' base is a share of an average wage. Only the base is used: the average is kept beside
    # it so that nobody mistakes one for the other again (contradiction C1).
    flex_base_fen: int | None = money("灵活就业人员缴费基数", optional=True)
    average_wage_fen: int | None = money("省月平均工资", optional=True)
    average_wage_year: int | None = whole("省月平均工资所属年度", 1990, 2100, "年", optional=True)
    owed_only_fen: int | None = money("每月另缴、不划入个人账户的定额", optional=True)
    owed_only_name: str | None = text("另缴定额的名称", optional=True)
    retiree_mode: str = one_of("退休人员划入方式", RETIREE_MODES)
    retiree_amounts: tuple[AgeTier, ...] | None = amounts_by_age("退休人员定额（按年龄）", optional=True)
    retiree_rates: tuple[AgeTier, ...] | None = rates_by_age("退休人员划入比例（按年龄）", optional=True)
    retiree_average_pension_fen: int | None = money("改革当年基本养老金平均水平", optional=True)
    retiree_fallback_rate_bp: int | None = rate("没有上年度养老金时的比例", optional=True)
    retiree_min_years: int | None = whole("医保退休最低缴费年限", 0, 60, "年", optional=True)
    # 预划 goes to whoever has paid for one of so many months before the year, or for a month of the year itself.
    precredit_paid_within: int | None = whole("预划要求年度前几个月内有缴费", 1, 12, "个月", optional=True)
    unpaid_months: str | None = one_of("预划了又没有缴费的月份", UNPAID_MONTHS, optional=True)
    # What no real base reaches: above it a file is taken to be wrong, and the row is held for a person.
    base_bound_fen: int | None = money("缴费基数可信的上限", optional=True)
    credit_day: int | None = whole("每月记入日（给参保人的提示）", 1, 28, "日", optional=True)

    def problems(self) -> Iterator[tuple[str, str]]:
        """Yield (key, reason) for values that are fine alone but not together."""
        yield from self._base_problems()
        yield from self._employer_problems()
        yield from self._retiree_problems()

    def _base_problems(self) -> Iterator[tuple[str, str]]:
        floor, ceiling, flex = self.base_floor_fen, self.base_ceiling_fen, self.flex_base_fen
        if floor is not None and ceiling is not None and floor > ceiling:
            yield "base_floor", "缴费基数下限高于上限"
        if flex is not None and floor is not None and flex < floor:
            yield "flex_base", "灵活就业人员缴费基数低于缴费基数下限"
        if flex is not None and ceiling is not None and flex > ceiling:
            yield "flex_base", "灵活就业人员缴费基数高于缴费基数上限"
        if (self.average_wage_fen is None) != (self.average_wage_year is None):
            yield "average_wage", "省月平均工资和所属年度要一起写"
        if (self.owed_only_fen is None) != (self.owed_only_name is None):
            yield "owed_only", "另缴定额和它的名称要一起写"

    def _employer_problems(self) -> Iterator[tuple[str, str]]:
        if self.employer_share_of == SHARE_NONE and self.employer_share is not None:
            yield "employer_share", "单位缴费不划入时不能再写划入比例"
        if self.employer_share_of != SHARE_NONE and self.employer_share is None:
            yield "employer_share", "单位缴费划入时要写划入比例"
        if self.employer_share_of == SHARE_OF_EMPLOYER and self.employer_rate_bp is None:
            yield "employer_rate", "按单位缴费的比例划入时要写单位缴费比例"
        if self.employer_share_of == SHARE_OF_BASE and self.employer_rate_bp is not None:
            highest = max((tier.value for tier in self.employer_share or ()), default=0)
            if highest > self.employer_rate_bp:
                yield "employer_share", "划入比例高于单位缴费比例"

    def _retiree_problems(self) -> Iterator[tuple[str, str]]:
        mode = self.retiree_mode
        fixed = mode in (FIXED_YEARLY, FIXED_MONTHLY)
        if fixed != (self.retiree_amounts is not None):
            yield "retiree_amounts", "退休人员按定额划入时要写定额，按比例划入时不能写"
        if fixed == (self.retiree_rates is not None):
            yield "retiree_rates", "退休人员按比例划入时要写比例，按定额划入时不能写"
        if (mode == PCT_AVERAGE_PENSION) != (self.retiree_average_pension_fen is not None):
            yield "retiree_average_pension", "只有按改革当年平均水平划入时才写，而且必须写"
        if self.retiree_fallback_rate_bp is not None and mode != PCT_OWN_PENSION:
            yield "retiree_fallback_rate", "只有按本人养老金划入时才写"
        if self.accrual != YEARLY and (self.unpaid_months or self.precredit_paid_within):
            yield "unpaid_months", "只有年度开始时一次记入的地区才有预划"
        if mode == FIXED_YEARLY and self.accrual != YEARLY:
            yield "retiree_mode", "每年定额只能用在年度开始时一次记入的地区"
