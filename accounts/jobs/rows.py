"""Rows of a statement as named tuples, by the names of its columns: their order is stated nowhere else."""

from collections.abc import Mapping
from operator import itemgetter
from typing import Any, TypeVar

from django.db import connection

R = TypeVar("R", bound=tuple[Any, ...])


def fetch(kind: type[R], sql: str, parameters: Mapping[str, Any]) -> list[R]:
    """Run a statement whose columns are named like the fields of a named tuple. Raises ValueError where one is missing.

    Picking a column by its place costs next to nothing beside fetching it, which a run does a million times.
    """
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        names = [column.name for column in cursor.description]
        fields: tuple[str, ...] = kind._fields  # type: ignore[attr-defined]
        pick = itemgetter(*map(names.index, fields))
        return list(map(kind._make, map(pick, cursor.fetchall())))  # type: ignore[attr-defined]
