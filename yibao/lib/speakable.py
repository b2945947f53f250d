"""Numbers that people read out on the phone and copy by hand."""

import secrets
from datetime import date

ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"  # no 0/O, no 1/I


def speakable(length: int) -> str:
    """Return so many random characters."""
    return "".join(secrets.choice(ALPHABET) for _ in range(length))


def dated_number(prefix: str, on: date, length: int = 5) -> str:
    """Return a number like FK2026-1121-7F3AK: what it is about, the day, and so many random characters."""
    return f"{prefix}{on:%Y-%m%d}-{speakable(length)}"
