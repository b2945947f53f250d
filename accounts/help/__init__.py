"""The help: short articles in a file, found by their title, by other names people use, and by their words.

What differs by region (amounts, dates, documents) is not written in them: pages show it from the policy versions.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path

FILE = Path(__file__).with_name("articles.toml")
_TITLE, _NAME, _TEXT = 100, 60, 20  # where a search finds its words counts; fragments of two characters the least


@dataclass(frozen=True, slots=True)
class Line:
    """A paragraph; with `where` (terms as files have them), only for regions whose rules say just that."""

    text: str
    where: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Article:
    """One question and its answer. `words` are other names for it, `shows` the terms it prints ("credit.accrual")."""

    name: str
    title: str
    words: tuple[str, ...]
    shows: tuple[str, ...]
    lines: tuple[Line, ...]
    updated_on: date

    @property
    def text(self) -> tuple[str, ...]:
        return tuple(line.text for line in self.lines)

    @property
    def kinds(self) -> tuple[str, ...]:
        """The kinds of rules it rests on, in order."""
        asked = [*self.shows, *(key for line in self.lines for key in line.where)]
        return tuple(dict.fromkeys(key.partition(".")[0] for key in asked))

    def shown_of(self, kind: str) -> list[str]:
        """Return the terms of one kind it prints, without the kind."""
        return [key for one, _, key in (shown.partition(".") for shown in self.shows) if one == kind]


@cache
def articles() -> tuple[Article, ...]:
    """Return every article, the questions that are asked most at the top."""
    raw = tomllib.loads(FILE.read_text(encoding="utf-8"))
    return tuple(
        Article(
            row["name"],
            row["title"],
            tuple(row["words"]),
            tuple(row["shows"]),
            tuple(Line(line, {}) if isinstance(line, str) else Line(**line) for line in row["text"]),
            row.get("updated_on", raw["updated_on"]),
        )
        for row in raw["articles"]
    )


def article(name: str) -> Article | None:
    return next((one for one in articles() if one.name == name), None)


def search(typed: str) -> list[Article]:
    """Return the articles that what was typed finds, the best first; nothing typed finds all."""
    words = typed.split()
    if not words:
        return list(articles())
    scored = [(sum(_score(one, word) for word in words), -place, one) for place, one in enumerate(articles())]
    return [one for score, _, one in sorted(scored, key=lambda row: row[:2], reverse=True) if score]


def _score(one: Article, word: str) -> int:
    score = _TITLE * (word in one.title)
    score += _NAME * any(word in name or name in word for name in one.words)
    score += _TEXT * any(word in line for line in one.text)
    if score:
        return score
    # 孩子怎么绑定 is in no article as it stands: what counts then is how many pairs of characters are.
    everything = "".join((one.title, *one.words, *one.text))
    pairs = {word[start : start + 2] for start in range(len(word) - 1)}
    found = sum(pair in everything for pair in pairs)
    return found if found * 2 >= len(pairs) and found else 0
