"""Codes of the field. Values are those of the national code tables where one exists.

Plain enums, which rules and formulas may import: they know nothing of Django, and still serve its fields, forms and
templates.
"""

import enum
from typing import Any


class _Codes(enum.EnumType):
    @property
    def values(cls: Any) -> list[Any]:
        return [member.value for member in cls]

    @property
    def choices(cls: Any) -> list[tuple[Any, str]]:
        """(value, label) of each, as fields of models and forms want them."""
        return [(member.value, member.label) for member in cls]


class TextCode(enum.StrEnum, metaclass=_Codes):
    """A code that is text. Each member is a pair of value and label."""

    do_not_call_in_templates = enum.nonmember(True)
    label: str

    def __new__(cls, value: str, label: str = "") -> "TextCode":
        member = str.__new__(cls, value)
        member._value_, member.label = value, label
        return member


class IntegerCode(enum.IntEnum, metaclass=_Codes):
    """A code that is a number. Each member is a pair of value and label."""

    do_not_call_in_templates = enum.nonmember(True)
    label: str

    def __new__(cls, value: int, label: str = "") -> "IntegerCode":
        member = int.__new__(cls, value)
        member._value_, member.label = value, label
        return member


class InsuranceType(TextCode):
    """险种 insutype."""

    EMPLOYEE = "310", "职工基本医疗保险"
    RESIDENT = "390", "城乡居民基本医疗保险"


class PersonType(TextCode):
    """人员类别 psn_type: the two digits it begins with. 离休 (13) have a scheme of their own."""

    EMPLOYED = "11", "在职"
    RETIRED = "12", "退休"
    MINOR = "14", "未成年居民"
    ADULT = "15", "成年居民"
    SENIOR = "16", "老年居民"

    @property
    def insurance(self) -> InsuranceType:
        """The insurance that people of this category have."""
        is_employee = self in (PersonType.EMPLOYED, PersonType.RETIRED)
        return InsuranceType.EMPLOYEE if is_employee else InsuranceType.RESIDENT


class Capacity(TextCode):
    """As what somebody is credited: decides base, rate and quota."""

    EMPLOYEE = "employee", "在职"
    FLEX = "flex", "灵活就业"
    RETIREE = "retiree", "退休"


class EnrolmentStatus(IntegerCode):
    """参保状态 psn_insu_stas."""

    NORMAL = 1, "正常参保"
    SUSPENDED = 2, "暂停参保"
    ENDED = 4, "终止参保"


class EnrolmentEndReason(IntegerCode):
    """终止原因 end_reason of a roster row."""

    DIED = 1, "死亡"
    TRANSFERRED = 2, "转出"
    SETTLED = 3, "清退"
    DUPLICATE = 4, "重复参保"
    MISTAKE = 5, "录入错误"


class PaymentType(IntegerCode):
    """缴费类型 clct_type of a contribution."""

    NORMAL = 1, "正常"
    BACK = 2, "补缴"
    DIFFERENCE = 3, "补差"
    REFUND = 4, "退费"
    CORRECTION = 5, "更正"


class FactChangeKind(TextCode):
    """Why a fact no longer counts, or counts again."""

    CORRECTED = "corrected", "更正"
    WITHDRAWN = "withdrawn", "撤回导入"
    RESTORED = "restored", "恢复"
    SECOND_PAYER = "second", "重复缴费"
    REFUNDED = "refunded", "退费"


class HeldReason(TextCode):
    """Why a row of a file is laid aside for a person. The codes are a contract with other programs."""

    OTHER_PERSON = "other_person", "同一号码，像是另一个人"
    GENDER_CONTRADICTS_NUMBER = "gender_contradicts_number", "性别与证件号码不符"
    BASE_JUMP = "base_jump", "基数与上次相差太大"
    BASE_ABOVE_BOUND = "base_above_bound", "基数高得不可信"
    SAME_PERSON_OTHER_NUMBER = "same_person_other_number", "像是已登记的人换了号码"
    ROUNDED_NUMBERS = "rounded_numbers", "证件号码末尾几位像是被表格软件改成了0"
    UNREADABLE = "unreadable", "读不懂"
    CONTRADICTS_KNOWN = "contradicts_known", "与已登记的矛盾"


class HeldState(TextCode):
    WAITING = "waiting", "待处理"
    CONFIRMED = "confirmed", "已确认"
    DROPPED = "dropped", "已放弃"


