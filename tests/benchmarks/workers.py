"""Working a run off with one or more processes, as Celery's workers do, timed from a common start."""

import json
import os
import subprocess
import sys
import time
from dataclasses import dataclass

from accounts.models import Run


@dataclass(frozen=True, slots=True)
class Worked:
    seconds: float
    peak_mb: float


def work_off(run: Run, processes: int) -> Worked:
    """Let that many processes work the run's chunks off; start-up is not counted. Peak is the largest process's."""
    command = [sys.executable, "-m", "tests.benchmarks.worker", str(run.pk)]
    children = [
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=os.environ)
        for _ in range(processes)
    ]
    for child in children:
        assert child.stdout
        assert child.stdout.readline() == "ready\n"
    started = time.perf_counter()
    for child in children:
        child.stdin.write("go\n")
        child.stdin.flush()
    peaks = [json.loads(child.stdout.readline())["peak_mb"] for child in children]
    seconds = time.perf_counter() - started
    for child in children:
        child.wait()
    run.refresh_from_db()
    assert run.state == "done", run.state
    return Worked(seconds, max(peaks))
