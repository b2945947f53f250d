"""The documents a region's file names: what each of them is, and whether it is older than the rule it proves."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from accounts.codes import DocumentKind
from accounts.policies.terms import Problem

_KEYS = {"title", "number", "publisher", "date", "kind", "note"}
_DATE = re.compile(r"(\d{4})年(?:(\d{1,2})月)?(?:(\d{1,2})日)?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Document:
    """One document: as people read it, what it is, the first day it may be of, and why it proves older rules."""

    text: str
    kind: DocumentKind = DocumentKind.OFFICIAL
    since: date | None = None
    note: str = ""

    def source(self, effective_from: date | None) -> dict[str, Any]:
        """Return what is stored beside a value: its text, its kind unless official, its note for an older rule."""
        kind = {} if self.kind == DocumentKind.OFFICIAL else {"kind": self.kind.value}
        note = {"note": self.note} if self.note and self.is_younger(effective_from) else {}
        return {"source": self.text} | kind | note

    def is_younger(self, effective_from: date | None) -> bool:
        return bool(self.since and effective_from and self.since > effective_from)


def read_documents(raw: Any, file: str, problems: list[Problem]) -> dict[str, Document]:
    """Read the [documents] of a file; what is wrong goes to `problems`."""
    found: dict[str, Document] = {}
    if not isinstance(raw, dict):
        problems.append(Problem(file, "documents", "应写作 [documents.名称]"))
        return found
    for key, document in raw.items():
        reason = _problem_of(document)
        if reason:
            problems.append(Problem(file, f"documents.{key}", reason))
            found[key] = Document(key)  # so that values which name it are not reported a second time
        else:
            found[key] = _document(document)
    return found


def _problem_of(document: Any) -> str:
    if not isinstance(document, dict) or not isinstance(document.get("title"), str):
        return "缺少 title（文件名称）"
    if unknown := sorted(set(document) - _KEYS):
        return f"不认识 {'、'.join(unknown)}"
    if not all(isinstance(value, str) for value in document.values()):
        return "各项都应为带引号的文字"
    if document.get("kind", DocumentKind.OFFICIAL) not in DocumentKind.values:
        return f"kind 只能是 {'、'.join(f'{kind}（{kind.label}）' for kind in DocumentKind)}"
    return ""


def _document(document: Mapping[str, str]) -> Document:
    details = "，".join(document[name] for name in ("number", "publisher", "date") if document.get(name))
    return Document(
        text=document["title"] + (f"（{details}）" if details else ""),
        kind=DocumentKind(document.get("kind", DocumentKind.OFFICIAL)),
        since=_first_day(document.get("date", "")),
        note=document.get("note", ""),
    )


def _first_day(text: str) -> date | None:
    """Return the first day a date of a document may mean: 2023年12月 → 2023-12-01. None for 未注明."""
    match = _DATE.match(text)
    if match is None:
        return None
    year, month, day = match.groups()
    try:
        return date(int(year), int(month or 1), int(day or 1))
    except ValueError:
        return None
