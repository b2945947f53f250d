"""Files handed in by the browser: brought in, tried out, or kept sealed for a while until somebody has decided."""

import base64
import json
import secrets
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from django.core.cache import cache
from django.db import transaction

from accounts.codes import ImportKind
from accounts.identity.actors import Act
from accounts.roster.contributions import import_contributions
from accounts.roster.drafts import ImportResult, exclude_imports
from accounts.roster.people import import_roster
from accounts.sealing.fields import seal, unseal

MOST_BYTES = 10_000_000  # some hundred thousand rows: what a request has time for
KEPT_MINUTES = 30
KINDS = (ImportKind.ROSTER, ImportKind.CONTRIBUTIONS)
_OPERATIONS: dict[str, Callable[..., ImportResult]] = {
    ImportKind.ROSTER: import_roster,
    ImportKind.CONTRIBUTIONS: import_contributions,
}
_CONTEXT = "upload:content"


class Upload(NamedTuple):
    """A file handed in: what it is said to be, how many rows it should have, and its bytes."""

    kind: str
    expect_rows: int | None
    name: str
    content: bytes


def bring_in(*, act: Act, upload: Upload, hold: bool = False) -> ImportResult:
    """Import an upload. Raises as import_roster and import_contributions do, and ImportRunningError."""
    with transaction.atomic(), _on_disk(upload) as path:
        exclude_imports(upload.kind)
        return _OPERATIONS[upload.kind](act=act, path=path, hold=hold, expect_rows=upload.expect_rows)


def try_out(*, act: Act, upload: Upload) -> ImportResult:
    """Return what importing the good rows and laying the others aside would do. Nothing is written."""
    with transaction.atomic():
        try:
            return bring_in(act=act, upload=upload, hold=True)
        finally:
            transaction.set_rollback(True)


def keep(upload: Upload, user: int) -> str:
    """Keep an upload of this user, sealed, for KEPT_MINUTES; return the word by which it is found again."""
    word = secrets.token_urlsafe(16)
    said = json.dumps([*upload[:-1], base64.b64encode(upload.content).decode()])
    cache.set(_key(word, user), seal(said, _CONTEXT).hex(), KEPT_MINUTES * 60)
    return word


def kept(word: str, user: int) -> Upload | None:
    """Return what this user has handed in; None when it is no longer there."""
    sealed = cache.get(_key(word, user))
    if sealed is None:
        return None
    kind, expect_rows, name, content = json.loads(unseal(bytes.fromhex(sealed), _CONTEXT))
    return Upload(kind, expect_rows, name, base64.b64decode(content))


def drop(word: str, user: int) -> None:
    """Keep it no longer."""
    cache.delete(_key(word, user))


def _key(word: str, user: int) -> str:
    return f"upload:{user}:{word}"


@contextmanager
def _on_disk(upload: Upload) -> Iterator[Path]:
    """Lend the content as a file that only this user of the machine may read; it goes with the block."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "upload"
        path.write_bytes(upload.content)
        yield path
