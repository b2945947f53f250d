"""A file being imported: its rows as cells, and the list of what is wrong with them.

Rows are checked one by one while they stream into a temporary table; what needs all rows at once (duplicates, conflicts
with what is kept, what is hardly true) is then asked in SQL. Memory does not grow with the file.
"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from operator import itemgetter
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives import hashes

from accounts.codes import HeldReason
from accounts.roster.problems import ImportRefusedError, Problem, Problems
from yibao.lib import masking, tables
from yibao.lib.fen import grouped
from yibao.lib.values.amounts import read_yuan
from yibao.lib.values.names import is_invisible

Progress = Callable[[str, int, int], None]  # told what is being done, how much of it is done, and how much there is

_SAY_SO_THEMSELVES = ("certno", "old_certno", "payer_certno", "user_certno", "mob")  # that their digits are lost
ROUND = "000"
ROUNDED = "整份文件的证件号码末三位都是000：像是表格软件把号码当成了数字，末几位已丢失；请把这一列设为文本后重新填写"


class File:
    """A file being imported: its rows as cells in the order of `columns`, its faults as problems.

    `columns` must be there, `optional` may be. `believed`: row → what a person has found right about it.
    """

    def __init__(
        self,
        path: Path,
        columns: Sequence[str],
        progress: Progress | None = None,
        *,
        optional: Sequence[str] = (),
        believed: Mapping[int, Collection[HeldReason]] | None = None,
    ) -> None:
        self.path = path
        self.columns = columns
        self.optional = optional
        self.problems = Problems(believed)
        self.rows = 0
        self.left_out = 0  # rows of what is not kept here
        self.remarks: list[str] = []
        self.digest = self.made_digest()
        self.progress: Progress = progress or (lambda what, done, total: None)
        self._present: tuple[str, ...] = ()
        self._sum_fen: int | None = 0  # of the amounts of all rows, bad ones too; None where one cannot be read
        self._short = 0  # the last row with too few cells
        self._round_numbers = 0

    def opened(self, on_progress: Callable[[float], None] | None) -> tables.Table:
        """Return the table to be read; again when rows are laid aside. Raises tables.UnreadableError."""
        return tables.read_table(self.path, on_progress)

    def made_digest(self) -> str:
        """Return the SM3 of the content. Raises ImportRefusedError where there is no file, or no ordinary one."""
        digest = hashes.Hash(hashes.SM3())
        try:
            if self.path.exists() and not self.path.is_file():  # a pipe can be read only once, and this is read twice
                raise ImportRefusedError([Problem(0, "", "", f"{self.path.name} 是文件夹或管道，请先存成文件再导入")])
            with self.path.open("rb") as file:
                while piece := file.read(1 << 20):
                    digest.update(piece)
        except OSError as error:
            reason = "找不到文件" if isinstance(error, FileNotFoundError) else "读不了文件"
            raise ImportRefusedError([Problem(0, "", "", f"{reason} {self.path.name}")]) from None
        return digest.finalize().hex()

    def read(self) -> Iterator[tuple[int, tuple[str, ...]]]:
        """Yield (row number, stripped cells) of the rows whose shape is right.

        The cells are those of `columns`; where the file has any of the optional ones, those of `optional` follow, empty
        where it has not. Raises ImportRefusedError at once when the columns are not the right ones; a fault further
        down ends the reading and is noted, so that the rows before it are still checked.
        """
        number = 0
        try:
            table = self.opened(lambda share: self.progress("读取并核对", int(share * 1000), 1000))
            self.remarks = table.remarks
            self._check_columns(table.columns)
            in_order, nothing = self._in_order(), [""]
            for number, cells in table.rows:
                self.rows += 1
                if self._is_sound(number, cells):
                    texts = in_order([cell.strip() for cell in cells] + nothing)
                    self._round_numbers += texts[0].endswith(ROUND)
                    yield number, texts
                else:
                    self._sum_fen = None
        except tables.UnreadableError as fault:
            self.problems.damage(str(fault), fault.row or 0)
        if self._short == number > 0:
            self.problems.found[-1] = replace(self.problems.found[-1], code=None)  # nothing follows: torn off
        if not self.rows and not self.problems.found:
            self.problems.damage("文件只有列名，没有内容")

    def values(
        self, number: int, texts: Sequence[str], columns: Sequence[str], readers: Sequence[Callable[[str], Any]]
    ) -> list[Any] | None:
        """Return what the cells of a row mean; None, and what cannot be read is noted, where one means nothing."""
        try:
            return [read(text) for read, text in zip(readers, texts, strict=False)]
        except ValueError:
            pass
        for column, read, text in zip(columns, readers, texts, strict=False):
            try:
                read(text)
            except ValueError as fault:
                self.problems.add(number, column, text, str(fault))
        return None

    @property
    def sum_fen(self) -> int | None:
        """The sum of the amounts of all rows, bad ones too; None where one of them cannot be read."""
        return self._sum_fen

    @property
    def has_rounded_numbers(self) -> bool:
        """Say whether every certificate number ends as a spreadsheet leaves it that takes it for a number."""
        return self._round_numbers == self.rows > 1

    def explain_rounded(self) -> None:
        """Name the cause where every number ends in zeros and the check digit of most is wrong."""
        if self.has_rounded_numbers:
            self.problems.found = [
                replace(problem, reason=ROUNDED) if problem.column == "certno" else problem
                for problem in self.problems.found
            ]

    def add(self, fen: int) -> None:
        """Add the amount of a row to the sum of the file."""
        if self._sum_fen is not None:
            self._sum_fen += fen

    def add_unread(self, *texts: str) -> None:
        """Add the amounts of a row that is bad; where they cannot be read themselves, the sum is not known."""
        try:
            self.add(sum(read_yuan(text) for text in texts if text))
        except ValueError:
            self._sum_fen = None

    def expect(self, *, rows: int | None, sum_fen: int | None = None, of: str = "金额") -> None:
        """Note a number of rows, or a sum of what was added, that is not the one announced with the file."""
        if rows is not None and rows != self.rows:
            self.problems.damage(f"应有{rows}行，实有{self.rows}行，文件可能不完整")
        if sum_fen is None or sum_fen == self._sum_fen:
            return
        if self._sum_fen is None:
            self.problems.damage(f"有的行读不出{of}，合计核对不了（应为 {grouped(sum_fen)} 元）")
        else:
            found = f"{of}合计应为 {grouped(sum_fen)} 元，实为 {grouped(self._sum_fen)} 元"
            self.problems.damage(f"{found}，文件可能不完整")

    def cells_of(self, rows: Collection[int]) -> Iterator[tuple[int, dict[str, str]]]:
        """Read the file once more; yield (row number, column → text) of these rows, whatever their shape."""
        for number, cells in self.opened(None).rows:
            if number in rows:
                extra = [f"多出的第{n}格" for n in range(1, 1 + len(cells) - len(self._present))]
                yield number, dict(zip([*self._present, *extra], cells, strict=False))

    def _in_order(self) -> Callable[[list[str]], tuple[str, ...]]:
        """Return what puts a row's cells, followed by an empty one, in order."""
        has_optional = any(column in self._present for column in self.optional)
        wanted = [*self.columns, *(self.optional if has_optional else ())]
        nowhere = len(self._present)
        return itemgetter(*(self._present.index(name) if name in self._present else nowhere for name in wanted))

    def _check_columns(self, columns: tuple[str, ...]) -> None:
        if not set(columns) & {*self.columns, *self.optional}:
            names = "、".join(self.columns)
            self.problems.damage(f"没有一个认识的列名；第一行要写列名（上面的标题行请删去），应有 {names}", 1)
            self.problems.refuse_if_any()
        for column in columns:
            if not column:
                self.problems.damage("有一列没有列名", 1)
            elif columns.count(column) > 1:
                self.problems.damage("这一列出现了不止一次", 1, column)
            elif column not in self.columns and column not in self.optional:
                self.problems.damage("不认识的列名", 1, masking.scrubbed(column)[:40])
        for column in self.columns:
            if column not in columns:
                self.problems.damage("缺少这一列", 1, column)
        self.problems.refuse_if_any()
        self._present = columns

    def _is_sound(self, number: int, cells: list[str]) -> bool:
        if len(cells) != len(self._present):
            reason = f"这一行有{len(cells)}列，应为{len(self._present)}列"
            is_short = len(cells) < len(self._present)
            self.problems.add_masked(number, "", "", f"{reason}，文件可能不完整" if is_short else reason)
            self._short = number if is_short else self._short
            return False
        text = "".join(cells)
        is_usual = text.isprintable() and "=" not in text and "#" not in text and "+" not in text and "Err:" not in text
        return is_usual or self._are_plain(number, cells)

    def _are_plain(self, number: int, cells: list[str]) -> bool:
        """Look closer at a row with unusual characters; of names their reader says more (values.names)."""
        sound = True
        for column, cell in zip(self._present, cells, strict=True):
            if cell.lstrip().startswith("="):
                self.problems.add_masked(number, column, "", "这一格是公式，请改成文字")
                sound = False
            elif tables.is_error(cell.strip()):
                self.problems.add_masked(number, column, cell.strip(), "这一格是表格软件的错误值，请改成应有的内容")
                sound = False
            elif column not in _SAY_SO_THEMSELVES and tables.has_lost_digits(cell.strip()):
                reason = "表格软件把这一格当成了数字，末几位已丢失；请把这一列设为文本后重新填写"
                self.problems.add(number, column, cell.strip(), reason)
                sound = False
            elif column != "psn_name" and any(is_invisible(char) for char in cell.strip()):
                self.problems.add(number, column, cell, "含有看不见的控制字符")
                sound = False
        return sound
