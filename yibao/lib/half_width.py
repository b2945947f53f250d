"""Numbers and codes as people and files write them."""

import unicodedata


def half_width(text: str) -> str:
    """Return a number or code in half width and without spaces (NFKC): so it is compared and kept."""
    return "".join(unicodedata.normalize("NFKC", text).split())