class InstitutionKind(TextCode):
    """定点医药机构 are of two kinds."""

    HOSPITAL = "hospital", "定点医疗机构"
    PHARMACY = "pharmacy", "定点零售药店"


class InstitutionLevel(IntegerCode):
    """医疗机构等级。无等级 are mostly community clinics (社区卫生院)."""

    NONE = 0, "无等级"
    ONE = 1, "一级"
    TWO = 2, "二级"
    THREE = 3, "三级"


class Gender(IntegerCode):
    MALE = 1, "男"
    FEMALE = 2, "女"


class Relation(TextCode):
    """使用人是出钱人的…… (agnter_rlts; there is no 3). Always stored in this direction."""

    SPOUSE = "1", "配偶"
    CHILD = "2", "子女"
    GRANDCHILD = "4", "孙子女、外孙子女"
    PARENT = "5", "父母"
    GRANDPARENT = "6", "祖父母、外祖父母"
    SIBLING = "7", "兄弟姐妹"

    @property
    def names(self) -> tuple[str, ...]:
        """What regions call it: 祖父母 and 外祖父母 share one code, as do grandchildren."""
        return tuple(self.label.split("、"))

    @property
    def inverse(self) -> "Relation":
        """What the payer is to the user."""
        return _INVERSE.get(self, self)

    def word(self, gender: int | None = None) -> str:
        """Return what somebody who stands in this relation is called: 父亲 where the gender is known, else 父母."""
        return self.label if gender is None else _WORDS[self][Gender(gender)]


_INVERSE = {
    Relation.CHILD: Relation.PARENT,
    Relation.PARENT: Relation.CHILD,
    Relation.GRANDCHILD: Relation.GRANDPARENT,
    Relation.GRANDPARENT: Relation.GRANDCHILD,
}
_WORDS = {
    Relation.SPOUSE: {Gender.MALE: "丈夫", Gender.FEMALE: "妻子"},
    Relation.CHILD: {Gender.MALE: "儿子", Gender.FEMALE: "女儿"},
    Relation.GRANDCHILD: {Gender.MALE: "孙子（外孙）", Gender.FEMALE: "孙女（外孙女）"},
    Relation.PARENT: {Gender.MALE: "父亲", Gender.FEMALE: "母亲"},
    Relation.GRANDPARENT: {Gender.MALE: "祖父（外祖父）", Gender.FEMALE: "祖母（外祖母）"},
    Relation.SIBLING: {Gender.MALE: "兄弟", Gender.FEMALE: "姐妹"},
}


class Scope(TextCode):
    """What relatives' money is good for: two uses of 国办发〔2024〕38号, granted separately."""

    MEDICAL = "medical", "看病买药"
    PREMIUM = "premium", "代缴城乡居民医保"


class PotKind(TextCode):
    """What a pot of money is for. The first four belong to a person, the others to a region."""

    CURRENT = "current", "当年账户"
    CARRIED = "carried", "历年结余"
    POOL = "pool", "共济账户"
    RECEIVABLE = "receivable", "多划待追回"
    FUND = "fund", "个人账户划入来源"
    POOLED = "pooled", "统筹基金"
    INSTITUTIONS = "institutions", "待付定点机构"
    PREMIUMS = "premiums", "代缴待解缴"
    INTEREST = "interest", "利息"
    OUTWARD = "outward", "转出与清退"


ACCOUNT_POTS = (PotKind.CURRENT, PotKind.CARRIED)
MONEY_POTS = (*ACCOUNT_POTS, PotKind.POOL)
PERSONAL_POTS = (*MONEY_POTS, PotKind.RECEIVABLE)
SYSTEM_POTS = tuple(kind for kind in PotKind if kind not in PERSONAL_POTS)


