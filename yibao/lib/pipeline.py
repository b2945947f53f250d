"""Several statements in one round trip, for what many people do all day.

    bills, pots = pipeline.send(Statement("SELECT …", [key]), Statement("SELECT … FOR UPDATE", [ids]))

The server plans each text once per connection, so texts differ in few things (how many rows, in how many regions) and the
rest are parameters: a string, a list of one type, or JSON. Of a list the server would look at the length and plan anew
each time; it does not where the list is read as ARRAY(SELECT unnest(%s)). Statements run in order, each seeing what the
ones before have locked and written.

A cursor of the driver for each statement took half of the processor time of a bill, so this speaks to libpq itself
(psycopg.pq). Parameters go out as text; the server takes their types from the statement.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache, partial
from itertools import count
from operator import attrgetter
from typing import Any
from weakref import WeakKeyDictionary

import psycopg
from django.db import DEFAULT_DB_ALIAS, connections, models
from psycopg.abc import PQGen
from psycopg.adapt import Transformer
from psycopg.errors import error_from_result
from psycopg.pq import ConnStatus, ExecStatus, TransactionStatus
from psycopg.pq.abc import PGconn, PGresult
from psycopg.waiting import Ready, Wait

Row = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Statement:
    """A text with %s for each parameter."""

    text: str
    parameters: Sequence[Any] = ()


def send(*statements: Statement, commit: bool = False) -> list[list[Row]]:
    """Send statements in one round trip, within the caller's transaction, and return the rows of each.

    With `commit` they are the last of it: where nobody else's transaction is around it, COMMIT goes along, and leaving
    the block has nothing left to send. Raises Django's database errors; what stands after the statement that failed,
    the COMMIT too, has then not run.
    """
    connection = connections[DEFAULT_DB_ALIAS]
    connection.ensure_connection()
    connection.validate_no_broken_transaction()
    with connection.wrap_database_errors:
        trip = _Trip(connection.connection)
        execute: Callable[..., None] = trip.add
        for wrapper in reversed(connection.execute_wrappers):  # whoever listens to Django's cursors
            execute = partial(wrapper, execute)
        for statement in statements:
            execute(statement.text, statement.parameters, False, {"connection": connection})
        return trip.run(commit=commit and connection.in_atomic_block and not connection.savepoint_ids)


# By which name the server knows a text, as long as a session lasts. Nothing in it may hold the session itself.
_prepared: WeakKeyDictionary[psycopg.Connection[Any], dict[str, bytes]] = WeakKeyDictionary()
_numbers = count()


class _Trip:
    """Statements collected for one round trip."""

    def __init__(self, session: psycopg.Connection[Any]) -> None:
        self._session = session
        self._statements: list[tuple[str, list[bytes | None]]] = []

    def add(self, text: str, parameters: Sequence[Any], *_: object) -> None:
        self._statements.append((text, [_as_text(one) for one in parameters]))

    def run(self, *, commit: bool) -> list[list[Row]]:
        """Send what was added and return the rows of each. Raises the driver's error of the first that failed."""
        libpq = self._session.pgconn
        libpq.enter_pipeline_mode()
        try:
            asked = self._queue(libpq)
            if commit:
                libpq.send_query_params(b"COMMIT", None)
                asked.append(_settles_nothing)
            libpq.pipeline_sync()
            results = self._session.wait(_results(libpq))
        except BaseException:
            self._session.close()  # or whoever comes next would read the rest of these answers
            raise
        libpq.exit_pipeline_mode()
        rows, reading = [], Transformer(self._session)
        for settled, result in zip(asked, results, strict=True):
            if result.status == ExecStatus.FATAL_ERROR:
                raise error_from_result(result)
            if settled is None:
                reading.set_pgresult(result)
                rows.append(reading.load_rows(0, result.ntuples, tuple))
            else:
                settled()
        return rows

    def _queue(self, libpq: PGconn) -> list[Callable[[], None] | None]:
        """Hand everything to libpq; return what each answer settles, None where it has the rows of a statement."""
        asked: list[Callable[[], None] | None] = []
        if not self._session.autocommit and libpq.transaction_status == TransactionStatus.IDLE:
            libpq.send_query_params(b"BEGIN", None)
            asked.append(_settles_nothing)
        names = _prepared.setdefault(self._session, {})
        for text, parameters in self._statements:
            name = names.get(text)
            if name is None:
                name = f"yibao_{next(_numbers)}".encode()
                libpq.send_prepare(name, _numbered(text))
                asked.append(partial(names.__setitem__, text, name))
            libpq.send_query_prepared(name, parameters)
            asked.append(None)
        return asked


