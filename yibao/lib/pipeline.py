"""Several statements in one round trip, for what many people do all day.

    bills, pots = pipeline.send(Statement("SELECT …", [key]), Statement("SELECT … FOR UPDATE", [ids]))

The server plans each text once per connection, so texts are constants and what differs is a parameter: a string, a list
of one type, or JSON. Of a list the server would look at the length and plan anew each time; it does not where the list
is read as ARRAY(SELECT unnest(%s)). Statements run in order, each seeing what the ones before have locked and written.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache, partial
from typing import Any

import psycopg
from django.db import connection, models
from psycopg.rows import tuple_row
from psycopg.types.numeric import Int8

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
    connection.ensure_connection()
    connection.validate_no_broken_transaction()
    with connection.wrap_database_errors:
        with connection.connection.pipeline():
            cursors = [_execute(statement) for statement in statements]
        return [cursor.fetchall() for cursor in cursors]


def _execute(statement: Statement) -> psycopg.Cursor[Row]:
    """Send one statement past whoever listens to Django's (connection.execute_wrapper)."""
    cursor = psycopg.Cursor(connection.connection, row_factory=tuple_row)
    execute: Callable[..., Any] = lambda text, values, *_: cursor.execute(text, values, prepare=True)  # noqa: E731
    for wrapper in reversed(connection.execute_wrappers):
        execute = partial(wrapper, execute)
    execute(statement.text, [_typed(value) for value in statement.parameters], False, {"connection": connection})
    return cursor


def _typed(value: Any) -> Any:
    """Return a parameter as the driver sends it: a number always as the same type, lest each size be planned anew."""
    if isinstance(value, int):
        return Int8(value)
    if isinstance(value, list) and value and isinstance(value[0], int):
        return [Int8(one) for one in value]
    return value


def insert(*rows: models.Model) -> bool:
    """Insert new rows of one model in the caller's transaction; False where the key of one is taken.

    That one is left out. Otherwise the rows have their ids afterwards, as if they had been saved.
    """
    columns = [field.attname for field in rows[0]._meta.concrete_fields if not field.primary_key]
    values = [{column: getattr(row, column) for column in columns} for row in rows]
    (ids,) = send(Statement(_insertion(type(rows[0]), tuple(columns)), [as_json(values)]))
    if len(ids) == len(rows):
        for row, (number,) in zip(rows, ids, strict=True):
            row.pk, row._state.adding, row._state.db = number, False, connection.alias
    return len(ids) == len(rows)


@cache
def _insertion(model: type[models.Model], columns: tuple[str, ...]) -> str:
    table, names = model._meta.db_table, ", ".join(f'"{column}"' for column in columns)
    return (
        f"INSERT INTO {table} ({names}) SELECT {names} FROM jsonb_populate_recordset(NULL::{table}, %s::jsonb)"
        " ON CONFLICT DO NOTHING RETURNING id"
    )


def as_json(value: Any) -> str:
    """Return what a statement reads with jsonb_populate_recordset: days and moments as the database writes them."""
    return json.dumps(value, ensure_ascii=False, default=str)
