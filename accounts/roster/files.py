"""What both imports share: the outcome, the list of what is wrong, and reading a file row by row.

A file is imported whole or not at all, in one transaction. Rows are checked one by one while they stream into a
temporary table; what needs all rows at once (duplicates, conflicts with what is kept) is then asked in SQL.
Memory does not grow with the file.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from operator import itemgetter
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives import hashes
from django.db import connection, transaction

from accounts.errors import AccountsError
from accounts.identity import audit
from accounts.identity.actors import Act
from accounts.models import Import
from accounts.operations.rotation import block_rotation
from yibao.lib import masking, tables
from yibao.lib.values.names import is_invisible

MOST_PROBLEMS = 100_000  # a file with more is the wrong file; listing stops there, and says so
MAX_CELL = 200

Progress = Callable[[str, int, int], None]  # told what is being done, how much of it is done, and how much there is

_UNUSUAL = re.compile("[=#]|Err:")
_MASKS: dict[str, Callable[[str], str]] = {
    "certno": masking.masked_certno,
    "payer_certno": masking.masked_certno,
    "user_certno": masking.masked_certno,
    "psn_name": masking.masked_name,
    "mob": masking.masked_phone,
    "brdy": lambda text: text[:4] + "*" * (len(text) - 4),
}


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong in a file. Row 0 is the file itself; the value is masked."""

    row: int
    column: str
    value: str
    reason: str

    def __str__(self) -> str:
        place = f"第{self.row}行" if self.row else "文件"
        column = f" {self.column}" if self.column else ""
        value = f"「{self.value}」" if self.value else ""
        return f"{place}{column}{value}：{self.reason}"


class ImportRefusedError(AccountsError):
    """Nothing was imported. `problems` says why, by row; the text of the error says it in one line."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = list(problems)
        self.bad_rows = len({problem.row for problem in problems if problem.row})
        first = str(self.problems[0])
        super().__init__(
            f"没有导入任何内容：{self.bad_rows}行有问题" if self.bad_rows > 1 else f"没有导入任何内容：{first}"
        )

    def as_json(self) -> list[dict[str, Any]]:
        return [asdict(problem) for problem in self.problems]


@dataclass(frozen=True, slots=True)
class ImportResult:
    """What an import did. All counts but `rows` are zero when the file brought nothing new."""

    kind: str
    rows: int
    import_id: int
    known_file: bool = False  # this very file had been imported before
    people_added: int = 0
    people_changed: int = 0
    enrolments_added: int = 0
    contributions_added: int = 0
    late: int = 0  # of contributions_added: came in after their month's run had been opened
    openings_added: int = 0  # people whose opening balances came in
    opening_fen: int = 0  # what they hold together
    bonds_added: int = 0
    remarks: tuple[str, ...] = ()  # what had to be guessed while reading the file

    @property
    def changed_nothing(self) -> bool:
        return not (
            self.people_added
            or self.people_changed
            or self.enrolments_added
            or self.contributions_added
            or self.openings_added
            or self.bonds_added
        )

    def as_json(self) -> dict[str, Any]:
        return {**asdict(self), "changed_nothing": self.changed_nothing}


class Problems:
    """Collects what is wrong, up to MOST_PROBLEMS."""

    def __init__(self) -> None:
        self.found: list[Problem] = []

    def add(self, row: int, column: str, value: str, reason: str) -> None:
        """Note a problem with the raw value of a cell; it is masked here."""
        mask = _MASKS.get(column, masking.scrubbed)
        shown = "".join(char if char.isprintable() else "�" for char in mask(value[:MAX_CELL]))
        self.add_masked(row, column, shown[:40], reason)

    def add_masked(self, row: int, column: str, value: str, reason: str) -> None:
        self.found.append(Problem(row, column, value, reason))
        if len(self.found) >= MOST_PROBLEMS:
            self.found.append(Problem(0, "", "", f"问题超过{MOST_PROBLEMS}处，后面的内容没有再检查"))
            self.refuse_if_any()

    def refuse_if_any(self) -> None:
        """Raise ImportRefusedError with everything noted so far, in the order of the file."""
        if self.found:
            raise ImportRefusedError(sorted(self.found, key=lambda problem: problem.row))


class File:
    """A file being imported: its rows as cells in the order of `columns`, its faults as problems."""

    def __init__(self, path: Path, columns: Sequence[str], progress: Progress | None) -> None:
        self.path = path
        self.columns = columns
        self.problems = Problems()
        self.rows = 0
        self.remarks: list[str] = []
        self.digest = _digest(path)
        self.progress: Progress = progress or (lambda what, done, total: None)

    def read(self) -> Iterator[tuple[int, tuple[str, ...]]]:
        """Yield (row number, stripped cells) of the rows whose shape is right.

        Raises ImportRefusedError at once when the columns are not the right ones; a fault further down ends the
        reading and is noted, so that the rows before it are still checked.
        """
        try:
            table = tables.read_table(self.path, lambda share: self.progress("读取并核对", int(share * 1000), 1000))
            self.remarks = table.remarks
            self._check_columns(table.columns)
            in_order = itemgetter(*(table.columns.index(column) for column in self.columns))
            for number, cells in table.rows:
                self.rows += 1
                if self._is_sound(number, cells):
                    yield number, in_order([cell.strip() for cell in cells])
        except tables.UnreadableError as fault:
            self.problems.add_masked(fault.row or 0, "", "", str(fault))
        if not self.rows and not self.problems.found:
            self.problems.add_masked(0, "", "", "文件只有列名，没有内容")

    def _check_columns(self, columns: tuple[str, ...]) -> None:
        for column in columns:
            if not column:
                self.problems.add(1, "", "", "有一列没有列名")
            elif columns.count(column) > 1:
                self.problems.add(1, column, "", "这一列出现了不止一次")
            elif column not in self.columns:
                self.problems.add(1, masking.scrubbed(column)[:40], "", "不认识的列名")
        for column in self.columns:
            if column not in columns:
                self.problems.add(1, column, "", "缺少这一列")
        self.problems.refuse_if_any()

    def _is_sound(self, number: int, cells: list[str]) -> bool:
        if len(cells) != len(self.columns):
            reason = f"这一行有{len(cells)}列，应为{len(self.columns)}列"
            self.problems.add_masked(
                number, "", "", f"{reason}，文件可能不完整" if len(cells) < len(self.columns) else reason
            )
            return False
        text = "".join(cells)
        return (text.isprintable() and not _UNUSUAL.search(text)) or self._are_plain(number, cells)

    def _are_plain(self, number: int, cells: list[str]) -> bool:
        """Look closer at a row with unusual characters; of names their reader says more (values.names)."""
        sound = True
        for column, cell in zip(self.columns, cells, strict=True):
            if cell.lstrip().startswith("="):
                self.problems.add_masked(number, column, "", "这一格是公式，请改成文字")
                sound = False
            elif tables.is_error(cell.strip()):
                self.problems.add_masked(number, column, cell.strip(), "这一格是表格软件的错误值，请改成应有的内容")
                sound = False
            elif column != "psn_name" and any(is_invisible(char) for char in cell.strip()):
                self.problems.add(number, column, cell, "含有看不见的控制字符")
                sound = False
        return sound


@contextmanager
def importing(file: File, kind: str, act: Act) -> Iterator["Draft"]:
    """Open the import's transaction: no other import of the kind and no key rotation runs beside it.

    Yields a draft to fill in; leaving writes the audit event. Leaving with an error undoes everything.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        # Waiting for another import is right; giving up after the usual seconds is not.
        cursor.execute(
            "SET LOCAL lock_timeout = '30min'; SET LOCAL statement_timeout = 0; SET LOCAL work_mem = '128MB'"
        )
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext(%s))", [f"import:{kind}"])
        block_rotation()
        draft = Draft(file, kind, act)
        yield draft
        draft.finish()


