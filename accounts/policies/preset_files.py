"""Reading regions' rules from TOML files: every value stands beside the document it comes from, or is marked assumed.

One file is one region. Pure: parses and validates, knows neither Django nor the database.
"""

import json
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from accounts.codes import DocumentKind
from accounts.policies.documents import Document, read_documents
from accounts.policies.terms import KINDS, CreditTerms, PolicyError, Problem, Terms, keys_of, parse_terms

SHIPPED = Path(__file__).resolve().with_name("presets")

MOST_CHARACTERS = 100_000  # the longest shipped file has an eighth of that
LONGEST_LINE = 2_000  # a key of many parts takes time in the square of them
_ENTRY_KEYS = {"value", "source", "kind", "assumed", "note"}


@dataclass(frozen=True, slots=True)
class Version:
    """One dated version of one kind of rules of one region, as written in a file.

    `values` are the raw values by key; `sources` say for each key where it comes from: {"source": text}, with the
    "kind" of the document where it is no official one, or {"assumed": True}; and an optional "note".
    """

    region: str
    kind: str
    effective_from: date
    terms: Terms
    values: dict[str, Any]
    sources: dict[str, dict[str, Any]]
    note: str = ""

    @property
    def name(self) -> str:
        return f"{self.kind}.{self.effective_from}"


@dataclass(frozen=True, slots=True)
class Preset:
    """A region and all versions of its rules in one file, and what should be explained in it."""

    file: str
    code: str
    name: str
    versions: tuple[Version, ...]
    remarks: tuple[Problem, ...] = ()


def shipped() -> list[Path]:
    """Return the files of the regions that come with the project, by code."""
    return sorted(SHIPPED.glob("*.toml"))


def read_preset(path: Path) -> Preset:
    """Read one file. Raises PolicyError, also for a file that cannot be read or is not UTF-8 TOML."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        reason = "找不到文件" if isinstance(error, FileNotFoundError) else "读不出来，应为 UTF-8 文字文件"
        raise PolicyError([Problem(path.name, "", reason)]) from error
    return parse_preset(text, path.name)


def parse_preset(text: str, file: str) -> Preset:
    """Parse and validate one region's TOML. Raises PolicyError listing every problem."""
    data = read_toml(text, file)
    problems = [Problem(file, key, "没有这一节，请检查拼写") for key in data if key not in _TOP_KEYS]
    code, name = data.get("code"), data.get("name")
    if not (isinstance(code, str) and len(code) == 6 and code.isascii() and code.isdigit()):
        problems.append(Problem(file, "code", "应为6位统筹区代码，带引号"))
    if not (isinstance(name, str) and name.strip()):
        problems.append(Problem(file, "name", "缺少统筹区名称"))
    documents = read_documents(data.get("documents", {}), file, problems)
    versions = []
    for kind in KINDS:
        tables = data.get(kind, [])
        if not (isinstance(tables, list) and all(isinstance(table, dict) for table in tables)):
            problems.append(Problem(file, kind, f"应写作 [[{kind}]]"))
            continue
        for number, table in enumerate(tables, start=1):
            try:
                versions.append(parse_version(str(code), kind, table, file=file, number=number, documents=documents))
            except PolicyError as error:
                problems += error.problems
    problems += _problems_between(versions, file)
    if not problems and not versions:
        problems.append(Problem(file, "", "没有任何规则"))
    if problems:
        raise PolicyError(problems)
    return Preset(file, str(code), str(name), tuple(versions), tuple(_younger(versions, documents, file)))


def read_toml(text: str, file: str = "") -> dict[str, Any]:
    """Return the tables of a text. Raises PolicyError: no TOML, or longer or deeper than any rules are."""
    if len(text) > MOST_CHARACTERS:
        raise PolicyError([Problem(file, "", f"太长了：最多{MOST_CHARACTERS}个字")])
    if any(len(line) > LONGEST_LINE for line in text.splitlines()):
        raise PolicyError([Problem(file, "", f"有一行太长了：最多{LONGEST_LINE}个字")])
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise PolicyError([Problem(file, "", toml_reason(error))]) from error
    except (RecursionError, ValueError):  # brackets within brackets; a number of thousands of digits
        raise PolicyError([Problem(file, "", "读不懂：括号套得太深，或数字太长")]) from None


def toml_reason(error: tomllib.TOMLDecodeError) -> str:
    """Return in Chinese where a text is not TOML; the parser itself speaks English only."""
    place = re.search(r"at line (\d+), column (\d+)", str(error))
    where = f"第{place[1]}行第{place[2]}列" if place else "文件末尾"
    return f"{where}写法不对，不是有效的 TOML（{str(error).split(' (at')[0]}）"


_TOP_KEYS = {"code", "name", "note", "documents", *KINDS}


