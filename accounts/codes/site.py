"""Of the site itself: staff, messages, display."""

from yibao.lib.codes import TextCode


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


COUNTER_ROLES = (Role.CLERK, Role.REVIEWER)  # who works at a counter


class TieKind(TextCode):
    """How a citizen's sign-in was tied to an insured person; empty where nobody has noted it."""

    RECORD = "record", "姓名和证件号码，用的是别的手机号"
    PHONE = "phone", "参保登记的手机号"
    COUNTER = "counter", "窗口"


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
    OFF = "off", "关了提醒，未发"


class NoticeKind(TextCode):
    """What a notice is about. For each but the last, people choose whether their phone is told too."""

    CREDIT = "credit", "钱记入账户"
    ACCOUNT = "account", "账户的其他变动"
    USE = "use", "自己用的钱"
    CHANGE = "change", "参保状态和缴费基数"
    RELATIVE = "relative", "家人用我的钱"
    FAMILY = "family", "家庭共济的邀请和改动"
    PREMIUM = "premium", "居民医保代缴"
    CASE = "case", "办事进度"
    SECURITY = "security", "登录和安全"

    @property
    def sms_by_default(self) -> bool:
        """Whether the phone is told while nobody has chosen: not of what comes to everybody, or is done by oneself."""
        return self not in (NoticeKind.CREDIT, NoticeKind.USE, NoticeKind.CHANGE)