class Draft:
    """An import on its way."""

    def __init__(self, file: File, kind: str, act: Act) -> None:
        self._file = file
        self._kind = kind
        self._act = act
        self._counts: dict[str, int] = {}
        self._import = Import.objects.filter(kind=kind, digest=file.digest).first()
        self.known = self._import is not None

    def accept(self) -> int:
        """Record the import, every row being in order; return its id, which the new rows carry."""
        self._file.problems.refuse_if_any()
        self._import = Import.objects.create(
            kind=self._kind, digest=self._file.digest, rows=self._file.rows, actor=str(self._act.actor)
        )
        return self._import.pk

    def count(self, **counts: int) -> None:
        self._counts.update(counts)

    def finish(self) -> None:
        if not self.known and self._import:
            detail = {"import": self._import.pk, "rows": self._file.rows, **self._counts}
            audit.record(act=self._act, verb=f"{self._kind}.imported", detail=detail)

    @property
    def result(self) -> ImportResult:
        assert self._import is not None
        return ImportResult(
            kind=self._kind,
            rows=self._import.rows,
            import_id=self._import.pk,
            known_file=self.known,
            remarks=tuple(masking.scrubbed(remark) for remark in self._file.remarks),
            **self._counts,
        )


def analyze_when_large(rows: int, *names: str) -> None:
    """Let the planner know what a large import has just written: it still believes the tables to be small."""
    if rows > 10_000:
        with connection.cursor() as cursor:
            cursor.execute(f"ANALYZE {', '.join(names)}")


def _digest(path: Path) -> str:
    digest = hashes.Hash(hashes.SM3())
    try:
        with path.open("rb") as file:
            while piece := file.read(1 << 20):
                digest.update(piece)
    except OSError as error:
        reason = "找不到文件" if isinstance(error, FileNotFoundError) else "读不了文件"
        raise ImportRefusedError([Problem(0, "", "", f"{reason} {path.name}")]) from None
    return digest.finalize().hex()
