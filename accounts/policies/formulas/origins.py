"""Where the numbers of a rule come from, as explanations say it: the rule by its day, documents, and what is assumed."""

from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple

ASSUMED = "（推定）"


class Origin(NamedTuple):
    """Of one policy version: what people call it, key → document of its numbers, and the keys no document gives."""

    rule: str = ""
    documents: Mapping[str, str] = {}
    assumed: frozenset[str] = frozenset()

    def mark(self, *keys: str) -> str:
        """Return （推定） for a number that no document gives."""
        return ASSUMED if self.assumed.intersection(keys) else ""

    def words(self, keys: Iterable[str]) -> str:
        """Return the rule with the documents of these numbers: 2025年7月1日起的规定，新文件."""
        documents = dict.fromkeys(self.documents[key] for key in keys if key in self.documents)
        return "，".join(part for part in (self.rule, "、".join(documents)) if part)


UNSAID = Origin()
OriginOf = Callable[[str], Origin]


def unsaid(version: str) -> Origin:
    """Say nothing about where a version's numbers come from."""
    return UNSAID
