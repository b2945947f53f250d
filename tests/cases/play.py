"""Playing a case: the files of its folder go in and its commands run, in order, as staff would have typed them."""

import io
import json
import shlex
import tempfile
from pathlib import Path
from typing import Any

from django.core.management import CommandError, call_command

MONEY = Path(__file__).with_name("money")


class Played:
    """What the commands of a case answered."""

    def __init__(self) -> None:
        self.statements: list[dict[str, Any]] = []
        self.refused: list[str] = []
        self.printed: list[str] = []

    def statement(self, certno: str, region: str | None = None) -> dict[str, Any]:
        """Return the last statement of somebody; personal numbers are masked, so they are told by their last four."""
        found = [
            document
            for document in self.statements
            if document["certno"].endswith(certno[-4:]) and region in (None, document["region"])
        ]
        return found[-1]

    def total(self, certno: str, region: str | None = None) -> str:
        """Return what somebody has in all pots of a region, yuan; what they owe is taken off."""
        pots = self.statement(certno, region)["pots"]
        fen = sum(int(yuan.replace(".", "")) for yuan in pots.values() if yuan is not None)
        return f"{fen // 100}.{fen % 100:02d}" if fen >= 0 else f"-{-fen // 100}.{-fen % 100:02d}"


def play(folder: str, *, until: str = "", extra: tuple[str, ...] = ()) -> Played:
    """Run a case's commands up to, not including, the one that begins with `until`; then `extra`."""
    played = Played()
    for line in [*(MONEY / folder / "commands.txt").read_text().splitlines(), *extra]:
        if until and line.startswith(until):
            break
        run(played, folder, line)
    return played


def _believable(path: Path) -> str:
    """Return the file, a roster with the gender that each number says: these cases are about money, and say 1 throughout."""
    header, *rows = path.read_text(encoding="utf-8-sig").splitlines()
    if not header.startswith("certno,psn_name,gend"):
        return str(path)
    fields = [row.split(",") for row in rows if row]
    told = [",".join([number, name, str(2 - int(number[16]) % 2), *rest]) for number, name, _, *rest in fields]
    copy = Path(tempfile.mkdtemp()) / path.name
    copy.write_text("\n".join([header, *told]) + "\n", encoding="utf-8")
    return str(copy)


def run(played: Played, folder: str, line: str) -> None:
    """Run one command. A refusal is written down; the case goes on."""
    name, *arguments = shlex.split(line)
    here = [_believable(MONEY / folder / word) if (MONEY / folder / word).is_file() else word for word in arguments]
    out = io.StringIO()
    try:
        call_command(name, *here, stdout=out, stderr=io.StringIO())
    except CommandError as refusal:
        played.refused.append(f"{line}: {refusal}")
    if name == "statement" and out.getvalue():
        played.statements.append(json.loads(out.getvalue()))
    else:
        played.printed.append(out.getvalue())