class VoucherKind(TextCode):
    """What happened to the money."""

    ACCRUAL = "accrual", "按月划入"
    PRECREDIT = "precredit", "预划"
    ADJUSTMENT = "adjustment", "预划调整"
    TRUEUP = "trueup", "多划追回"
    INTEREST = "interest", "计息"
    ROLLOVER = "rollover", "年终结转"
    SPENDING = "spending", "使用"
    TRANSFER_IN = "transfer_in", "转入共济账户"
    TRANSFER_BACK = "transfer_back", "共济账户转回"
    PREMIUM = "premium", "代缴居民医保"
    PAYOUT = "payout", "转出或清退"
    REVERSAL = "reversal", "冲正"

    @property
    def is_correction(self) -> bool:
        """Sets right what was credited before, either way."""
        return self in (VoucherKind.ADJUSTMENT, VoucherKind.TRUEUP)

    @property
    def is_credit(self) -> bool:
        """Brings an account money by a formula, or takes back what was too much of it."""
        return self.is_correction or self in (VoucherKind.ACCRUAL, VoucherKind.PRECREDIT, VoucherKind.INTEREST)

    @property
    def is_batch(self) -> bool:
        """Posted for everybody at once; the database lets each happen once per pot and period."""
        return self.is_credit or self == VoucherKind.ROLLOVER

    @property
    def is_use(self) -> bool:
        """Pays for something."""
        return self in (VoucherKind.SPENDING, VoucherKind.PREMIUM)


CORRECTION_KINDS = tuple(kind for kind in VoucherKind if kind.is_correction)
CREDIT_KINDS = tuple(kind for kind in VoucherKind if kind.is_credit)
BATCH_KINDS = tuple(kind for kind in VoucherKind if kind.is_batch)
USE_KINDS = tuple(kind for kind in VoucherKind if kind.is_use)


class PolicyKind(TextCode):
    """What a version of a region's rules is about."""

    CREDIT = "credit", "划入"
    INTEREST = "interest", "计息"
    SHARING = "sharing", "家庭共济"
    SPENDING = "spending", "使用"
    PREMIUM = "premium", "居民医保代缴"


class PolicyState(TextCode):
    """Whether a version of the rules may still be worked on."""

    DRAFT = "draft", "草稿"
    PUBLISHED = "published", "已发布"


class JobKind(TextCode):
    """What a run does to everybody of a region."""

    ACCRUAL = "accrual", "个人账户划入"
    TRUEUP = "trueup", "多划追回"
    INTEREST = "interest", "年终计息"
    ROLLOVER = "rollover", "年终结转"


class RunState(TextCode):
    WORKING = "working", "进行中"
    DONE = "done", "已完成"
    INCOMPLETE = "incomplete", "已完成，有人未处理"
    FAILED = "failed", "有失败的分段"


class ChunkState(TextCode):
    WAITING = "waiting", "待处理"
    DONE = "done", "已完成"
    FAILED = "failed", "失败"


class TextSize(TextCode):
    """字号 of the whole site. 长辈版 is one of the sizes, so it can never miss a page or a function."""

    STANDARD = "standard", "标准"
    LARGE = "large", "大"
    ELDER = "elder", "长辈版"
    LARGEST = "largest", "最大"


class Contrast(TextCode):
    STANDARD = "standard", "标准颜色"
    HIGH = "high", "高对比"


class Role(TextCode):
    """What a member of staff may do. Citizens have no role."""

    CLERK = "clerk", "经办"
    REVIEWER = "reviewer", "复核"
    POLICY = "policy", "政策"
    APPROVER = "approver", "审批"


class ApprovalState(TextCode):
    """How far something is that takes two people. All but the first are final."""

    WAITING = "waiting", "待复核"
    APPROVED = "approved", "已通过"
    REJECTED = "rejected", "已退回"
    WITHDRAWN = "withdrawn", "已撤回"
    MOVED = "moved", "已失效"


class MessageState(TextCode):
    """Where a text message stands on its way to the phone."""

    WAITING = "waiting", "待发送"
    SENT = "sent", "已发送"
    FAILED = "failed", "发送失败"
    EXPIRED = "lapsed", "过时未发"  # stored under its older word


class PersonGroup(TextCode):
    """人员类别 that the counters divide their work by (seed S3)."""

    EMPLOYEE = "employee", "职工医保"
    CIVIL = "civil", "公务员医疗补助"


class Situation(TextCode):
    """Who comes to the counter, for whom: decides which papers to bring."""

    SELF = "self", "本人去办"
    PROXY = "proxy", "请别人代办"
    MINOR = "minor", "给未成年的孩子办"


class NoticeKind(TextCode):
    """What a notice is about."""

    CREDIT = "credit", "账户的钱"
    FAMILY = "family", "家庭共济"
    PREMIUM = "premium", "居民医保代缴"
    CASE = "case", "办事进度"
    SECURITY = "security", "登录和安全"
    POLICY = "policy", "规定变化"
