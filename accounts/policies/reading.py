"""A policy version as people read it: each parameter by its Chinese name, with its value and where it comes from."""

from collections.abc import Mapping
from typing import Any

from accounts.policies.sources import document_text
from accounts.policies.terms import KINDS, parameters, parse_terms


def values_in_words(kind: str, terms: Mapping[str, Any]) -> dict[str, tuple[str, str]]:
    """Return key → (label, value for people) of the parameters that are set, in their order. Raises PolicyError."""
    parsed = parse_terms(kind, terms)
    return {
        key: (parameter.label, parameter.show(value))
        for key, field, parameter in parameters(KINDS[kind])
        if (value := getattr(parsed, field.name)) is not None
    }


def origin_in_words(sources: Mapping[str, Mapping[str, Any]], key: str) -> str:
    """Return the document a value comes from, or that it is assumed, with its note."""
    source = sources.get(key, {})
    where = "推定" if source.get("assumed") else document_text(source) if "source" in source else ""
    return where + (f"：{source['note']}" if source.get("note") else "")
