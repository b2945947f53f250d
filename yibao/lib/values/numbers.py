"""Whole numbers in digits: ids and counts that forms, addresses and files bring."""

_LONGEST = 18  # digits: whatever has more fits no column, and int() itself refuses thousands of them


def whole_number(text: str) -> int | None:
    """Return the number written in ASCII digits; None for anything else, and for one that no row can have."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= _LONGEST else None
