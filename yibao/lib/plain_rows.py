"""Rows that are read by the thousand, or while somebody waits for a lock."""

from collections.abc import Collection
from typing import Any, Self

from django.db import models
from django.db.models.base import ModelState


class PlainRow(models.Model):
    """A model whose columns are plain values, so that a row is read as a whole and not set field by field.

    What Django does for each field besides, when it makes an instance of a row, is for descriptors of columns and for
    listeners to its signals: there are none (tests/lib/test_plain_rows.py).
    """

    class Meta:
        abstract = True

    @classmethod
    def from_db(  # type: ignore[override]  # the stubs are those of a later Django
        cls, db: str | None, field_names: Collection[str], values: Collection[Any]
    ) -> Self:
        """Return an instance as Django does; what is not among the names is read when it is asked for."""
        row = cls.__new__(cls)
        row.__dict__.update(zip(field_names, values, strict=True), _state=ModelState())
        row._state.adding, row._state.db = False, db
        return row
