"""What people are, how they are insured, and what files say of them."""

from yibao.lib.codes import IntegerCode, TextCode


class InsuranceType(TextCode):
    """险种 insutype."""

    EMPLOYEE = "310", "职工基本医疗保险"
    RESIDENT = "390", "城乡居民基本医疗保险"


class OtherInsurance(TextCode):
    """险种 insutype that is not kept here: a row of it is counted and left out."""

    CIVIL = "320", "公务员医疗补助"
    LARGE = "330", "大额医疗费用补助"
    RETIRED_CADRES = "340", "离休人员医疗保障"
    DISABLED_SOLDIERS = "350", "一至六级残疾军人医疗补助"
    RED_ARMY = "360", "老红军医疗保障"
    ENTERPRISE = "370", "企业补充医疗保险"
    RURAL = "380", "新型农村合作医疗"
    TOWN = "391", "城镇居民基本医疗保险"
    SERIOUS_ILLNESS = "392", "城乡居民大病医疗保险"
    SPECIAL = "399", "其他特殊人员医疗保障"
    LONG_TERM_CARE = "410", "长期照护保险"
    MATERNITY = "510", "生育保险"


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


class ImportKind(TextCode):
    """What a file from outside says."""

    ROSTER = "roster", "参保名册"
    CONTRIBUTIONS = "contributions", "缴费记录"
    BALANCES = "balances", "期初余额"
    BONDS = "bonds", "共济关系"
    PREMIUM_RESULTS = "premium_results", "税务对代缴的答复"
    PREMIUMS_PAID = "premiums_paid", "居民医保已缴记录"


class FactChangeKind(TextCode):
    """Why a fact no longer counts, or counts again."""

    CORRECTED = "corrected", "更正"
    WITHDRAWN = "withdrawn", "撤回导入"
    RESTORED = "restored", "恢复"
    SECOND_PAYER = "second", "重复缴费"
    REFUNDED = "refunded", "退费"
    DIED = "died", "死亡登记"
    MERGED = "merged", "登记合并"


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
    UNKNOWN_ORDER = "unknown_order", "没有这张代缴单"
    CONTRADICTS_ORDER = "contradicts_order", "与代缴单对不上"
    PAID_TWICE = "paid_twice", "像是交了两次居民医保"

    @property
    def stops_file(self) -> bool:
        """The file is wrong, as far as anybody can tell: without --hold nothing of it comes in."""
        return self in (HeldReason.UNREADABLE, HeldReason.CONTRADICTS_KNOWN)

    @property
    def is_implausible(self) -> bool:
        """The row could be true and hardly is: it is never believed, and never stops the file."""
        return not self.stops_file and self not in (HeldReason.UNKNOWN_ORDER, HeldReason.CONTRADICTS_ORDER)


class HeldState(TextCode):
    WAITING = "waiting", "待处理"
    CONFIRMED = "confirmed", "已确认"
    DROPPED = "dropped", "已放弃"


class CertificateType(TextCode):
    """人员证件类型 psn_cert_type: the kinds by which somebody can be insured; the table of the 医药机构接口规范 has more."""

    IDENTITY_CARD = "01", "居民身份证"
    HONG_KONG_PERMIT = "04", "港澳居民来往内地通行证（香港）"
    MACAO_PERMIT = "05", "港澳居民来往内地通行证（澳门）"
    TAIWAN_PERMIT = "06", "台湾居民来往大陆通行证"
    PERMANENT_RESIDENT = "07", "外国人永久居留证"
    FOREIGN_PASSPORT = "08", "外国护照"
    PASSPORT = "16", "中国护照"
    RESIDENCE_PERMIT = "17", "港澳台居民居住证"
    BIRTH = "990201", "出生医学证明"


class Gender(IntegerCode):
    MALE = 1, "男"
    FEMALE = 2, "女"

    @property
    def pronoun(self) -> str:
        return "他" if self == Gender.MALE else "她"


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


class PersonGroup(TextCode):
    """人员类别 that the counters divide their work by (seed S3)."""

    EMPLOYEE = "employee", "职工医保"
    CIVIL = "civil", "公务员医疗补助"


class Situation(TextCode):
    """Who comes to the counter, for whom: decides which papers to bring."""

    SELF = "self", "本人去办"
    PROXY = "proxy", "请别人代办"
    MINOR = "minor", "给未成年的孩子办"
