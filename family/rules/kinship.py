"""What birth days, sex and standing bonds rule out about how two people are related."""

from collections.abc import Iterator
from datetime import date

from accounts.codes import Relation
from accounts.policies.formulas import age_on
from family.rules.facts import Kin, Pair
from family.rules.reasons import Reason, ReasonCode

PARENT_YEARS = 12  # nobody is younger as a parent; adoptive parents are older
GRANDPARENT_YEARS = 2 * PARENT_YEARS
SPOUSE_YEARS = 18  # marriages in the books are of adults
_OLDER = {Relation.PARENT: PARENT_YEARS, Relation.GRANDPARENT: GRANDPARENT_YEARS}


def reasons(pair: Pair) -> Iterator[Reason]:
    """Yield what birth days, sex or standing bonds rule out about the relation."""
    if pair.relation not in Relation.values or pair.on is None or pair.is_self:
        return
    relation = Relation(pair.relation)
    found = against(relation, pair.payer, pair.user, pair.on)
    if found and not (pair.shown and relation != Relation.SPOUSE):
        yield _no_kin(ReasonCode.KINSHIP, f"登记的资料和“{relation.label}”对不上", found)
    if relation == Relation.SPOUSE and pair.payer_has_spouse:
        yield _no_kin(ReasonCode.PAYER_HAS_SPOUSE, "一个人只能有一位配偶", "您的家庭共济里已经有另一位配偶")
    if relation == Relation.SPOUSE and pair.user_has_spouse:
        yield _no_kin(ReasonCode.KINSHIP, "一个人只能有一位配偶", "用钱的人在家庭共济里已经有另一位配偶")
    if pair.mirrored and pair.mirrored != relation:
        found = f"反过来用钱的时候，两人登记的是“{Relation(pair.mirrored).label}”"
        yield _no_kin(ReasonCode.KINSHIP, "和已有的共济关系不一致", found)


def _no_kin(code: ReasonCode, why: str, found: str) -> Reason:
    return Reason(code, why, found, "请核对选的关系和证件号码；都没有错，请带户口本或结婚证到窗口办")


def needs_papers(relation: str, payer: Kin, user: Kin, on: date) -> bool:
    """Return whether facts speak against a relation that papers can show all the same: a step-parent may be young.

    No paper makes a spouse of somebody whom the law does not let marry.
    """
    if relation not in Relation.values or relation == Relation.SPOUSE:
        return False
    return bool(against(Relation(relation), payer, user, on))


def against(relation: Relation, payer: Kin, user: Kin, on: date) -> str:
    """Return why the user cannot be this to the payer; "" where nothing is known that rules it out."""
    if relation == Relation.SPOUSE and payer.gender is not None and payer.gender == user.gender:
        return "登记的性别相同，不能是配偶"
    if payer.born is None or user.born is None:
        return ""
    return against_births(relation, payer.born, user.born, on)


def against_births(relation: Relation, payer_born: date, user_born: date, on: date) -> str:
    """Return why the user cannot be this to the payer by their birth days; "" where they can."""
    if relation == Relation.SPOUSE:
        too_young = min(age_on(payer_born, on), age_on(user_born, on)) < SPOUSE_YEARS
        return f"配偶应都满{SPOUSE_YEARS}周岁" if too_young else ""
    for kin, older, younger in ((relation, user_born, payer_born), (relation.inverse, payer_born, user_born)):
        years = _OLDER.get(kin)
        if years is not None and age_on(older, younger) < years:
            return f"按出生日期，{kin.label}应比{kin.inverse.label}至少大{years}岁"
    return ""
