"""Numbers of orders and claims: people read them out, and nobody should meet another's by trying."""

from datetime import date

from yibao.lib.speakable import dated_number

LENGTH = 10  # random characters: the number stands in addresses


def order_number(prefix: str, on: date) -> str:
    """Return a number like DJ2026-1126-7F3AK9QX2M; a draw that was drawn before is refused by the database."""
    return dated_number(prefix, on, LENGTH)
