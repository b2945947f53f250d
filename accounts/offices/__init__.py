"""Reading a region's counters from a TOML file: offices, whom each serves since when, and which papers to bring.

One file is one region. Everything names the document it comes from, or says why it is assumed.
"""

import tomllib
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from accounts.codes import PersonGroup, Situation
from accounts.errors import AccountsError
from accounts.offices.shape import shape_problems
from yibao.lib.os_errors import in_words

SHIPPED = Path(__file__).resolve().parent

_GROUPS, _SITUATIONS = set(PersonGroup.values), set(Situation.values)


class DirectoryError(AccountsError):
    """A file that cannot be accepted. Lists every problem found, in Chinese, each with its place."""

    def __init__(self, problems: list[str]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(problems))


@dataclass(frozen=True, slots=True)
class Directory:
    """What one file says. Rows are dictionaries of model fields; duties name their office by code."""

    region: str
    offices: list[dict[str, Any]] = field(default_factory=list)
    duties: list[dict[str, Any]] = field(default_factory=list)
    papers: list[dict[str, Any]] = field(default_factory=list)

    @property
    def streets(self) -> list[str]:
        """Every street of the region, in the order of the file."""
        return list(dict.fromkeys(row["street"] for row in self.duties))


def shipped() -> list[Path]:
    """Return the files that come with the project, by region."""
    return sorted(SHIPPED.glob("*.toml"))


def read(path: Path) -> Directory:
    """Read and check one file. Raises DirectoryError."""
    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise DirectoryError([f"{path.name}：读不了这个文件，请检查位置和权限：{in_words(error)}"]) from error
    except UnicodeDecodeError as error:
        raise DirectoryError([f"{path.name}：读不了这个文件，应为 UTF-8 文字文件"]) from error
    except tomllib.TOMLDecodeError as error:
        raise DirectoryError([f"{path.name}：读不了这个文件，不合 TOML 的写法：{error}"]) from error
    problems = [f"{path.name}：{problem}" for problem in shape_problems(raw)]
    if problems:
        raise DirectoryError(problems)
    directory = Directory(raw["region"])
    sources = {key: _document(document) for key, document in raw.get("documents", {}).items()}
    directory.offices.extend(_office(row, raw["region"], sources) for row in raw["offices"])
    directory.duties.extend(_duties(raw, sources))
    directory.papers.extend(_papers(raw, sources))
    if problems := [f"{path.name}：{problem}" for problem in _problems(directory)]:
        raise DirectoryError(problems)
    return directory


def uncovered(duties: Iterable[tuple[str, str, date]]) -> list[str]:
    """Return, in Chinese, who finds no counter: each street and group must be served from the first day on.

    `duties` are (street, group, from_on).
    """
    first: dict[tuple[str, str], date] = {}
    for street, group, from_on in duties:
        first[street, group] = min(from_on, first.get((street, group), from_on))
    opens = min(first.values(), default=None)
    return [
        f"{street}的“{group.label}”从{opens}起没有网点"
        for street in dict.fromkeys(street for street, _ in first)
        for group in PersonGroup
        if first.get((street, group.value)) != opens
    ]


def _problems(directory: Directory) -> Iterator[str]:
    """Yield what is wrong between the rows: an unknown office, two offices on one day, or nobody."""
    codes = {row["code"] for row in directory.offices}
    yield from (
        f"网点 {code} 没有列在 offices 里" for code in sorted({row["office"] for row in directory.duties} - codes)
    )
    duties = [(row["street"], row["group"], row["from_on"]) for row in directory.duties]
    for (street, group, from_on), times in Counter(duties).items():
        if times > 1:
            yield f"{street}的“{group}”从{from_on}起有{times}个网点"
    yield from (f"人员类别 {group} 不认识" for group in sorted({row["group"] for row in directory.duties} - _GROUPS))
    yield from (f"情形 {name} 不认识" for name in sorted({row["situation"] for row in directory.papers} - _SITUATIONS))
    yield from uncovered(duties)


def _office(row: dict[str, Any], region: str, sources: dict[str, str]) -> dict[str, Any]:
    return {
        "region": region,
        **{key: row[key] for key in ("code", "name", "address", "phone")},
        "hours": row.get("hours", ""),
        "access": row.get("access", ""),
        "source": _source(row, sources),
    }


def _duties(raw: dict[str, Any], sources: dict[str, str]) -> Iterator[dict[str, Any]]:
    named = dict.fromkeys(street for row in raw["duties"] if row["streets"] != "all" for street in row["streets"])
    for row in raw["duties"]:
        for street in named if row["streets"] == "all" else row["streets"]:
            for group in row["groups"]:
                yield {
                    "region": raw["region"],
                    "office": row["office"],
                    "street": street,
                    "group": group,
                    "from_on": row["from_on"],
                    "source": _source(row, sources),
                }


def _papers(raw: dict[str, Any], sources: dict[str, str]) -> Iterator[dict[str, Any]]:
    for row in raw.get("papers", []):
        for place, item in enumerate(row["items"], start=1):
            yield {
                "region": raw["region"],
                "situation": row["situation"],
                "place": place,
                "name": item["name"],
                "note": item.get("note", ""),
                "from_on": row["from_on"],
                "source": _source(row, sources),
            }


def _source(row: dict[str, Any], sources: dict[str, str]) -> str:
    return sources[row["source"]] if "source" in row else f"推定：{row['assumed']}"


def _document(document: dict[str, str]) -> str:
    details = "，".join(document[key] for key in ("number", "publisher", "date") if document.get(key))
    return document["title"] + (f"（{details}）" if details else "")
