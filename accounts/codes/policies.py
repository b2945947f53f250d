"""What a region's rules are about, and the words they use."""

from yibao.lib.codes import IntegerCode, TextCode


class Capacity(TextCode):
    """As what somebody is credited: decides base, rate and quota."""

    EMPLOYEE = "employee", "在职"
    FLEX = "flex", "灵活就业"
    RETIREE = "retiree", "退休"


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


class Scope(TextCode):
    """What relatives' money is good for: two uses of 国办发〔2024〕38号, granted separately."""

    MEDICAL = "medical", "看病买药"
    PREMIUM = "premium", "代缴城乡居民医保"


class PolicyKind(TextCode):
    """What a version of a region's rules is about."""

    CREDIT = "credit", "划入"
    INTEREST = "interest", "计息"
    SHARING = "sharing", "家庭共济"
    SPENDING = "spending", "使用"
    PREMIUM = "premium", "居民医保代缴"
    COUNTER = "counter", "窗口"


class DocumentKind(TextCode):
    """What a document behind a rule is: only the first kind is law."""

    OFFICIAL = "official", "文件"
    NEWS = "news", "新闻报道，不是正式文件"
    WEB = "web", "网上资料，不是正式文件"


class PolicyState(TextCode):
    """Whether a version of the rules may still be worked on."""

    DRAFT = "draft", "草稿"
    PUBLISHED = "published", "已发布"
