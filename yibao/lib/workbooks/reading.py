"""Reading a workbook in a process of its own, so that its memory has a bound and the caller's stays the same.

The libraries hold a whole sheet, and how much that takes shows only while reading: one stray cell in the last row of a
sheet can ask for gigabytes.
"""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

_ROOT = Path(__file__).parents[3]


class WorkbookError(ValueError):
    """The file is not a workbook that can be read; the message says why in Chinese."""


def read_rows(
    path: Path, remarks: list[str], on_progress: Callable[[float], None] | None = None
) -> Iterator[tuple[int, list[str]]]:
    """Yield (row number, cells as text) of the only visible sheet that holds anything; empty rows are left out.

    What was guessed is added to `remarks` before the first row. Raises WorkbookError, possibly after some rows.
    on_progress is told the share read, from 0 to 1.
    """
    command = [sys.executable, "-m", "yibao.lib.workbooks.process", str(path.absolute())]
    with subprocess.Popen(command, cwd=_ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
        try:
            for kind, content in _messages(process):
                if kind == "refused":
                    raise WorkbookError(content)
                if kind == "remark":
                    remarks.append(content)
                elif kind == "rows":
                    yield from ((number, cells) for number, cells in content)
                elif on_progress:
                    on_progress(content)
        finally:
            process.kill()


def _messages(process: subprocess.Popen[bytes]) -> Iterator[tuple[str, Any]]:
    assert process.stdout
    for line in process.stdout:
        if line.endswith(b"\n"):
            kind, content = json.loads(line)
            if kind == "done":
                return
            yield kind, content
    if process.wait() < 0:  # memory that is refused to a library ends the process by a signal
        raise WorkbookError("工作簿展开后太大，请另存为 CSV 再导入")
    raise RuntimeError(f"the process that reads workbooks ended with {process.returncode}")
