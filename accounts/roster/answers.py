"""What an import did, for people; or what is wrong with its file, by cause and column with a count and the first rows."""

import re
from collections.abc import Iterable, Iterator

from accounts.roster.drafts import ImportResult
from accounts.roster.problems import Problem

SHOWN_ROWS = 5
_VARYING = re.compile(r"[\d.,-]*\d")  # rows, days and amounts that a reason names

_COUNTED = (
    ("people_added", "新增参保人 {} 人"),
    ("people_changed", "资料有变化 {} 人"),
    ("numbers_changed", "换了证件号码 {} 人"),
    ("enrolments_added", "新增参保记录 {} 条"),
    ("contributions_added", "新增缴费记录 {} 条"),
    ("openings_added", "期初余额 {} 人"),
    ("bonds_added", "共济关系 {} 条"),
    ("premium_answers", "税务答复 {} 条"),
    ("premiums_paid", "已缴记录 {} 条"),
    ("known_rows", "以前登记过 {} 条"),
    ("late", "其中晚于划入批次、下次补划 {} 条"),
    ("corrected", "更正已登记的 {} 条"),
    ("refunded", "退费 {} 条"),
    ("second_payers", "重复缴费、待退 {} 条"),
    ("left_out", "不归这里管的险种和人员 {} 行，没有导入"),
)


def in_words(result: ImportResult) -> str:
    """Return what an import did, and its number, in a sentence."""
    return f"{_done(result)}（导入编号 {result.import_id}）"


def _done(result: ImportResult) -> str:
    if result.known_file:
        return f"这份文件已经导入过（{result.rows} 行），没有任何变化"
    counts = [words.format(f"{n:,}") for name, words in _COUNTED if (n := getattr(result, name))]
    counts += [f"留待处理 {len(result.held):,} 行"] if result.held else []
    return f"导入 {result.rows:,} 行，" + ("，".join(counts) or "内容都已登记过，没有任何变化")


def grouped(problems: Iterable[Problem]) -> Iterator[str]:
    """Yield one line per column and cause, in the order of the file. One problem alone is told as it is.

    Reasons that differ in nothing but numbers have one cause; those of the rows shown are told where they differ.
    Names of columns that have one cause are one line.
    """
    groups: dict[tuple[str, str], list[Problem]] = {}
    for problem in problems:
        column = "" if problem.is_of_header else problem.column
        groups.setdefault((column, _VARYING.sub("", problem.reason)), []).append(problem)
    for group in groups.values():
        if len(group) == 1:
            yield str(group[0])
        else:
            yield _columns(group) if group[0].is_of_header else _together(group)


def _columns(group: list[Problem]) -> str:
    names = list(dict.fromkeys(problem.column for problem in group))
    return str(group[0]) if len(names) == 1 else f"第1行：{group[0].reason}，共{len(names)}列：{'、'.join(names)}"


def _together(group: list[Problem]) -> str:
    first = group[0]
    rows = "、".join(_row(problem, first.reason) for problem in group[:SHOWN_ROWS])
    more = "等" if len(group) > SHOWN_ROWS else ""
    place = first.column or ("整行" if first.row else "文件")
    return f"{place} 共{len(group):,}处：{first.reason}。{rows}{more}"


def _row(problem: Problem, said: str) -> str:
    value = f"「{problem.value}」" if problem.value else ""
    reason = f"（{problem.reason}）" if problem.reason != said else ""
    return f"第{problem.row}行{value}{reason}"
