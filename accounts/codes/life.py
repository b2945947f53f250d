"""What happens in a life and to an account, and the papers that prove it."""

from yibao.lib.codes import TextCode


class LifeEventKind(TextCode):
    """What happened to somebody, or was done about their account."""

    DEATH = "death", "死亡"
    ALIVE = "alive", "死亡登记有误"
    INHERITANCE = "inheritance", "继承"
    TRANSFER = "transfer", "转到本系统的统筹区"
    TRANSFER_OUT = "transfer_out", "转出"
    LEAVING = "leaving", "清退"
    FREEZE = "freeze", "冻结"
    RELEASE = "release", "解除冻结"
    WRITE_OFF = "write_off", "核销"
    ADJUSTMENT = "adjustment", "人工调账"
    MERGE = "merge", "登记合并"


class ProofKind(TextCode):
    """What a life event is proved by."""

    DEATH_CERTIFICATE = "death_certificate", "居民死亡医学证明"
    CANCELLED_HOUSEHOLD = "cancelled_household", "户口注销证明"
    NOTARISED = "notarised", "公证书"
    HEIRS_STATEMENT = "heirs_statement", "继承人承诺书"
    TRANSFER_LETTER = "transfer_letter", "关系转移接续联系函"
    APPLICATION = "application", "本人申请表"
    COURT = "court", "法院文书"
    POLICE = "police", "公安机关文书"
    RESOLUTION = "resolution", "经办机构批复"
