"""Several statements in one round trip, for what many people do all day.

    bills, pots = pipeline.send(Statement("SELECT …", [key]), Statement("SELECT … FOR UPDATE", [ids]))

The server plans each text once per connection, so texts are constants and what differs is a parameter: a string, a list
of one type, or JSON. Of a list the server would look at the length and plan anew each time; it does not where the list
is read as ARRAY(SELECT unnest(%s)). Statements run in order, each seeing what the ones before have locked and written.

A cursor of the driver for each statement took half of the processor time of a bill, so this speaks to libpq itself
(psycopg.pq). Parameters go out as text; the server takes their types from the statement.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache, partial
from itertools import count
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


def send(*statements: Statement) -> list[list[Row]]:
    """Send statements in one round trip, within the caller's transaction, and return the rows of each.

    Raises Django's database errors; what stands after the statement that failed has then not run.
    """
    connection = connections[DEFAULT_DB_ALIAS]
    connection.ensure_connection()
    connection.validate_no_broken_transaction()
    with connection.wrap_database_errors:
        trip = _Trip(connection.connection)
        for statement in statements:
            execute: Callable[..., None] = trip.add
            for wrapper in reversed(connection.execute_wrappers):  # whoever listens to Django's cursors
                execute = partial(wrapper, execute)
            execute(statement.text, statement.parameters, False, {"connection": connection})
        return trip.run()


# By which name the server knows a text, as long as a session lasts.
_prepared: WeakKeyDictionary[psycopg.Connection[Any], dict[str, bytes]] = WeakKeyDictionary()
_numbers = count()


class _Trip:
    """Statements collected for one round trip."""

    def __init__(self, session: psycopg.Connection[Any]) -> None:
        self._session = session
        self._statements: list[tuple[str, list[bytes | None]]] = []

    def add(self, text: str, parameters: Sequence[Any], *_: object) -> None:
        self._statements.append((text, [_as_text(one) for one in parameters]))

    def run(self) -> list[list[Row]]:
        """Send what was added and return the rows of each. Raises the driver's error of the first that failed."""
        libpq = self._session.pgconn
        libpq.enter_pipeline_mode()
        try:
            asked = self._queue(libpq)
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
            asked.append(lambda: None)
        known = _prepared.setdefault(self._session, {})
        for text, parameters in self._statements:
            name = known.get(text)
            if name is None:
                name = f"yibao_{next(_numbers)}".encode()
                libpq.send_prepare(name, _numbered(text))
                asked.append(partial(known.__setitem__, text, name))
            libpq.send_query_prepared(name, parameters)
            asked.append(None)
        return asked


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
        return f"{{{','.join(map(_element, value))}}}".encode()
    text = str(value)
    if "\0" in text:
        raise psycopg.DataError("a text of the database cannot hold a NUL")
    return text.encode()


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

    `columns` are SQL: what only the database knows yet, as the id of a row that is written just before.
    """

    def __init__(self, *rows: models.Model, **columns: str) -> None:
        self._rows = rows
        names = [field.attname for field in rows[0]._meta.concrete_fields if not field.primary_key]
        values = [{name: getattr(row, name) for name in names} for row in rows]
        text = _insertion(type(rows[0]), tuple((name, columns.get(name, f'"{name}"')) for name in names))
        self.statement = Statement(text, [as_json(values)])

    def take(self, ids: Sequence[Row]) -> bool:
        """Give the rows their ids, as if they had been saved; False where the key of one is taken, and it is left out."""
        if len(ids) != len(self._rows):
            return False
        for row, (number,) in zip(self._rows, ids, strict=True):
            row.pk, row._state.adding, row._state.db = number, False, DEFAULT_DB_ALIAS
        return True


def insert(*rows: models.Model) -> bool:
    """Insert new rows of one model in the caller's transaction; False where the key of one is taken (Insertion)."""
    return insert_all(Insertion(*rows))


def insert_all(*insertions: Insertion) -> bool:
    """Insert rows of several models in one round trip; False where the key of one is taken."""
    found = send(*(one.statement for one in insertions))
    return all([one.take(ids) for one, ids in zip(insertions, found, strict=True)])


@cache
def _insertion(model: type[models.Model], columns: tuple[tuple[str, str], ...]) -> str:
    table, names = model._meta.db_table, ", ".join(f'"{name}"' for name, _ in columns)
    return (
        f"INSERT INTO {table} ({names}) SELECT {', '.join(value for _, value in columns)}"
        f" FROM jsonb_populate_recordset(NULL::{table}, %s::jsonb) ON CONFLICT DO NOTHING RETURNING id"
    )


def as_json(value: Any) -> str:
    """Return what a statement reads with jsonb_populate_recordset: days and moments as the database writes them."""
    return json.dumps(value, ensure_ascii=False, default=str)
