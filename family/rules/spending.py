"""What is taken from whom: one source after another, never at once, and never past a limit."""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Source:
    """A pot that may pay, and the most it may pay now (fen): what it holds, or less where a limit stands.

    `bond` is set where the money is a relative's.
    """

    pot: int
    owner: int
    kind: str
    available_fen: int
    bond: int | None = None
    region: str = ""


@dataclass(frozen=True, slots=True)
class Take:
    """What one source pays (fen)."""

    source: Source
    amount_fen: int


def spending_plan(amount_fen: int, sources: Iterable[Source]) -> list[Take]:
    """Return what each source pays of an amount: one after another, never at once (seed S3; TV-21).

    Whatever is left over is paid in cash.
    """
    takes, rest = [], amount_fen
    for source in sources:
        part = min(rest, source.available_fen)
        if part > 0:
            takes.append(Take(source, part))
            rest -= part
    return takes


def premium_plan(amount_fen: int, sources: Iterable[Source]) -> list[Take]:
    """Return what each source pays of a premium, or nothing: part account, part cash is not done (TV-10, TV-11)."""
    takes = spending_plan(amount_fen, sources)
    return takes if sum(take.amount_fen for take in takes) == amount_fen else []