def _settles_nothing() -> None:
    """BEGIN and COMMIT are answered without rows."""


def _results(libpq: PGconn) -> PQGen[list[PGresult]]:
    """Wait as Connection.wait does until everything sent is answered; return the answers in order."""
    while libpq.flush():
        if (yield Wait.RW) & Ready.R:
            libpq.consume_input()
    found: list[PGresult] = []
    while True:
        while libpq.is_busy():
            yield Wait.R
            libpq.consume_input()
        result = libpq.get_result()
        if result is None:  # the end of one answer, or of all where the server has gone
            if libpq.status == ConnStatus.BAD:
                raise psycopg.OperationalError("the connection is lost")
        elif result.status == ExecStatus.PIPELINE_SYNC:
            return found
        else:
            found.append(result)


@cache
def _numbered(text: str) -> bytes:
    """Return a statement with $1, $2 … for each %s."""
    first, *others = text.split("%s")
    return "".join([first, *(f"${number}{part}" for number, part in enumerate(others, start=1))]).encode()


def _as_text(value: Any) -> bytes | None:
    """Return a parameter as PostgreSQL reads it: a number, a day, a string, or a list of these."""
    if value is None:
        return None
    if isinstance(value, list):
        value = f"{{{','.join(map(_element, value))}}}"
    text = str(value).encode()
    if b"\0" in text:
        raise psycopg.DataError("a text of the database cannot hold a NUL")
    return text


def _element(value: Any) -> str:
    """Return a number, a string or None as an element of an array."""
    if value is None:
        return "NULL"
    if isinstance(value, int):
        return str(value)
    escaped = value.replace("\\", r"\\").replace('"', r"\"")
    return f'"{escaped}"'


class Insertion:
    """New rows of one model, to be inserted by a statement of their own or along with others.

    `columns` are SQL: what only the database knows yet, as the id of a row that is written just before. A %s in it is
    the value that the row itself has.
    """

    def __init__(self, *rows: models.Model, **columns: str) -> None:
        self._rows = rows
        model, is_numbered = type(rows[0]), rows[0].pk is None
        text, fields = _insertion(model, is_numbered, len(rows), tuple(columns.items()))
        self.statement = Statement(text, [of_row(row) for row in rows for of_row in fields])

    def take(self, ids: Sequence[Row]) -> None:
        """Give the rows their ids, as if they had been saved."""
        for row, (number,) in zip(self._rows, ids, strict=True):
            row.pk, row._state.adding, row._state.db = number, False, DEFAULT_DB_ALIAS


def insert(*insertions: Insertion) -> None:
    """Insert rows of several models in one round trip. Raises IntegrityError where the key of one is taken."""
    found = send(*(one.statement for one in insertions))
    for one, ids in zip(insertions, found, strict=True):
        one.take(ids)


Reading = Callable[[models.Model], Any]


@cache
def _insertion(
    model: type[models.Model], is_numbered: bool, rows: int, columns: tuple[tuple[str, str], ...]
) -> tuple[str, list[Reading]]:
    """Return the statement for so many rows, and what reads its parameters of each; the database may number the rows."""
    fields = [field for field in model._meta.concrete_fields if not (is_numbered and field.primary_key)]
    names, values = ", ".join(f'"{field.attname}"' for field in fields), dict(columns)
    row = ", ".join(values.get(field.attname, "%s") for field in fields)
    rows_text = ", ".join([f"({row})"] * rows)
    text = f'INSERT INTO {model._meta.db_table} ({names}) VALUES {rows_text} RETURNING "{model._meta.pk.attname}"'
    return text, [_reading(field) for field in fields if "%s" in values.get(field.attname, "%s")]


def _reading(field: "models.Field[Any, Any]") -> Reading:
    kind, of_row = field.get_internal_type(), attrgetter(field.attname)
    if kind == "JSONField":
        return lambda row: None if (value := of_row(row)) is None else as_json(value)
    if kind == "BinaryField":
        return lambda row: _hex(field.get_db_prep_save(of_row(row), connections[DEFAULT_DB_ALIAS]))
    return of_row


def _hex(data: bytes | None) -> str | None:
    return None if data is None else f"\\x{bytes(data).hex()}"


# Return JSON as a statement takes it: days and moments as the database writes them.
as_json = json.JSONEncoder(ensure_ascii=False, default=str).encode
