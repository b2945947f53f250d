"""Codes of bills and of the places they come from, as the national tables and the files of institutions have them."""

from accounts.codes import InstitutionKind, InstitutionLevel
from accounts.policies.terms.spending import COSTS, EXCLUDED, TREATMENT, VACCINE
from yibao.lib.codes import TextCode
from yibao.lib.half_width import half_width


class BillKind(TextCode):
    """What a bill is for."""

    OUTPATIENT = "outpatient", "门诊"
    PURCHASE = "purchase", "购药"
    INPATIENT = "inpatient", "住院"
    VACCINE = "vaccine", "疫苗"

    @property
    def paid_for(self) -> str:
        """Which use of the spending terms it is; "" where the place decides: drugs may be sold by a hospital too."""
        if self == BillKind.PURCHASE:
            return ""
        return VACCINE if self == BillKind.VACCINE else TREATMENT

    @classmethod
    def usual_at(cls, kind: str) -> "BillKind":
        """Return what a bill of this kind of institution is where it does not say."""
        return cls.PURCHASE if kind == InstitutionKind.PHARMACY else cls.OUTPATIENT


# What may be said of a bill besides its kind: which costs they are, or what no account or not every account may pay.
CATEGORIES = COSTS | EXCLUDED

# National code fixmedins_type.
INSTITUTION_TYPES = {"1": InstitutionKind.HOSPITAL, "2": InstitutionKind.PHARMACY}


class HospitalLevel(TextCode):
    """医院等级 hosp_lv of the national table: level and grade in one."""

    SPECIAL = "1", "三级特等"
    THREE_A = "2", "三级甲等"
    THREE_B = "3", "三级乙等"
    THREE_C = "4", "三级丙等"
    TWO_A = "5", "二级甲等"
    TWO_B = "6", "二级乙等"
    TWO_C = "7", "二级丙等"
    ONE_A = "8", "一级甲等"
    ONE_B = "9", "一级乙等"
    ONE_C = "10", "一级丙等"
    NONE = "11", "无等级"
    THREE = "12", "三级无等"
    TWO = "13", "二级无等"
    ONE = "14", "一级无等"

    @property
    def level(self) -> InstitutionLevel:
        """The level alone, which the terms of a region speak of."""
        levels = {"三级": InstitutionLevel.THREE, "二级": InstitutionLevel.TWO, "一级": InstitutionLevel.ONE}
        return levels.get(self.label[:2], InstitutionLevel.NONE)


def code_form(code: str) -> str:
    """Return an institution's code in half width and capitals, without spaces: files write it in all ways."""
    return half_width(code).upper()
