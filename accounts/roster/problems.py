"""What is wrong in a file, row by row, and what follows from it: the file is refused, or rows are laid aside."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from accounts.codes import HeldReason
from accounts.errors import AccountsError
from yibao.lib import masking

MOST_PROBLEMS = 100_000  # a file with more is the wrong file; listing stops there, and says so
MAX_CELL = 200

_MASKS: dict[str, Callable[[str], str]] = {
    "certno": masking.masked_certno,
    "old_certno": masking.masked_certno,
    "payer_certno": masking.masked_certno,
    "user_certno": masking.masked_certno,
    "psn_name": masking.masked_name,
    "mob": masking.masked_phone,
    "brdy": lambda text: text[:4] + "*" * (len(text) - 4),
}


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong in a file. Row 0 is the file itself; the value is masked.

    Without a code it is the file that is damaged, not the row alone: then nothing of it comes in. `decidable` says that
    a person may find the row right all the same.
    """

    row: int
    column: str
    value: str
    reason: str
    code: HeldReason | None = None
    decidable: bool = False

    @property
    def stops_file(self) -> bool:
        return self.code is None or self.code.stops_file

    @property
    def is_of_header(self) -> bool:
        """Whether it is a column's name that is wrong or missing, not what stands in a cell."""
        return self.row == 1 and bool(self.column) and self.code is None

    def __str__(self) -> str:
        place = f"第{self.row}行" if self.row else "文件"
        column = f" {self.column}" if self.column else ""
        value = f"「{self.value}」" if self.value else ""
        return f"{place}{column}{value}：{self.reason}"

    def as_json(self) -> dict[str, Any]:
        return {"row": self.row, "column": self.column, "value": self.value, "reason": self.reason}


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
        return [problem.as_json() for problem in self.problems]


class Problems:
    """Collects what is wrong, up to MOST_PROBLEMS.

    `believed`: row → what a person has found right about it. Of rows that were laid aside before (`strict`) none is laid
    aside again.
    """

    def __init__(self, believed: Mapping[int, Collection[HeldReason]] | None = None, *, strict: bool = False) -> None:
        self.found: list[Problem] = []
        self._believed = believed or {}
        self._strict = strict

    def add(self, row: int, column: str, value: str, reason: str) -> None:
        """Note what cannot be read, with the raw value of the cell; it is masked here."""
        self._note(Problem(row, column, masked(column, value), reason, HeldReason.UNREADABLE))

    def add_masked(
        self,
        row: int,
        column: str,
        value: str,
        reason: str,
        code: HeldReason = HeldReason.UNREADABLE,
        *,
        decidable: bool = False,
    ) -> None:
        """Note any problem of a row, or of the file itself (row 0); the value may be shown as it is."""
        self._note(Problem(row, column, value, reason, code if row else None, decidable or code.is_implausible))

    def lay_aside(self, row: int, column: str, reason: str, code: HeldReason) -> None:
        """Note a row that nobody can take in as it stands, and that stops no file: something else has to happen first."""
        self._note(Problem(row, column, "", reason, code))

    def damage(self, reason: str, row: int = 0, column: str = "") -> None:
        """Note that the file itself is not what it should be, from this row on or as a whole."""
        self._note(Problem(row, column, "", reason))

    @property
    def rows(self) -> list[int]:
        """The rows with a problem."""
        return list({problem.row: None for problem in self.found})

    def refuse_if_any(self) -> None:
        """Raise ImportRefusedError with everything noted so far, in the order of the file."""
        if self.found:
            raise ImportRefusedError(sorted(self.found, key=lambda problem: problem.row))

    def held(self, *, hold: bool) -> list[Problem]:
        """Return the first problem of each row that is to be laid aside, in the order of the file.

        Raises ImportRefusedError for a damaged file, and for bad rows unless `hold`; implausible ones stop no file.
        """
        is_damaged = any(problem.code is None for problem in self.found)
        stops = [problem for problem in self.found if self._strict or problem.stops_file]
        if is_damaged or (stops and not hold):
            raise ImportRefusedError(sorted(stops, key=lambda problem: problem.row))
        first: dict[int, Problem] = {}
        for problem in self.found:
            first.setdefault(problem.row, problem)
        return sorted(first.values(), key=lambda problem: problem.row)

    def _note(self, problem: Problem) -> None:
        if problem.decidable and problem.code in self._believed.get(problem.row, ()):
            return
        self.found.append(problem)
        if len(self.found) >= MOST_PROBLEMS:
            self.found.append(Problem(0, "", "", f"问题超过{MOST_PROBLEMS}处，后面的内容没有再检查"))
            self.refuse_if_any()


def masked(column: str, value: str) -> str:
    """Return a cell as it may be shown: personal columns masked, the start of a long text, nothing invisible."""
    mask = _MASKS.get(column, masking.scrubbed)
    return "".join(char if char.isprintable() else "�" for char in mask(value[:MAX_CELL]))[:40]
