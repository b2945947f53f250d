"""import_bonds: relations that exist in the old system, by file."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from accounts.codes import ImportKind, Relation, Scope
from accounts.identity.actors import Act
from accounts.models import Person
from accounts.queries.people import find_by_certno
from accounts.roster import cells
from accounts.roster.drafts import ImportResult, importing
from accounts.roster.files import File, Progress
from family.errors import FamilyError
from family.operations import locks
from family.operations.taking_over import take_over
from yibao.lib.values.numbers import whole_number

COLUMNS = (
    "payer_certno",
    "user_certno",
    "insuplc_admdvs",
    "relation",
    "scopes",
    "limit",
    "from_on",
    "until_on",
    "place",
)

_RELATIONS = {name: relation for relation in Relation for name in (*relation.names, relation.label)}
_SCOPES = {"医疗": Scope.MEDICAL, "代缴": Scope.PREMIUM}
_BETWEEN = re.compile(r"[\s、，,；;]+")
MOST_PLACES = 99


@dataclass(frozen=True, slots=True)
class Row:
    """One relation of the file, read."""

    number: int
    payer: Person
    user: Person
    facts: dict[str, Any]


def import_bonds(*, act: Act, path: Path, hold: bool = False, progress: Progress | None = None) -> ImportResult:
    """Take the relations of a file over; nobody gets a message for it.

    Relations that were taken over before change nothing. Raises ImportRefusedError with every row that does
    not fit the terms of its region or the birth days of the two people, and then nothing is changed; with `hold` these
    rows are laid aside.
    """
    return bring_in(act, File(path, COLUMNS, progress), hold=hold)


def bring_in(act: Act, file: File, *, hold: bool = False) -> ImportResult:
    """As import_bonds, for rows from wherever."""
    with importing(file, ImportKind.BONDS, act, hold=hold) as draft:
        if draft.known:
            return draft.result
        rows = list(_rows(file))
        locks.lock_people({person.pk for row in rows for person in (row.payer, row.user)})
        added = 0
        for done, row in enumerate(rows):
            file.progress("登记共济关系", done, len(rows))
            if row.facts["from_on"] > act.on:
                file.problems.add_masked(row.number, "from_on", str(row.facts["from_on"]), "开始日期在今天之后")
                continue
            try:
                added += take_over(act=act, payer=row.payer, user=row.user, **row.facts)
            except FamilyError as error:
                file.problems.add_masked(row.number, "", "", error.message)
        draft.accept()
        draft.count(bonds_added=added)
    return draft.result


def _rows(file: File) -> Iterator[Row]:
    """Yield the rows that can be read and name two people; note what is wrong with the others."""
    readers: tuple[Callable[[str], Any], ...] = (
        _person,
        _person,
        cells.region_reader(),
        _relation,
        _scopes,
        _limit,
        cells.day,
        _until,
        _place,
    )
    for number, row in file.read():
        values: list[Any] = []
        for column, read, cell in zip(COLUMNS, readers, row, strict=True):
            try:
                values.append(read(cell))
            except ValueError as fault:
                file.problems.add(number, column, cell, str(fault))
        if len(values) == len(COLUMNS):
            payer, user, region, *facts = values
            named = dict(zip(("relation", "scopes", "limit_fen", "from_on", "until_on", "place"), facts, strict=True))
            yield Row(number, payer, user, {"region": region, **named})


def _person(text: str) -> Person:
    person = find_by_certno(cells.any_certificate(text).number)
    if person is None:
        raise ValueError("名册里没有这个人，请先导入参保名册")
    return person


def _relation(text: str) -> Relation:
    if text not in _RELATIONS:
        raise ValueError(
            f"应为 {'、'.join(name for relation in Relation for name in relation.names)}：使用人是出钱人的什么人"
        )
    return _RELATIONS[text]


def _scopes(text: str) -> tuple[Scope, ...]:
    words = _BETWEEN.split(text)
    if any(word not in _SCOPES for word in words):
        raise ValueError(f"应为 {'、'.join(_SCOPES)}，两样都有的写作“医疗 代缴”")
    return tuple(sorted({_SCOPES[word] for word in words}))


def _limit(text: str) -> int | None:
    return cells.base(text) if text else None


def _until(text: str) -> date | None:
    return cells.day(text) if text else None


def _place(text: str) -> int | None:
    if not text:
        return None
    place = whole_number(text)
    if place is None or not 1 <= place <= MOST_PLACES:
        raise ValueError(f"使用先后应为 1 到 {MOST_PLACES} 的整数，可以空着")
    return place
