"""封条头: number and digest of the newest seal, kept outside the database, so that a chain cut at its end is noticed.

One line a day in $YIBAO_VAR/seals/, a file for each database: `number digest when`. Lines are only ever added.
"""

import os
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from django.conf import settings

from accounts.errors import AccountsError


class HeadsError(AccountsError):
    """The file cannot be read as lines of number, digest and time."""


@dataclass(frozen=True, slots=True)
class Head:
    number: int
    digest: str

    def __str__(self) -> str:
        return f"{self.number} {self.digest}"


def path(database: str) -> Path:
    """Return where the heads of a database are kept, which is named by what no copy of it shares."""
    return Path(settings.VAR) / "seals" / f"{database}.txt"


def read(text: str) -> Head:
    """Return the head that a line names. Raises HeadsError."""
    number, digest, *_ = [*text.split(), "", ""]
    if not number.isdecimal() or len(digest) != 64:
        raise HeadsError(f"“{text[:100]}”不是封条头，应为序号、空格、摘要")
    return Head(int(number), digest)


def kept(database: str) -> list[Head]:
    """Return every head that was kept, oldest first; none before the first seal. Raises HeadsError."""
    try:
        lines = path(database).read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return []
    return [read(line) for line in lines if line.strip()]


def keep(database: str, head: Head, at: datetime) -> None:
    """Add a head to the file, and see to it that it lies on the disk."""
    path(database).parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor = os.open(path(database), os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(f"{head} {at.isoformat(timespec='seconds')}\n")
        file.flush()
        os.fsync(file.fileno())
