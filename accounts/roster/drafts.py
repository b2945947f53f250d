"""An import on its way: one transaction that brings the good rows in and lays the held ones aside, or does nothing."""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import Any

from django.db import OperationalError, connection, transaction
from django.db.models import QuerySet
from psycopg.errors import LockNotAvailable

from accounts.codes import FactChangeKind, HeldReason, HeldState
from accounts.errors import AccountsError
from accounts.identity import audit
from accounts.identity.actors import Act
from accounts.models import FactChange, HeldRow, Import
from accounts.operations.rotation import block_rotation
from accounts.roster.files import File
from accounts.roster.problems import Problem
from yibao.lib import masking

REASON_LENGTH = 300


class ImportRunningError(AccountsError):
    """An import is under way and takes its time. Nothing has happened."""

    message = "正在导入文件，请等它完成后再办"


_LARGE = 1_000


@dataclass(frozen=True, slots=True)
class Held:
    """A row laid aside, as it may be shown. `id` is that of the HeldRow."""

    id: int
    row: int
    column: str
    value: str
    reason_code: HeldReason
    reason: str

    @classmethod
    def of(cls, row: HeldRow) -> "Held":
        return cls(row.pk, row.row, row.column, row.value, HeldReason(row.reason_code), row.reason)

    @property
    def problem(self) -> Problem:
        """The row as what is wrong with it."""
        return Problem(self.row, self.column, self.value, self.reason, self.reason_code)


@dataclass(frozen=True, slots=True)
class ImportResult:
    """What an import did. All counts but `rows` are zero when the file brought nothing new."""

    kind: str
    rows: int
    import_id: int
    known_file: bool = False  # this very file had been imported before
    people_added: int = 0
    people_changed: int = 0
    numbers_changed: int = 0  # people who have another certificate number now
    enrolments_added: int = 0
    contributions_added: int = 0
    late: int = 0  # of contributions_added: came in after their month's run had been opened
    corrected: int = 0  # rows known before that another takes the place of
    refunded: int = 0  # payments given back
    second_payers: int = 0  # payments of a month that is paid already, to be refunded
    openings_added: int = 0  # people whose opening balances came in
    opening_fen: int = 0  # what they hold together
    bonds_added: int = 0
    premium_answers: int = 0  # of the tax office to orders
    premiums_paid: int = 0  # what was paid elsewhere
    known_rows: int = 0  # say once more what is known
    left_out: int = 0  # rows of insurances and kinds of people that are not kept here
    held: tuple[Held, ...] = ()  # waiting for a person (HeldRow)
    remarks: tuple[str, ...] = ()  # what had to be guessed while reading the file

    @property
    def changed_nothing(self) -> bool:
        return not any(
            (
                self.people_added,
                self.people_changed,
                self.numbers_changed,
                self.enrolments_added,
                self.contributions_added,
                self.corrected,
                self.refunded,
                self.second_payers,
                self.openings_added,
                self.bonds_added,
                self.premium_answers,
                self.premiums_paid,
            )
        )

    def as_json(self) -> dict[str, Any]:
        return {"imported": True, **asdict(self), "changed_nothing": self.changed_nothing}


