"""Codes of the places where accounts may pay."""

from accounts.codes import IntegerCode, TextCode


class InstitutionKind(TextCode):
    HOSPITAL = "hospital", "定点医疗机构"
    PHARMACY = "pharmacy", "定点零售药店"


class InstitutionLevel(IntegerCode):
    """医疗机构等级。无等级 are mostly community clinics (社区卫生院)."""

    NONE = 0, "无等级"
    ONE = 1, "一级"
    TWO = 2, "二级"
    THREE = 3, "三级"
