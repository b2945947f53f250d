"""What birth days, sex and standing bonds rule out about how two people are related."""

from dataclasses import dataclass
from datetime import date

from accounts.codes import Relation
from accounts.policies.formulas import age_on

PARENT_YEARS = 12  # nobody is younger as a parent; adoptive parents are older
GRANDPARENT_YEARS = 2 * PARENT_YEARS
SPOUSE_YEARS = 18  # marriages in the books are of adults
_OLDER = {Relation.PARENT: PARENT_YEARS, Relation.GRANDPARENT: GRANDPARENT_YEARS}


@dataclass(frozen=True, slots=True)
class Kin:
    """One of the two, as far as it is known: a number that tells nothing says None."""

    born: date | None
    gender: int | None


UNKNOWN = Kin(None, None)


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
