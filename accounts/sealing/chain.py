"""The keyed digest chain (HMAC-SM3) over rows that must not change: a tag for each row, a digest for each seal.

A seal packs, for every row it covers, how far its id lies after the seal's first one (4 bytes) and the row's tag
(12 bytes), so that verifying names the row and not only the seal. Its digest covers the digest of the seal before.
"""

import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache

from cryptography.hazmat.primitives import hashes, hmac

from accounts.sealing import keyring

TAG_BYTES = 12
START = ""  # the digest before the first seal
_ENTRY = struct.Struct(f">I{TAG_BYTES}s")


@dataclass(frozen=True, slots=True)
class Link:
    """What the digest of one seal covers. The rows of `table` with after_id < id <= last_id, as `form` writes them."""

    number: int
    previous: str
    table: str
    form: int
    after_id: int
    last_id: int
    tags: bytes


def tag(key_id: bytes, table: str, text: str) -> bytes:
    """Return the tag of a row written as text, its id included. Raises keyring.KeyringError when the key is gone."""
    mac = _of_rows(keyring.load().chain_key(key_id), table).copy()
    mac.update(text.encode())
    return mac.finalize()[:TAG_BYTES]


def digest(key_id: bytes, link: Link) -> str:
    """Return the digest of a seal in hexadecimal. Raises keyring.KeyringError when the key is gone."""
    mac = hmac.HMAC(keyring.load().chain_key(key_id), hashes.SM3())
    head = (link.number, link.previous, link.table, link.form, link.after_id, link.last_id)
    mac.update("\0".join(["seal", *map(str, head), ""]).encode())
    mac.update(link.tags)
    return mac.finalize().hex()


def pack(first_id: int, rows: Iterable[tuple[int, bytes]]) -> bytes:
    """Write (id, tag) of rows in the order of their ids."""
    return b"".join(_ENTRY.pack(row_id - first_id, row_tag) for row_id, row_tag in rows)


def unpack(first_id: int, tags: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield (id, tag) as they were packed."""
    for offset, row_tag in _ENTRY.iter_unpack(tags):
        yield first_id + offset, row_tag


@lru_cache(maxsize=64)
def _of_rows(key: bytes, table: str) -> hmac.HMAC:
    mac = hmac.HMAC(key, hashes.SM3())
    mac.update(f"row\0{table}\0".encode())
    return mac