def parse_version(
    region: str,
    kind: str,
    table: Mapping[str, Any],
    *,
    file: str = "",
    number: int = 1,
    documents: Mapping[str, Document] | None = None,
) -> Version:
    """Read one version: a table of `key = { value, source | assumed, note }` with `effective_from` and a `note`.

    With `documents`, a source is a key of theirs; without, it is the document's full name. Raises PolicyError.
    """
    entries = dict(table)
    note = entries.pop("note", "")
    where = f"{kind}[{number}]"
    effective_from = _effective_from(entries)
    if effective_from is not None:
        where = f"{kind}.{effective_from}"
    problems = [] if isinstance(note, str) else [Problem(file, f"{where}.note", "应为文字")]
    values, sources = {}, {}
    for key, entry in entries.items():
        reason = _problem_of_entry(entry, documents)
        if reason:
            problems.append(Problem(file, f"{where}.{key}", reason))
        if isinstance(entry, dict) and "value" in entry:
            values[key] = entry["value"]
        elif key != "effective_from":
            values[key] = None
        sources[key] = _source_of_entry(entry, documents, effective_from) if not reason else {}
    values.pop("effective_from", None)
    if effective_from is None:
        problems.append(Problem(file, f"{where}.effective_from", "缺少开始执行的日期，应写作 2023-01-01"))
    terms = None
    try:
        terms = parse_terms(kind, values, file=file, where=where)
    except PolicyError as error:
        faulty = {problem.key for problem in problems}
        problems += [problem for problem in error.problems if problem.key not in faulty]
    if problems or terms is None or effective_from is None:
        raise PolicyError(problems)
    plain = {key: _plain(value) for key, value in values.items()}
    return Version(region, kind, effective_from, terms, plain, sources, note)


def version_to_toml(
    kind: str,
    effective_from: date,
    values: Mapping[str, Any],
    sources: Mapping[str, Mapping[str, Any]],
    note: str = "",
) -> str:
    """Return a version as the text `parse_version` reads, one line for each parameter, sources in full."""
    lines = [f"note = {_toml(note)}"] if note else []
    for key in ("effective_from", *keys_of(KINDS[kind])):
        if key == "effective_from" or key in values:
            value = effective_from.isoformat() if key == "effective_from" else _toml(values[key])
            entry = f"value = {value}" + "".join(f", {name} = {_toml(item)}" for name, item in sources[key].items())
            lines.append(f"{key} = {{ {entry} }}")
    return "\n".join(lines) + "\n"


def _toml(value: Any) -> str:
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{key} = {_toml(item)}" for key, item in value.items()) + " }"
    if isinstance(value, list):
        return "[" + ", ".join(_toml(item) for item in value) + "]"
    return json.dumps(value, ensure_ascii=False)  # text, whole numbers, true and false are written alike


def _effective_from(entries: Mapping[str, Any]) -> date | None:
    entry = entries.get("effective_from")
    value = entry.get("value") if isinstance(entry, dict) else None
    if isinstance(value, str):
        try:
            return date.fromisoformat(value)
        except ValueError:
            return None
    return value if type(value) is date else None


def _problem_of_entry(entry: Any, documents: Mapping[str, Document] | None) -> str:
    if not isinstance(entry, dict) or "value" not in entry:
        return '应写作 { value = …, source = "…" } 或 { value = …, assumed = true }'
    unknown = sorted(set(entry) - _ENTRY_KEYS)
    if unknown:
        return f"不认识 {'、'.join(unknown)}，只能写 value、source、kind、assumed、note"
    if not isinstance(entry.get("note", ""), str):
        return "note 应为文字"
    if "assumed" in entry:
        if entry["assumed"] is not True:
            return "assumed 只能写 true；有文件的就写 source"
        return "有了 source 就不能再标 assumed" if "source" in entry else ""
    source = entry.get("source")
    if not isinstance(source, str) or not source.strip():
        return "缺少出处：写 source，没有文件的写 assumed = true"
    if documents is not None and source not in documents:
        return f"出处 {source} 没有列在 documents 里"
    return _problem_of_kind(entry, documents)


def _problem_of_kind(entry: Mapping[str, Any], documents: Mapping[str, Document] | None) -> str:
    if "kind" not in entry:
        return ""
    if documents is not None:
        return "kind 写在 documents 里，不写在这里"
    return "" if entry["kind"] in DocumentKind.values else f"kind 只能是 {'、'.join(DocumentKind.values)}"


def _source_of_entry(
    entry: Mapping[str, Any], documents: Mapping[str, Document] | None, effective_from: date | None
) -> dict[str, Any]:
    source: dict[str, Any] = {"assumed": True}
    if "source" in entry and documents is None:
        source = {key: entry[key] for key in ("source", "kind") if key in entry}
    elif "source" in entry and documents is not None:
        source = documents[entry["source"]].source(effective_from)
    return source | ({"note": entry["note"]} if entry.get("note") else {})


def _younger(versions: list[Version], documents: Mapping[str, Document], file: str) -> Iterator[Problem]:
    """Yield values that a document proves which is younger than the rule, without a note that says why it does."""
    by_text = {document.text: document for document in documents.values()}
    for version in versions:
        for key, source in version.sources.items():
            document = by_text.get(source.get("source", ""))
            if document and document.is_younger(version.effective_from) and "note" not in source:
                yield Problem(
                    file, f"{version.name}.{key}", f"出处“{document.text}”比规定晚，请用 note 说明为什么能作依据"
                )


def _problems_between(versions: list[Version], file: str) -> Iterator[Problem]:
    seen = set()
    for version in versions:
        if version.name in seen:
            yield Problem(file, version.name, "同一天有两个版本")
        seen.add(version.name)
    credits = [version for version in versions if isinstance(version.terms, CreditTerms)]
    for version in credits[1:]:
        # Pots and closed years hang on these two: changing them is a migration of accounts, not a new version.
        for key in ("year_start_month", "has_buckets"):
            if getattr(version.terms, key) != getattr(credits[0].terms, key):
                yield Problem(file, f"{version.name}.{key}", f"同一地区各版本要一致，与 {credits[0].name} 不同")


def _plain(value: Any) -> Any:
    """Return a value as JSON can keep it: dates as text."""
    return value.isoformat() if isinstance(value, date) else value
