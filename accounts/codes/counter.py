"""Of the counter: what people come for, and how far a case is."""

from yibao.lib.codes import TextCode


class CaseKind(TextCode):
    """业务类型: what a case at a counter is about. Each has one handler (accounts.operations.cases.handlers)."""

    BIND = "bind", "建立家庭共济"
    CHANGE = "change", "变更共济额度、期限或先后"
    REMOVE = "remove", "解除家庭共济"
    CLOSE = "close", "注销共济账户"
    ACCEPT = "accept", "代为同意共济邀请"
    SHOW = "show", "补交亲属关系材料"
    IDENTITY_CODE = "identity_code", "开通网上登录"
    TAKE_BACK = "take_back", "账户被别人绑定"
    PHONE = "phone", "变更登录手机号"
    CORRECTION = "correction", "更正姓名或证件号码"
    REIMBURSE = "reimburse", "家人异地费用手工报销"
    TRANSFER = "transfer", "医保关系转移"
    DEATH = "death", "死亡登记"
    ALIVE = "alive", "死亡登记有误"
    INHERIT = "inherit", "个人账户继承"
    LEAVE = "leave", "个人账户清退"
    FREEZE = "freeze", "冻结个人账户"
    RELEASE = "release", "解除冻结"


# While a region divides its offices by area, only the responsible one finishes these.
AREA_KINDS = frozenset({CaseKind.BIND, CaseKind.REIMBURSE})


class CaseState(TextCode):
    """How far a case is. UNDONE and DROPPED are final; DONE may still be taken back."""

    OPEN = "open", "办理中"
    PARKED = "parked", "已挂起"
    WAITING = "waiting", "待复核"
    RETURNED = "returned", "已退回"
    DONE = "done", "已办结"
    UNDONE = "undone", "已撤销"
    DROPPED = "dropped", "已取消"


class PaperKind(TextCode):
    """材料类别: the papers of which a region may want a picture for the second person."""

    POWER = "power", "代办人的公证委托书"
    RELATION = "relation", "证明亲属关系的材料"
    PROOF = "proof", "死亡、继承、冻结等的证明和文书"


class ObjectionState(TextCode):
    """Whether what somebody objected to (不是我来办的) has been looked into."""

    OPEN = "open", "等答复"
    ANSWERED = "answered", "已答复"


class TicketState(TextCode):
    """How far whoever took a number is."""

    WAITING = "waiting", "等待"
    CALLED = "called", "办理中"
    DONE = "done", "办完"
    ABSENT = "absent", "过号"


class CaseSheet(TextCode):
    """单据: what is printed of a case, in the order in which the sheets come out."""

    FORM = "form", "申请表"
    UNDERTAKING = "undertaking", "承诺书"
    RECEIPT = "receipt", "受理回执"
    MISSING = "missing", "一次告知单"
