"""What could be taken for a link. Ours never send one, so that people can tell frauds; names with dots are no reason to fail."""

import re
import unicodedata

LINK = re.compile(r"://|www[.。．｡]|[a-z0-9-]+[.。．｡][a-z]{2,}", re.I | re.ASCII)
_DOTS = re.compile(r"(?<=[a-z0-9-])[.。．｡](?=[a-z])", re.I | re.ASCII)


def has_link(text: str) -> bool:
    """Say whether the text holds what a phone or a person could take for a link."""
    return bool(LINK.search(_seen(unicodedata.normalize("NFKC", text))))


def without_links(text: str) -> str:
    """Return the text with nothing invisible in it and with dots that no phone makes a link of: J.Me becomes J·Me."""
    seen = _seen(text).replace("://", "：")
    return _DOTS.sub("·", re.sub(r"www[.。．｡]", "www·", seen, flags=re.I))


def _seen(text: str) -> str:
    """Return what is to be seen of the text: no controls, no marks that turn the direction of writing."""
    return "".join(char for char in text if unicodedata.category(char) not in ("Cc", "Cf", "Cs") or char == "\n")
