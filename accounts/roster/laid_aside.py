"""Rows laid aside, as a file of their own: how they come in after all."""

import json
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from cryptography.hazmat.primitives import hashes
from django.db import transaction

from accounts.codes import HeldReason, ImportKind
from accounts.identity.actors import Act
from accounts.models import HeldRow
from accounts.roster import balances, contributions, openings, people
from accounts.roster.drafts import ImportResult
from accounts.roster.files import ROUND, File
from accounts.roster.problems import ImportRefusedError, Problem, Problems
from yibao.lib import tables
from yibao.lib.clock import SHANGHAI

Believed = Mapping[int, Collection[HeldReason]]


class _Kind(NamedTuple):
    """The columns that files of a kind have and may have, and what brings one in: (act, file, rows that correct)."""

    columns: Sequence[str]
    optional: Sequence[str]
    bring_in: Callable[[Act, File, Collection[int]], ImportResult]


_kinds: dict[str, _Kind] = {
    ImportKind.ROSTER: _Kind(
        people.COLUMNS, people.OPTIONAL, lambda act, file, corrects: people.bring_in(act=act, file=file)
    ),
    ImportKind.CONTRIBUTIONS: _Kind(
        contributions.COLUMNS,
        contributions.OPTIONAL,
        lambda act, file, corrects: contributions.bring_in(act=act, file=file, believed=corrects),
    ),
    ImportKind.BALANCES: _Kind(balances.COLUMNS, (), lambda act, file, corrects: openings.bring_in(act=act, file=file)),
}


def register(kind: ImportKind, columns: Sequence[str], bring_in: Callable[[Act, File], ImportResult]) -> None:
    """Let rows of another app's files be laid aside too. Called once, from its AppConfig.ready."""
    _kinds[kind] = _Kind(columns, (), lambda act, file, corrects: bring_in(act, file))


def kinds() -> list[str]:
    """Return the kinds of files whose rows are laid aside, in the order in which they come in."""
    return list(_kinds)


def columns_of(kind: str) -> tuple[str, ...]:
    """Return all columns that a row of this kind of file may have."""
    return *_kinds[kind].columns, *_kinds[kind].optional


def cells_of(row: HeldRow) -> dict[str, str]:
    """Return the cells of a row, column → text; one that the file had no column for is left out or empty."""
    return json.loads(row.cells)


class _LaidAside(File):
    """These rows as a file. A row's number is the id of the HeldRow."""

    def __init__(self, kind: str, rows: Sequence[HeldRow], believed: Believed) -> None:
        self._kind = kind
        self._rows = rows
        super().__init__(Path(kind), _kinds[kind].columns, optional=_kinds[kind].optional)
        self.problems = Problems(believed, strict=True)

    def opened(self, on_progress: Callable[[float], None] | None) -> tables.Table:
        return tables.Table(columns_of(self._kind), self._lines(), [])

    def made_digest(self) -> str:
        digest = hashes.Hash(hashes.SM3())
        digest.update(f"held rows {' '.join(str(row.pk) for row in self._rows)}".encode())
        return digest.finalize().hex()

    def _lines(self) -> Iterator[tuple[int, list[str]]]:
        columns = columns_of(self._kind)
        for row in self._rows:
            cells = cells_of(row)
            if self._kind == ImportKind.ROSTER and not cells.get("facts_date"):
                cells["facts_date"] = f"{row.at.astimezone(SHANGHAI):%Y-%m-%d}"  # of the file, not of today
            extra = [text for column, text in cells.items() if column not in columns and text.strip()]
            yield row.pk, [*(cells.get(column, "") for column in columns), *extra]


def take_in(*, act: Act, rows: Sequence[HeldRow], believed: Believed) -> list[tuple[ImportResult, list[HeldRow]]]:
    """Bring the rows in, those of rosters first; return what came of each kind. All or none, in one transaction.

    Raises ImportRefusedError with what is wrong with them, implausible things that are not believed among it; a
    problem's row is the id of the HeldRow.
    """
    taken = []
    with transaction.atomic():
        for kind in kinds():
            of_kind = [row for row in rows if row.kind == kind]
            if of_kind:
                taken.append((_bring_in(act, kind, of_kind, believed), of_kind))
    return taken


def _bring_in(act: Act, kind: str, rows: Sequence[HeldRow], believed: Believed) -> ImportResult:
    file = _LaidAside(kind, rows, believed)
    corrects = [row for row, codes in believed.items() if HeldReason.CONTRADICTS_KNOWN in codes]
    return _kinds[kind].bring_in(act, file, corrects)


def judged(*, act: Act, rows: Sequence[HeldRow]) -> dict[int, dict[HeldReason, str]]:
    """Return what a person must believe for the rows to come in: id → code → reason. Nothing is written.

    Raises ImportRefusedError with what nobody can decide: it must be mended first.
    """
    believed = {row.pk: {HeldReason.ROUNDED_NUMBERS: row.reason} for row in rows if _is_rounded(row)}
    while problems := _problems(act, rows, believed):
        undecidable = [problem for problem in problems if not problem.decidable]
        if undecidable:
            raise ImportRefusedError(undecidable)
        for problem in problems:
            assert problem.code is not None
            believed.setdefault(problem.row, {})[problem.code] = problem.reason
    return believed


def problem_of(*, act: Act, row: HeldRow) -> Problem | None:
    """Return the first thing that is wrong with a row by now; None where nothing is. Nothing is written."""
    if _is_rounded(row):
        return Problem(row.pk, row.column, row.value, row.reason, HeldReason.ROUNDED_NUMBERS)
    return next(iter(_problems(act, [row], {})), None)


def _is_rounded(row: HeldRow) -> bool:
    """Say whether a row's number still ends as those of its file did: of the row alone that tells nothing."""
    return row.reason_code == HeldReason.ROUNDED_NUMBERS and cells_of(row).get("certno", "").strip().endswith(ROUND)


def _problems(act: Act, rows: Sequence[HeldRow], believed: Believed) -> list[Problem]:
    """Return what is wrong with the rows, by bringing them in and taking that back."""
    with transaction.atomic():
        try:
            take_in(act=act, rows=rows, believed=believed)
        except ImportRefusedError as refusal:
            return refusal.problems
        finally:
            transaction.set_rollback(True)
    return []
