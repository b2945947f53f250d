"""Codes of sharing: how invitations and bonds stand, and what happened to them."""

from yibao.lib.codes import TextCode


class InvitationState(TextCode):
    """Where an invitation stands. Sent and seen ones are open: they may still be accepted."""

    DRAFTED = "drafted", "还没发出"
    SENT = "sent", "等对方同意"
    SEEN = "seen", "对方已看到"
    ACCEPTED = "accepted", "已同意"
    DECLINED = "declined", "对方没同意"
    WITHDRAWN = "withdrawn", "已撤回"
    EXPIRED = "expired", "已过期"


OPEN = (InvitationState.SENT, InvitationState.SEEN)


class BondState(TextCode):
    """Suspended bonds count as active: they count for limits and may be used again."""

    ACTIVE = "active", "使用中"
    SUSPENDED = "suspended", "停用"
    ENDED = "ended", "已结束"


ACTIVE_STATES = (BondState.ACTIVE, BondState.SUSPENDED)


class EndReason(TextCode):
    """Why a bond ended, in words that both sides read."""

    REMOVED = "removed", "出钱的人移除了家人"
    LEFT = "left", "用钱的人不再使用"
    CLOSED = "closed", "关闭了家庭共济"
    UNDONE = "undone", "同意后撤回了"
    PERIOD_OVER = "period_over", "到了约定的结束日期"
    PAYER_DIED = "payer_died", "出钱的人去世"
    USER_DIED = "user_died", "用钱的人去世"
    PAYER_LEFT = "payer_left", "出钱的人在当地的职工医保已经终止或转出"
    USER_LEFT = "user_left", "用钱的人的医保已经终止"
    USER_OUTSIDE = "user_outside", "用钱的人的医保转到了当地规定的范围以外"
    NO_LONGER_KIN = "no_longer_kin", "两人不再是亲属（离婚、解除收养）"
    MOVING = "moving", "出钱的人要把医保转到别处"


class RemovalReason(TextCode):
    """解除的原因: why one of the two comes to a counter to end it. The codes begin as the clerk types them."""

    NO_LONGER_GIVEN = "1", "本人不再让对方用自己的钱"
    NO_LONGER_USED = "2", "本人不再用对方的钱"
    NO_LONGER_KIN = "3", "两人不再是亲属（离婚、解除收养）"
    OTHER_DIED = "4", "对方去世"
    MOVING = "5", "本人要把医保转到别处"


class Consent(TextCode):
    """How the person who uses the money agreed."""

    OWN = "own", "本人登录后同意"
    CODE = "code", "在邀请人的手机上用本人的验证码同意"
    PARENT = "parent", "父母代为同意"
    COUNTER = "counter", "在窗口办理"
    MIGRATED = "migrated", "原系统转入"


class EventKind(TextCode):
    """What happened, as both sides see it in the history."""

    SENT = "sent", "发出邀请"
    RESENT = "resent", "重新发送"
    REMINDED = "reminded", "提醒快到期"
    SEEN = "seen", "对方已看到"
    ACCEPTED = "accepted", "同意"
    DECLINED = "declined", "不同意"
    WITHDRAWN = "withdrawn", "撤回邀请"
    EXPIRED = "expired", "邀请过期"
    BOUND = "bound", "在窗口绑定"
    MIGRATED = "migrated", "从原系统转入"
    LIMIT = "limit", "修改额度"
    END_DAY = "end_day", "修改结束日期"
    ORDER = "order", "调整使用先后"
    SUSPENDED = "suspended", "停用"
    RESUMED = "resumed", "恢复使用"
    REMOVED = "removed", "移除家人"
    LEFT = "left", "不再使用"
    ENDED = "ended", "自动结束"
    SHOWN = "shown", "关系已在窗口核对"
    RESTORED = "restored", "自动恢复"
    MERGED = "merged", "两份登记合并"
    OF_AGE = "of_age", "年满独立同意的年龄"
    MOVED_IN = "moved_in", "转入共济账户"
    MOVED_BACK = "moved_back", "共济账户转回"
    CLOSED = "closed", "关闭家庭共济"
    UNDONE = "undone", "撤回刚才的操作"
