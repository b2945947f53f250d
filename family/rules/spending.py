"""What is allowed, and how much comes from whom. Pure: dataclasses, fen and days."""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Source:
    """A pot that may pay, and the most it may pay now (fen): what it holds, or less where a limit stands."""

    pot: int
    owner: int
    kind: str
    usable_fen: int


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
        part = min(rest, source.usable_fen)
        if part > 0:
            takes.append(Take(source, part))
            rest -= part
    return takes
