"""What a bill tried out may show: one's own money to the fen, and of a relative's only what tells no balance.

A member may try many amounts. So whether a relative's money suffices is said by what it holds in whole hundreds of yuan,
and once it may not, nothing that follows has a figure: what is left over would be one.
"""

from dataclasses import dataclass
from enum import StrEnum

from accounts.codes import PotKind
from family.queries.plan import Plan
from family.rules import Source

MOST_FEN = 2_000_00
STEP_FEN = 100_00


class Use(StrEnum):
    """What is said of a pot whose amount is not."""

    UP = "能用的会用完"
    MAYBE_UP = "能用的可能会用完"
    IF_NEEDED = "不够时再用"


@dataclass(frozen=True, slots=True)
class ShownLine:
    """One pot as the page shows it: whose (empty for one's own), and either how much it pays (fen) or in words."""

    called: str
    pot: PotKind
    region: str
    amount_fen: int | None
    words: str = ""


@dataclass(frozen=True, slots=True)
class Shown:
    """A bill as the page shows it. `cash_fen` is None where it would tell what a relative has."""

    lines: tuple[ShownLine, ...]
    cash_fen: int | None


def shown(plan: Plan) -> Shown:
    """Return what of a plan the one who tries it out may see."""
    rest, is_known, lines = plan.amount_fen, True, []
    for source in plan.sources:
        if source.available_fen <= 0:
            continue
        if is_known and rest == 0:
            break
        words = "" if is_known else Use.IF_NEEDED
        if is_known and source.bond:
            words = _words(source, rest)
        is_known = not words
        part = None if words else min(rest, source.available_fen)
        rest -= part or 0
        lines.append(ShownLine(plan.called(source), PotKind(source.kind), source.region, part, words))
    return Shown(tuple(lines), rest if is_known else None)


def _words(source: Source, rest_fen: int) -> str:
    """Return what to say of a relative's pot that may not cover the rest; "" where it surely does."""
    whole, over = divmod(source.available_fen, STEP_FEN)
    if rest_fen <= whole * STEP_FEN:
        return ""
    return Use.UP if rest_fen >= (whole + bool(over)) * STEP_FEN else Use.MAYBE_UP
