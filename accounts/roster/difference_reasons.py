"""Why two systems may differ about somebody's money: how large the difference is, and what it looks like."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import accumulate

from yibao.lib.codes import TextCode
from yibao.lib.fen import grouped

ROUNDING_FEN = 12  # a fen a month
_BOUNDS_FEN = (ROUNDING_FEN, 10_00, 100_00, 1_000_00)
_SIZES = tuple((bound, f"{grouped(bound).removesuffix('.00')}元以内") for bound in _BOUNDS_FEN)
_LARGEST = f"{grouped(_BOUNDS_FEN[-1]).removesuffix('.00')}元以上"
SIZES = (*(words for _, words in _SIZES), _LARGEST)


class DifferenceReason(TextCode):
    """What a difference looks like. Likely, not certain: a person looks at it."""

    PERSON_UNKNOWN = "person_unknown", "名册里没有这个人，或没有职工医保参保记录"
    NOT_IN_FILE = "not_in_file", "原系统的文件里没有这个人"
    OPENING_MISSING = "opening_missing", "没有导入期初余额"
    BETWEEN_POTS = "between_pots", "合计相同，各账户分得不同"
    ROUNDING = "rounding", "分位四舍五入"
    MOVED = "moved", "参保变动、转移当月划入的地方不同"
    CREDITED_HERE = "credited_here", "这里划入了，原系统没有"
    UNPAID_MONTHS = "unpaid_months", "有月份没有缴费记录：原系统划入了，这里没有"
    CREDITED_THERE = "credited_there", "原系统划入了，这里没有"
    USED_HERE = "used_here", "这里记了使用，原系统没有"
    OTHER = "other", "看不出原因，要逐笔核对"


@dataclass(slots=True)
class Known:
    """What is known here of somebody whose money differs. Fen; credits by month or year in order, net."""

    is_insured: bool
    in_file: bool
    has_opening: bool
    ours: tuple[int, int, int]  # 当年, 历年, 共济
    theirs: tuple[int, int, int]
    credits: list[int] = field(default_factory=list)
    uses: list[int] = field(default_factory=list)
    has_moved: bool = False
    unpaid_months: int = 0

    @property
    def difference_fen(self) -> int:
        return sum(self.ours) - sum(self.theirs)


def size_of(difference_fen: int) -> str:
    """Return the class of size of a difference, whichever way it goes."""
    return next((words for most, words in _SIZES if abs(difference_fen) <= most), _LARGEST)


def likely(known: Known, *, openings_came_in: bool) -> DifferenceReason:
    """Return what the difference looks like; `openings_came_in`: the region has opening balances at all."""
    if not known.is_insured:
        return DifferenceReason.PERSON_UNKNOWN
    if not known.in_file:
        return DifferenceReason.NOT_IN_FILE
    if openings_came_in and not known.has_opening:
        return DifferenceReason.OPENING_MISSING
    if known.difference_fen == 0:
        return DifferenceReason.BETWEEN_POTS
    if abs(known.difference_fen) <= ROUNDING_FEN:
        return DifferenceReason.ROUNDING
    return _of_movements(known)


def _of_movements(known: Known) -> DifferenceReason:
    more_fen = known.difference_fen
    if more_fen > 0:
        is_credit = more_fen in known.credits or more_fen in accumulate(reversed(known.credits))
        if not is_credit:
            return DifferenceReason.OTHER
        return DifferenceReason.MOVED if known.has_moved else DifferenceReason.CREDITED_HERE
    if _is_months(-more_fen, known.credits):
        if known.has_moved:
            return DifferenceReason.MOVED
        return DifferenceReason.UNPAID_MONTHS if known.unpaid_months else DifferenceReason.CREDITED_THERE
    return DifferenceReason.USED_HERE if -more_fen in known.uses else DifferenceReason.OTHER


def _is_months(fen: int, credits: Sequence[int]) -> bool:
    """Say whether an amount could be whole months (or years) of what is credited here; anything, where nothing is."""
    amounts = {credit for credit in credits if credit > 0}
    return not amounts or any(fen % amount == 0 and fen // amount <= 12 for amount in amounts)
