"""Words for notices: a notice keeps facts, and is put into words each time it is shown or sent.

An app adds a kind of notice where it starts (its AppConfig.ready imports the module, as for page hooks):

    @wording.template("family_drawn", NoticeKind.RELATIVE, bond=Bond.objects.select_related("payer", "user"))
    def drawn(told: Told) -> Words:
        return Words(f"{told.facts['bond'].user.name}用了您的钱", f"{told.day('on')}用了 {told.yuan('fen')}。")

and writes one in its transaction: `notices.tell(act=act, person=payer, template=drawn, facts={"bond": bond.pk, "fen":
fen, "on": day})`. Facts are ids, amounts in fen, dates, codes and counts, never words. Under the names that the template
gives a query, facts hold a key or a list of keys, and the wording gets the rows: one query for each such query of a
page, never one a notice.
"""

import logging
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.conf import settings
from django.db.models import QuerySet

from accounts.codes import NoticeKind
from accounts.models import Notice
from accounts.models.notices import TEXT_LENGTH, TITLE_LENGTH
from yibao.lib.clock import SHANGHAI
from yibao.lib.days import day_words, short_day_words
from yibao.lib.fen import grouped
from yibao.lib.links import without_links

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Words:
    """What a notice says. `is_typed`: somebody typed part of the text, so it never goes out as a text message."""

    title: str
    text: str
    is_typed: bool = False


@dataclass(frozen=True, slots=True)
class Told:
    """What a notice tells: to whom (id of the person), on which day, and the facts, rows in place of their keys."""

    person_id: int
    on: date
    facts: Mapping[str, Any]

    def yuan(self, name: str) -> str:
        """Return an amount (fen) in words: 97.20 元."""
        return f"{grouped(self.facts[name])} 元"

    def day(self, name: str) -> str:
        """Return a date as text messages say it: 3月10日."""
        return short_day_words(date.fromisoformat(self.facts[name]))


@dataclass(frozen=True, slots=True)
class Template:
    """A kind of notice: what it is about, how it is put into words, and which of its facts are keys of rows."""

    name: str
    kind: NoticeKind
    words: Callable[[Told], Words]
    rows: Mapping[str, QuerySet]


_templates: dict[str, Template] = {}


def template(name: str, kind: NoticeKind, **rows: QuerySet) -> Callable[[Callable[[Told], Words]], Template]:
    """Register the wording of a kind of notice; `rows` are the facts that are keys of this query's rows."""

    def registered(words: Callable[[Told], Words]) -> Template:
        _templates[name] = Template(name, kind, words, rows)
        return _templates[name]

    return registered


def kinds() -> set[NoticeKind]:
    """Return the kinds of which there are notices."""
    return {template.kind for template in _templates.values()}


def worded(notices: Sequence[Notice]) -> list[Words]:
    """Return what these notices say, in their order, cut to length and without links.

    What cannot be put into words any more, because a row is gone or its kind, says so plainly and where to ask.
    """
    found = _rows_of(notices)
    return [_fitting(_words_of(notice, found)) for notice in notices]


_Found = Mapping[int, Mapping[Any, Any]]  # id of the query → key → row


def _rows_of(notices: Sequence[Notice]) -> _Found:
    keys: dict[int, set[Any]] = defaultdict(set)
    queries: dict[int, QuerySet] = {}
    for notice in notices:
        template = _templates.get(notice.template)
        for name, query in template.rows.items() if template else ():
            queries[id(query)] = query
            keys[id(query)].update(_keys(notice.facts.get(name, [])))
    return {one: {row.pk: row for row in query.filter(pk__in=keys[one])} for one, query in queries.items()}


def _keys(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _words_of(notice: Notice, found: _Found) -> Words:
    if not notice.template:
        return Words(notice.title, notice.text)
    try:
        template = _templates[notice.template]
        rows = {name: _in_place(notice.facts[name], found[id(query)]) for name, query in template.rows.items()}
        on = notice.at.astimezone(SHANGHAI).date()
        return template.words(Told(notice.person_id, on, {**notice.facts, **rows}))
    except Exception as error:  # the page and the other notices stand whatever this one lacks
        log.warning("notice %s (%s) cannot be put into words: %s", notice.pk, notice.template, type(error).__name__)
        return _unspeakable(notice)


def _in_place(value: Any, rows: Mapping[Any, Any]) -> Any:
    return [rows[key] for key in value] if isinstance(value, list) else rows[value]


def _unspeakable(notice: Notice) -> Words:
    kind = NoticeKind(notice.kind).label
    day = day_words(notice.at.astimezone(SHANGHAI).date())
    return Words(
        f"{kind}：一条通知", f"{day}有一件事通知过您，现在查不到详细内容了。要问是什么事，请打{settings.HELP_PHONE}。"
    )


def _fitting(words: Words) -> Words:
    return Words(_cut(words.title, TITLE_LENGTH), _cut(words.text, TEXT_LENGTH), words.is_typed)


def _cut(text: str, most: int) -> str:
    said = without_links(text)
    return said if len(said) <= most else f"{said[: most - 1]}…"
