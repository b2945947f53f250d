"""Counting what is sent to the database."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection


@contextmanager
def sent() -> Iterator[list[str]]:
    """Yield a list that takes the text of every statement sent meanwhile; BEGIN and COMMIT are none."""
    texts: list[str] = []

    def listen(execute: Any, text: str, *rest: Any) -> Any:
        texts.append(text)
        return execute(text, *rest)

    with connection.execute_wrapper(listen):
        yield texts