@contextmanager
def importing(file: File, kind: str, act: Act, *, hold: bool = False) -> Iterator["Draft"]:
    """Open the import's transaction: no other import of the kind and no key rotation runs beside it.

    Yields a draft to fill in; leaving writes the audit event. Leaving with an error undoes everything.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        # Waiting for another import is right; giving up after the usual seconds is not.
        cursor.execute(
            "SET LOCAL lock_timeout = '30min'; SET LOCAL statement_timeout = 0; SET LOCAL work_mem = '128MB'"
        )
        exclude_imports(kind)
        block_rotation()
        draft = Draft(file, kind, act, hold=hold)
        yield draft
        draft.finish()


def exclude_imports(*kinds: str) -> None:
    """Let no import of these kinds, nothing that confirms rows or withdraws one, run beside this transaction.

    Raises ImportRunningError when one still runs after as long as this session waits for locks.
    """
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            for kind in sorted(kinds):
                cursor.execute("SELECT pg_advisory_xact_lock(hashtext(%s))", [f"import:{kind}"])
    except OperationalError as error:
        if isinstance(error.__cause__, LockNotAvailable):
            raise ImportRunningError from None
        raise


class Draft:
    """An import on its way. `held`: the problems of the rows to lay aside, once the file is found fit to come in."""

    def __init__(self, file: File, kind: str, act: Act, *, hold: bool) -> None:
        self._file = file
        self._kind = kind
        self._act = act
        self._hold = hold
        self._counts: dict[str, int] = {}
        self._held_rows: list[HeldRow] = []
        self._changes: dict[FactChangeKind, int] = {}
        last = Import.objects.filter(kind=kind, digest=file.digest).order_by("-again").first()
        self.known = last is not None and not _may_miss_rows(last)
        self._import = last if self.known else None
        self._again = last.again + 1 if last else 0
        self.held: list[Problem] = []

    def settle(self) -> list[Problem]:
        """Return the problems of the rows to lay aside. Raises ImportRefusedError when nothing may come in."""
        self.held = self._file.problems.held(hold=self._hold)
        return self.held

    def accept(self) -> int:
        """Record the import and the rows it lays aside; return its id, which the new rows carry.

        Raises ImportRefusedError when nothing may come in.
        """
        self.settle()
        self._import = Import.objects.create(
            kind=self._kind,
            digest=self._file.digest,
            again=self._again,
            rows=self._file.rows,
            actor=str(self._act.actor),
        )
        if self.held:
            self._lay_aside(self._import)
        return self._import.pk

    def change(self, kind: FactChangeKind) -> int:
        """Return the id of the record of what this import makes of earlier rows, one for each kind."""
        if kind not in self._changes:
            assert self._import is not None
            change = FactChange.objects.create(
                kind=kind,
                source=self._import,
                reason=f"导入 {self._import.pk} 里的{kind.label}",
                actor=str(self._act.actor),
                at=self._act.at,
            )
            self._changes[kind] = change.pk
        return self._changes[kind]

    def count(self, **counts: int) -> None:
        self._counts.update(counts)

    def finish(self) -> None:
        if not self.known and self._import:
            aside = {"held": len(self._held_rows)} if self._held_rows else {}
            detail = {"import": self._import.pk, "rows": self._file.rows, **self._counts, **aside}
            audit.record(act=self._act, verb=f"{self._kind}.imported", detail=detail)

    @property
    def result(self) -> ImportResult:
        assert self._import is not None
        rows = waiting_of(self._import) if self.known else self._held_rows
        return ImportResult(
            kind=self._kind,
            rows=self._import.rows,
            import_id=self._import.pk,
            known_file=self.known,
            held=tuple(map(Held.of, rows)),
            left_out=self._file.left_out,
            remarks=tuple(masking.scrubbed(remark) for remark in self._file.remarks),
            **self._counts,
        )

    def _lay_aside(self, source: Import) -> None:
        found = {problem.row: problem for problem in self.held}
        rows = [
            _held_row(self._kind, source, found[number], cells, self._act)
            for number, cells in self._file.cells_of(found)
        ]
        _drop_repeated(self._kind, {row.cells for row in rows}, self._act)
        self._held_rows = HeldRow.objects.bulk_create(rows, batch_size=1_000)


def _may_miss_rows(source: Import) -> bool:
    """Say whether it was withdrawn, or an earlier one of which it may have said the same: then its file may come again."""
    return FactChange.objects.filter(
        kind=FactChangeKind.WITHDRAWN, source__kind=source.kind, source_id__lte=source.pk
    ).exists()


def waiting_of(source: Import) -> QuerySet[HeldRow]:
    """Return the rows of an import that still wait for a person."""
    return HeldRow.objects.filter(source=source, state=HeldState.WAITING).order_by("row")


def packed(cells: dict[str, str]) -> str:
    """Return the cells of a row as they are kept (HeldRow.cells)."""
    return json.dumps(cells, ensure_ascii=False, sort_keys=True)


def analyze_when_large(rows: int, *names: str) -> None:
    """Let the planner know what a large import has just written.

    It still believes the tables to be empty, or to hold nothing of the newest month, and would look at everybody once
    for each of them: ten thousand people take it seconds, a city hours.
    """
    if rows > _LARGE:
        with connection.cursor() as cursor:
            cursor.execute(f"ANALYZE {', '.join(names)}")


def analyze_staged(*names: str) -> None:
    """Let the planner know temporary tables; a tenth of the usual sample tells enough of rows read once or twice."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"SET LOCAL default_statistics_target = 10; ANALYZE {', '.join(f'pg_temp.{name}' for name in names)};"
            " SET LOCAL default_statistics_target TO DEFAULT"
        )


def _held_row(kind: str, source: Import, problem: Problem, cells: dict[str, str], act: Act) -> HeldRow:
    return HeldRow(
        kind=kind,
        source=source,
        row=problem.row,
        cells=packed(cells),
        column=problem.column[:40],
        value=problem.value[:40],
        reason_code=problem.code or HeldReason.UNREADABLE,
        reason=problem.reason[:REASON_LENGTH],
        at=act.at,
    )


def _drop_repeated(kind: str, contents: Sequence[str] | set[str], act: Act) -> None:
    """Drop waiting rows that have come again word for word: monthly files repeat what nobody has decided yet."""
    waiting = HeldRow.objects.filter(kind=kind, state=HeldState.WAITING)
    repeated = [row.pk for row in waiting.only("cells") if row.cells in contents]
    HeldRow.objects.filter(pk__in=repeated).update(
        state=HeldState.DROPPED, decided_by=str(act.actor), decided_at=act.at
    )
