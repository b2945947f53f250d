"""Several statements in one round trip, for what many people do all day.

    bills, pots = pipeline.send(Statement("SELECT …", [key]), Statement("SELECT … FOR UPDATE", [ids]))

The server plans each text once per connection, so texts are constants and what differs is a parameter: a string, a list
of one type, or JSON. They run in order, each seeing what the ones before have locked and written.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import psycopg
from django.db import connection, models
from psycopg.rows import tuple_row
from psycopg.types.numeric import Int8

Row = tuple[Any, ...]
Values = Mapping[str, Any]


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
    driver = connection.connection
    cursors = []
    with connection.wrap_database_errors:
        with driver.pipeline():
            for statement in statements:
                cursor = psycopg.Cursor(driver, row_factory=tuple_row)
                cursor.execute(statement.text, [_typed(value) for value in statement.parameters], prepare=True)
                cursors.append(cursor)
        return [cursor.fetchall() for cursor in cursors]


def _typed(value: Any) -> Any:
    """Return a parameter as the driver sends it: a number always as the same type, lest each size be planned anew."""
    if isinstance(value, int):
        return Int8(value)
    if isinstance(value, list) and value and isinstance(value[0], int):
        return [Int8(one) for one in value]
    return value


def insertion(model: type[models.Model], rows: Sequence[Values]) -> Statement:
    """Return what inserts rows (column → value) and gives their ids; one whose key is taken is left out.

    All rows have the same columns.
    """
    return Statement(_insert(model, tuple(rows[0])), [as_json(rows)])


@cache
def _insert(model: type[models.Model], columns: tuple[str, ...]) -> str:
    table, names = model._meta.db_table, ", ".join(f'"{column}"' for column in columns)
    return (
        f"INSERT INTO {table} ({names}) SELECT {names} FROM jsonb_populate_recordset(NULL::{table}, %s::jsonb)"
        " ON CONFLICT DO NOTHING RETURNING id"
    )


def as_json(value: Any) -> str:
    """Return what a statement reads with jsonb_populate_recordset: days and moments as the database writes them."""
    return json.dumps(value, ensure_ascii=False, default=str)
