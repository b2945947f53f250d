"""The documents behind a policy version, as its `sources` name them: {key: {"source": text, "kind"?, "note"?} | {"assumed": True}}."""

from collections.abc import Iterable, Mapping
from typing import Any

from accounts.codes import DocumentKind
from accounts.models import PolicyVersion
from accounts.policies.terms import KINDS, keys_of

NO_DOCUMENT = "暂无文件，按推定参数"


def documents_of(version: PolicyVersion) -> list[str]:
    """Return the documents a version comes from, each called what it is, once each in order of use."""
    return documents_in(version.sources[key] for key in _keys(version) if key in version.sources)


def documents_in(entries: Iterable[Mapping[str, Any]]) -> list[str]:
    return list(dict.fromkeys(document_text(entry) for entry in entries if "source" in entry))


def document_text(entry: Mapping[str, Any]) -> str:
    """Return a document for people to read. What is no official document says so beside its name."""
    kind = DocumentKind(entry.get("kind", DocumentKind.OFFICIAL))
    return entry["source"] if kind == DocumentKind.OFFICIAL else f"{entry['source']}〔{kind.label}〕"


def source_of(version: PolicyVersion) -> str:
    """Return the documents a version comes from, for people to read."""
    return joined(documents_of(version))


def source_text(sources: Mapping[str, Mapping[str, Any]]) -> str:
    """Return the documents that these values come from in order of use, once each."""
    return joined(documents_in(sources.values()))


def joined(documents: Iterable[str]) -> str:
    return "；".join(dict.fromkeys(documents)) or NO_DOCUMENT


def assumed_keys(version: PolicyVersion) -> list[str]:
    """Return the keys whose values no document gives."""
    return [key for key in _keys(version) if version.sources.get(key, {}).get("assumed")]


def _keys(version: PolicyVersion) -> list[str]:
    # jsonb forgets the order of keys; the order of the parameters puts the document of the start first.
    return ["effective_from", *keys_of(KINDS[version.kind])]
