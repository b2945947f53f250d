"""家庭共济: whose money may be used by whom, and how such a bond is made and ended."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import ClassVar

from accounts.codes import InstitutionKind, InstitutionLevel, InsuranceType, PolicyKind, PotKind, Relation, Scope
from accounts.policies.terms.parameters import money, one_of, several_of, whole, yes_no

AUTHORISE, POOL = "authorise", "pool"
MODELS = {AUTHORISE: "授权使用（绑定时钱不动，用的时候从授权人账户扣）", POOL: "划拨共济（先划入共济账户再用）"}

BALANCE = "balance"
FUNDS = {PotKind.CARRIED: "只限历年结余", BALANCE: "个人账户余额（不分当年、历年）"}

RELATION_NAMES = [name for relation in Relation for name in relation.names]

SAME_REGION, SAME_PROVINCE, NATIONAL = "region", "province", "nation"
PLACES = {SAME_REGION: "本统筹区", SAME_PROVINCE: "本省", NATIONAL: "全国"}

NORMAL, ANY = "normal", "any"
STATUSES = {NORMAL: "正常参保", ANY: "参保即可，不论是否正常"}


@dataclass(frozen=True, slots=True, kw_only=True)
class SharingTerms:
    """家庭共济规则。"""

    kind: ClassVar[PolicyKind] = PolicyKind.SHARING

    model: str = one_of("共济方式", MODELS)
    funds: str = one_of("可共济的钱", FUNDS)
    scopes: tuple[str, ...] = several_of("可以用来", dict(Scope.choices))
    relations: tuple[str, ...] = several_of("亲属关系", {name: name for name in RELATION_NAMES})
    # Two rules that both say 2000 (C16): a gate that last year's balance has to reach, and a reserve kept back.
    gate_fen: int | None = money("上年末余额门槛（含）", optional=True)
    reserve_fen: int | None = money("保留在自己账户的金额", optional=True)
    # What facts do not support is believed for a little money only, until papers were shown at a counter.
    declared_limit_fen: int | None = money("关系没有核对时每年最多用", optional=True)
    max_authorisers: int | None = whole("一个人最多用几个人的钱", 1, 99, "个", optional=True)
    max_users: int | None = whole("一个人的钱最多给几个人用", 1, 99, "个", optional=True)
    accept_required: bool = yes_no("要对方同意")
    temporary_members: bool = yes_no("可以有只用于代缴的临时成员")
    payer_status: str = one_of("出钱人参保状态", STATUSES)
    user_status: str = one_of("使用人参保状态", STATUSES)
    user_insurances: tuple[str, ...] = several_of("使用人参加的险种", dict(InsuranceType.choices))
    insured_scope: str = one_of("使用人参保地", PLACES)
    # A resident's own scheme may narrow where relatives' money works (C19); empty means no such limit.
    resident_levels: tuple[int, ...] | None = several_of(
        "居民使用人限医疗机构等级", dict(InstitutionLevel.choices), optional=True
    )
    resident_places: tuple[str, ...] | None = several_of(
        "居民使用人限机构类型", dict(InstitutionKind.choices), optional=True
    )
    minor_age: int = whole("未满几周岁由父母代为同意", 1, 18, "周岁")
    invitation_days: int = whole("邀请有效天数", 1, 365, "天")
    undo_minutes: int = whole("可以撤回的分钟数", 0, 1440, "分钟")
    cooldown_days: int | None = whole("绑定后多少天内不能解绑", 1, 366, "天", optional=True)
    monthly_changes: int | None = whole("每月最多绑定和解绑次数", 1, 99, "次", optional=True)
    monthly_transfers: int | None = whole("每月最多划拨次数", 1, 99, "次", optional=True)

    @property
    def relation_choices(self) -> Mapping[Relation, str]:
        """The relations allowed, each with the region's names for it: those that share a national code together."""
        return _relation_choices(self.relations)

    def problems(self) -> Iterator[tuple[str, str]]:
        """Yield (key, reason) for values that are fine alone but not together."""
        for key in ("scopes", "relations", "user_insurances"):
            if not getattr(self, key):
                yield key, "至少要有一项"
        for key in ("resident_levels", "resident_places"):
            if getattr(self, key) == ():
                yield key, "至少要有一项；不限制就整行不写"
        if self.model == POOL and self.funds != BALANCE:
            yield "funds", "划拨共济的地区不分当年和历年，应为 balance"
        if self.model == POOL and self.reserve_fen is None:
            yield "reserve", "划拨共济要写保留金额（可以是 0.00）"
        if self.model != POOL and self.monthly_transfers is not None:
            yield "monthly_transfers", "只有划拨共济才有划拨次数"
        if self.temporary_members and Scope.PREMIUM not in self.scopes:
            yield "temporary_members", "不能代缴的地区没有临时成员"


@cache
def _relation_choices(relations: tuple[str, ...]) -> Mapping[Relation, str]:
    named = {each: "、".join(name for name in each.names if name in relations) for each in Relation}
    return {relation: names for relation, names in named.items() if names}
