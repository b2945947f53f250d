"""Files between us and the tax office: a table, and under it a line with the number of rows, their sum and a digest.

    …
    #TOTAL,2,800.00,<SM3 of every byte above this line>

A file that was cut, joined with another or changed on its way is told by that line, and refused whole.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from cryptography.hazmat.primitives import hashes

from accounts.roster.files import File, Progress
from accounts.roster.problems import ImportRefusedError, Problem
from yibao.lib import tables
from yibao.lib.csv_files import csv_bytes
from yibao.lib.fen import grouped, parse_yuan, yuan

TOTAL = "#TOTAL"
_TOTAL_LINE = re.compile(rb"#TOTAL,(\d{1,9}),(\d{1,10}\.\d\d),([0-9a-fA-F]{64})", re.ASCII)


class Total(NamedTuple):
    """What the last line of a file says of it. Fen."""

    rows: int
    sum_fen: int


class Sealed(NamedTuple):
    """A file that is ready to go out, and the digest in its last line."""

    content: str
    digest: str


def sealed(columns: Sequence[str], rows: Iterable[Sequence[str]], sum_fen: int) -> Sealed:
    """Return the table as a file with its last line."""
    listed = list(rows)
    body = csv_bytes(columns, listed, bom=False)
    digest = sm3(body)
    return Sealed(f"{body.decode()}{TOTAL},{len(listed)},{yuan(sum_fen)},{digest}\r\n", digest)


def sm3(content: bytes) -> str:
    """Return the SM3 of some bytes in hexadecimal."""
    digest = hashes.Hash(hashes.SM3())
    digest.update(content)
    return digest.finalize().hex()


class TaxFile(File):
    """A file of the tax office. `total` is what its last line says. Raises ImportRefusedError where that does not hold."""

    def __init__(self, path: Path, columns: Sequence[str], progress: Progress | None = None) -> None:
        super().__init__(path, columns, progress)
        self.total = self._total()

    def opened(self, on_progress: Callable[[float], None] | None) -> tables.Table:
        table = super().opened(on_progress)
        return replace(table, rows=(row for row in table.rows if row[1][0] != TOTAL))

    def check_total(self) -> None:
        """Note rows and amounts that are not those of the last line, once all rows have been read and added."""
        if self.rows != self.total.rows:
            self.problems.damage(f"合计行写着{self.total.rows}行，实有{self.rows}行，文件可能不完整")
        elif self.sum_fen is None:
            self.problems.damage("有的行读不出金额，和合计行核对不了，请向税务要一份改好的")
        elif self.sum_fen != self.total.sum_fen:
            self.problems.damage(f"合计行写着{grouped(self.total.sum_fen)}元，各行合计{grouped(self.sum_fen)}元")

    def _total(self) -> Total:
        content = self.path.read_bytes()
        if content.startswith(tables.WORKBOOK_STARTS):
            raise _refused("这是工作簿；税务的文件要原样的 CSV，用表格软件另存过的核对不了，请向税务要原来的文件")
        body, _, last = content.rstrip(b"\r\n").rpartition(b"\n")
        match = _TOTAL_LINE.fullmatch(last)
        if match is None:
            is_one = last.startswith(TOTAL.encode())
            why = "合计行断了或写法不对" if is_one else "最后一行不是合计行"
            raise _refused(f"{why}（应为 {TOTAL},行数,金额,摘要），文件可能不完整，请向税务要一份完整的")
        if sm3(body + b"\n") != match[3].decode().lower():
            raise _refused("内容与合计行的摘要不符，文件可能在传送中改动过，或用表格软件另存过，请向税务要一份完整的")
        return Total(int(match[1]), parse_yuan(match[2].decode()))


def _refused(reason: str) -> ImportRefusedError:
    return ImportRefusedError([Problem(0, "", "", reason)])
