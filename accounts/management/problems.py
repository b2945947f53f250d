"""The problems of a file for people: grouped by cause and column, with a count and the first rows."""

import re
from collections.abc import Iterable, Iterator

from accounts.roster.problems import Problem

SHOWN_ROWS = 5
_VARYING = re.compile(r"[\d.,-]*\d")  # rows, days and amounts that a reason names


def grouped(problems: Iterable[Problem]) -> Iterator[str]:
    """Yield one line per column and cause, in the order of the file. One problem alone is told as it is.

    Reasons that differ in nothing but numbers have one cause; those of the rows shown are told where they differ.
    """
    groups: dict[tuple[str, str], list[Problem]] = {}
    for problem in problems:
        groups.setdefault((problem.column, _VARYING.sub("", problem.reason)), []).append(problem)
    for group in groups.values():
        yield str(group[0]) if len(group) == 1 else _together(group)


def _together(group: list[Problem]) -> str:
    first = group[0]
    rows = "、".join(_row(problem, first.reason) for problem in group[:SHOWN_ROWS])
    more = "等" if len(group) > SHOWN_ROWS else ""
    return f"{first.column or '文件'} 共{len(group):,}处：{first.reason}。{rows}{more}"


def _row(problem: Problem, said: str) -> str:
    value = f"「{problem.value}」" if problem.value else ""
    reason = f"（{problem.reason}）" if problem.reason != said else ""
    return f"第{problem.row}行{value}{reason}"
