"""The results: a table for people, var/bench.json for programs."""

import json
import statistics
from dataclasses import asdict, dataclass, field
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured figure: the median of its samples."""

    name: str
    value: float
    unit: str
    goal: str = ""
    samples: list[float] = field(default_factory=list)


def median(name: str, samples: list[float], unit: str, goal: str = "") -> Figure:
    rounded = [round(sample, 3) for sample in samples]
    return Figure(name, round(statistics.median(samples), 3), unit, goal, rounded)


def report(figures: list[Figure], path: Path) -> None:
    """Print the figures, and write them beside what other groups wrote before."""
    width = max(len(figure.name) for figure in figures)
    for figure in figures:
        print(f"{figure.name:<{width}}  {figure.value:>10g} {figure.unit:<10} {figure.goal:<8} {figure.samples}")
    kept = json.loads(path.read_text()) if path.exists() else []
    names = {figure.name for figure in figures}
    kept = [row for row in kept if row["name"] not in names] + [asdict(figure) for figure in figures]
    path.write_text(json.dumps(kept, indent=1, ensure_ascii=False))
