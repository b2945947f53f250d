"""How often, and how soon, a bond may be made and ended, where the region counts that."""

from collections.abc import Iterator
from datetime import date

from accounts.policies.terms import SharingTerms
from family.rules.reasons import Reason, ReasonCode
from yibao.lib.days import day_words


def change_reasons(changes: int, terms: SharingTerms) -> Iterator[Reason]:
    """Yield that this month's changes are used up, where the region counts them."""
    if terms.monthly_changes is not None and changes >= terms.monthly_changes:
        yield Reason(
            ReasonCode.MONTHLY_CHANGES,
            f"一个月最多办理{terms.monthly_changes}次绑定和移除",
            f"这个月已经办了{changes}次",
            "下个月1日起可以再办；不想让对方再用，可以先停用，马上生效",
        )


def cooldown_reasons(bound_on: date, earliest_on: date, on: date, terms: SharingTerms) -> Iterator[Reason]:
    """Yield that a bond may not be ended yet; suspending it always works."""
    if terms.cooldown_days is not None and on < earliest_on:
        yield Reason(
            ReasonCode.COOLDOWN,
            f"绑定后{terms.cooldown_days}天内不能解绑",
            f"{day_words(bound_on)}绑定的，{day_words(earliest_on)}起可以解绑",
            "不想让对方再用，可以先停用，马上生效",
        )
