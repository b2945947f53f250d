"""What money is for, what happened to it, and the runs that credit everybody."""

from yibao.lib.codes import TextCode


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
    OPENING = "opening", "期初转入"


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
    REMITTANCE = "remittance", "解缴税务"
    PAYOUT = "payout", "转出或清退"
    OPENING = "opening", "期初"
    MOVED = "moved", "关系转移"
    INHERITANCE = "inheritance", "继承"
    MERGE = "merge", "登记合并"
    WRITE_OFF = "write_off", "核销"
    MANUAL = "manual", "人工调账"
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

    @property
    def is_move(self) -> bool:
        """Takes what somebody has to another account, or pays it out."""
        return self in (VoucherKind.PAYOUT, VoucherKind.MOVED, VoucherKind.INHERITANCE, VoucherKind.MERGE)

    @property
    def stops_when_frozen(self) -> bool:
        """Is not done from a frozen account: no use, no move, nothing given to the family.

        Credits, corrections, refunds and what comes back from the pool to its owner go on.
        """
        return self.is_use or self.is_move or self == VoucherKind.TRANSFER_IN


CORRECTION_KINDS = tuple(kind for kind in VoucherKind if kind.is_correction)
CREDIT_KINDS = tuple(kind for kind in VoucherKind if kind.is_credit)
BATCH_KINDS = tuple(kind for kind in VoucherKind if kind.is_batch)
USE_KINDS = tuple(kind for kind in VoucherKind if kind.is_use)
MOVE_KINDS = tuple(kind for kind in VoucherKind if kind.is_move)
# What no formula gives: two people sign it, and it is never counted as credited by a run.
SIGNED_KINDS = (*MOVE_KINDS, VoucherKind.WRITE_OFF, VoucherKind.MANUAL)


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
