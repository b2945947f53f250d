"""Where the values of a version come from: the documents it names, and what no document gives."""

from collections.abc import Mapping
from typing import Any

from accounts.models import PolicyVersion
from accounts.policies.terms import KINDS, keys_of

NO_DOCUMENT = "暂无文件，按推定参数"


def source_of(version: PolicyVersion) -> str:
    """Return the documents a version comes from, for people to read."""
    return source_text({key: version.sources[key] for key in _keys(version) if key in version.sources})


def source_text(sources: Mapping[str, Mapping[str, Any]]) -> str:
    """Return the documents that these values come from in order of use, once each."""
    documents = dict.fromkeys(entry["source"] for entry in sources.values() if "source" in entry)
    return "；".join(documents) or NO_DOCUMENT


def assumed_keys(version: PolicyVersion) -> list[str]:
    """Return the keys whose values no document gives."""
    return [key for key in _keys(version) if version.sources.get(key, {}).get("assumed")]


def _keys(version: PolicyVersion) -> list[str]:
    # jsonb forgets the order of keys; the order of the parameters puts the document of the start first.
    return ["effective_from", *keys_of(KINDS[version.kind])]
