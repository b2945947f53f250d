"""COPY in pieces of many lines: sent one by one, each line costs more on the way than in the table."""

from collections.abc import Iterable, Iterator
from itertools import islice

from django.db.backends.utils import CursorWrapper

_LINES = 500  # about 40 kB: larger pieces gain nothing more


def copy_lines(cursor: CursorWrapper, statement: str, lines: Iterable[str]) -> None:
    """Copy lines of COPY text, each ending in a line feed, into a table. Nothing is sent where there is none."""
    rest = iter(lines)
    first = list(islice(rest, _LINES))
    if not first:
        return
    with cursor.copy(statement) as copy:
        for piece in _pieces(first, rest):
            copy.write(piece)


def _pieces(first: list[str], rest: Iterator[str]) -> Iterator[str]:
    lines = first
    while lines:
        yield "".join(lines)
        lines = list(islice(rest, _LINES))
